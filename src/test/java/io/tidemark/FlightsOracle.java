package io.tidemark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.CloseableIterable;

/**
 * An independent second opinion on every derived table of jobs/flights: DuckDB recomputes it from
 * the raw files, with its own SQL, its own Parquet reader and its own time zones, and compares it
 * with the live data files of an Iceberg snapshot row by row. Not thread-safe.
 */
final class FlightsOracle implements AutoCloseable {
  /** How the local departure times are read. */
  enum Version {
    LOCAL_READ_AS_UTC("timezone('UTC', date)"),
    ORIGIN_ZONE("timezone(a.tz, date)");

    private final String departure;

    Version(String departure) {
      this.departure = departure;
    }
  }

  private static final String FLIGHTS_UTC =
      """
      SELECT flight_id, %s AS departure, date::DATE AS local_date, a.tz AS zone, origin,
        destination, delay, round(distance * 1.609344, 3)::DECIMAL(9, 3) AS distance_km
      FROM raw_flights JOIN raw_airports a ON origin = iata
      """;

  private static final Map<String, String> DERIVED =
      Map.of(
          "flights_utc",
          "SELECT * FROM base",
          "airport_day",
          """
          SELECT origin, time_bucket(INTERVAL 1 DAY, departure) AS utc_day, count(*) AS flights,
            sum((delay >= 15)::INT)::BIGINT AS delayed, sum(delay)::BIGINT AS delay_minutes,
            sum(delay)::DOUBLE / count(*)::DOUBLE AS avg_delay,
            sum((delay < 15)::INT)::DOUBLE / count(*)::DOUBLE AS on_time_rate
          FROM base GROUP BY 1, 2
          """,
          "airport_month",
          """
          SELECT origin, utc_month, flights, delayed, avg_delay, on_time_rate,
            worst_day_on_time_rate
          FROM (
            SELECT origin, date_trunc('month', departure)::DATE AS utc_month,
              count(*) AS flights, sum((delay >= 15)::INT)::BIGINT AS delayed,
              sum(delay)::DOUBLE / count(*)::DOUBLE AS avg_delay,
              sum((delay < 15)::INT)::DOUBLE / count(*)::DOUBLE AS on_time_rate
            FROM base GROUP BY 1, 2)
          JOIN (
            SELECT origin, date_trunc('month', day)::DATE AS utc_month, min(rate) AS worst_day_on_time_rate
            FROM (
              SELECT origin, departure::DATE AS day,
                sum((delay < 15)::INT)::DOUBLE / count(*)::DOUBLE AS rate
              FROM base GROUP BY 1, 2)
            GROUP BY 1, 2)
          USING (origin, utc_month)
          """,
          "route_month",
          """
          SELECT origin, destination, date_trunc('month', departure)::DATE AS utc_month,
            count(*) AS flights, sum(delay)::DOUBLE / count(*)::DOUBLE AS avg_delay,
            max(delay) AS worst_delay, sum(distance_km)::DECIMAL(18, 3) AS distance_km
          FROM base GROUP BY 1, 2, 3
          """);

  private final Connection duck;

  private FlightsOracle(Connection duck) {
    this.duck = duck;
  }

  /**
   * @param data the folder that holds flights.parquet and airports.csv
   */
  static FlightsOracle open(Path data) throws SQLException {
    FlightsOracle oracle = new FlightsOracle(DriverManager.getConnection("jdbc:duckdb:"));
    oracle.execute("SET TimeZone = 'UTC'");
    oracle.execute(
        "CREATE TABLE raw_flights AS SELECT * FROM read_parquet('%s')"
            .formatted(data.resolve("flights.parquet").toAbsolutePath()));
    oracle.execute(
        "CREATE TABLE raw_airports AS SELECT * FROM read_csv('%s', header = true)"
            .formatted(data.resolve("airports.csv").toAbsolutePath()));
    return oracle;
  }

