package io.tidemark.bench;

import java.util.Locale;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;

/** What every contender computes. All read {@code flights} and {@code airports}. */
enum Workload {
  /** Windowed aggregate: per origin and day. */
  W1,
  /** Stateless: clean, derive and enrich; about as many rows out as in. */
  W2,
  /** The same, partitioned by day. */
  W2D;

  private static final String AGGREGATES =
      """
      COUNT(*) AS flights,
        AVG(CAST(delay AS DOUBLE)) AS avg_delay,
        MAX(delay) AS max_delay,
        SUM(CAST(distance AS BIGINT)) AS distance
      """
          .strip();

  private static final String ENRICH =
      """
      SELECT /*+ BROADCAST(a) */
        f.flight_id,
        f.`date` AS departure,
        EXTRACT(HOUR FROM f.`date`) AS departure_hour,
        f.origin,
        f.destination,
        f.origin || '-' || f.destination AS route,
        f.delay,
        f.delay >= 15 AS delayed,
        CAST(f.distance * 1.609344 AS DECIMAL(9, 3)) AS distance_km,
        a.city AS origin_city,
        a.state AS origin_state,
        a.tz AS zone
      FROM flights AS f
      JOIN airports AS a ON a.iata = f.origin
      WHERE f.distance > 0 AND f.delay > -1440
      """;

  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** For Tidemark and for the hand-written Flink job alike. */
  String flinkSql() {
    return this == W1
        ? "SELECT\n  origin,\n  window_start AS utc_day,\n  "
            + AGGREGATES
            + "\nFROM TUMBLE(TABLE flights, DESCRIPTOR(`date`), INTERVAL '1' DAY)\n"
            + "GROUP BY origin, window_start, window_end\n"
        : ENRICH;
  }

  /** For Spark; quoted for DuckDB by the caller. */
  String ansiSql() {
    return this == W1
        ? "SELECT origin, date_trunc('DAY', `date`) AS utc_day, "
            + AGGREGATES
            + " FROM flights GROUP BY origin, date_trunc('DAY', `date`)"
        : ENRICH;
  }

  String timeColumn() {
    return this == W1 ? "utc_day" : "departure";
  }

  Schema schema() {
    return this == W1
        ? new Schema(
            Types.NestedField.required(1, "origin", Types.StringType.get()),
            Types.NestedField.required(2, "utc_day", Types.TimestampType.withoutZone()),
            Types.NestedField.required(3, "flights", Types.LongType.get()),
            Types.NestedField.required(4, "avg_delay", Types.DoubleType.get()),
            Types.NestedField.required(5, "max_delay", Types.IntegerType.get()),
            Types.NestedField.required(6, "distance", Types.LongType.get()))
        : new Schema(
            Types.NestedField.required(1, "flight_id", Types.LongType.get()),
            Types.NestedField.required(2, "departure", Types.TimestampType.withoutZone()),
            Types.NestedField.required(3, "departure_hour", Types.LongType.get()),
            Types.NestedField.required(4, "origin", Types.StringType.get()),
            Types.NestedField.required(5, "destination", Types.StringType.get()),
            Types.NestedField.required(6, "route", Types.StringType.get()),
            Types.NestedField.required(7, "delay", Types.IntegerType.get()),
            Types.NestedField.required(8, "delayed", Types.BooleanType.get()),
            Types.NestedField.required(9, "distance_km", Types.DecimalType.of(9, 3)),
            Types.NestedField.required(10, "origin_city", Types.StringType.get()),
            Types.NestedField.required(11, "origin_state", Types.StringType.get()),
            Types.NestedField.required(12, "zone", Types.StringType.get()));
  }

  PartitionSpec spec() {
    PartitionSpec.Builder builder = PartitionSpec.builderFor(schema());
    return (this == W2D ? builder.day(timeColumn()) : builder.month(timeColumn())).build();
  }
}