  /**
   * What differs between the oracle's version of a dataset and a snapshot of its table.
   *
   * @return up to ten rows, each marked as missing from the table or too much in it; empty if the
   *     two are the same multiset of rows
   */
  List<String> differences(String dataset, Version version, Table table, long snapshot)
      throws SQLException {
    keep("expected", dataset, version);
    String columns = columns();
    List<String> files = files(table, snapshot);
    execute(
        files.isEmpty()
            ? "CREATE OR REPLACE TEMP TABLE actual AS SELECT * FROM expected LIMIT 0"
            : "CREATE OR REPLACE TEMP TABLE actual AS SELECT "
                + columns
                + " FROM read_parquet(["
                + files.stream().map(f -> "'" + f + "'").collect(Collectors.joining(", "))
                + "])");
    List<String> differences = new ArrayList<>();
    differences.addAll(minus("missing: ", "expected", "actual", columns));
    differences.addAll(minus("too much: ", "actual", "expected", columns));
    return differences;
  }

  /**
   * What the fix changes in a dataset by key.
   *
   * @param key the dataset's key columns
   */
  Counts changes(String dataset, List<String> key) throws SQLException {
    keep("before", dataset, Version.LOCAL_READ_AS_UTC);
    keep("after", dataset, Version.ORIGIN_ZONE);
    String keys = String.join(", ", key);
    String changed =
        "SELECT count(*) FROM (FROM after EXCEPT ALL FROM before) n SEMI JOIN before USING (%s)";
    String missing = "SELECT count(*) FROM %s ANTI JOIN %s USING (%s)";
    return new Counts(
        number(missing.formatted("after", "before", keys)),
        number(missing.formatted("before", "after", keys)),
        number(changed.formatted(keys)));
  }

  /** Rows by what happened to their key. */
  record Counts(long added, long removed, long changed) {}

  private void keep(String name, String dataset, Version version) throws SQLException {
    execute("CREATE OR REPLACE TEMP TABLE base AS " + FLIGHTS_UTC.formatted(version.departure));
    execute("CREATE OR REPLACE TEMP TABLE " + name + " AS " + DERIVED.get(dataset));
  }

  private long number(String sql) throws SQLException {
    return Long.parseLong(query(sql).get(0).get(0));
  }

  /**
   * The rows of a CSV file that a version of a dataset does not hold exactly so.
   *
   * @param csv with the dataset's columns
   */
  List<String> notFound(Path csv, String dataset, Version version) throws SQLException {
    keep("expected", dataset, version);
    execute("CREATE OR REPLACE TEMP TABLE frozen AS SELECT * FROM expected LIMIT 0");
    execute("COPY frozen FROM '%s' (HEADER)".formatted(csv.toAbsolutePath()));
    return minus("not found: ", "frozen", "expected", columns());
  }

  /** How many rows a dataset has in a version. */
  long rows(String dataset, Version version) throws SQLException {
    keep("expected", dataset, version);
    return number("SELECT count(*) FROM expected");
  }

  /** The rows of a query, each value as text. */
  List<List<String>> query(String sql) throws SQLException {
    try (Statement statement = duck.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<List<String>> rows = new ArrayList<>();
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(String.valueOf(result.getObject(i)));
        }
        rows.add(row);
      }
      return rows;
    }
  }

  private List<String> minus(String mark, String left, String right, String columns)
      throws SQLException {
    return query(
            "SELECT %s FROM %s EXCEPT ALL SELECT %s FROM %s LIMIT 10"
                .formatted(columns, left, columns, right))
        .stream()
        .map(row -> mark + String.join(", ", row))
        .toList();
  }

  private String columns() throws SQLException {
    return query("SELECT column_name FROM (DESCRIBE expected)").stream()
        .map(row -> row.get(0))
        .collect(Collectors.joining(", "));
  }

  private static List<String> files(Table table, long snapshot) {
    Map<String, Long> files = new TreeMap<>();
    try (CloseableIterable<FileScanTask> tasks =
        table.newScan().useSnapshot(snapshot).planFiles()) {
      for (FileScanTask task : tasks) {
        if (!task.deletes().isEmpty()) {
          throw new IllegalStateException("delete files in " + table.name());
        }
        files.merge(task.file().location(), 1L, Long::sum);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files.keySet().stream().map(f -> f.replaceFirst("^file:(//)?", "")).toList();
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = duck.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() throws SQLException {
    duck.close();
  }
}
