package io.tidemark.bench;

import io.tidemark.model.Analysis;
import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Location;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TableRef;
import io.tidemark.model.Topic;
import io.tidemark.model.Transform;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.KafkaBroker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * What live contenders compute from a topic of sales, which they all bring into a table as well.
 */
enum LiveWorkload {
  /** Stateless: derive; as many rows out as in. */
  ROWS,
  /** Windowed aggregate: per country, item and hour. */
  SUMS;

  static final int PARTITIONS = 4;
  static final Duration OUT_OF_ORDERNESS = Duration.ofMinutes(10);
  static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
  private static final int BATCH = 20_000;

  /** The source as queries name it; columns of the topic, as DDL has them. */
  static final String COLUMNS =
      """
      id BIGINT NOT NULL,
      `at` TIMESTAMP(3) NOT NULL,
      user_id BIGINT NOT NULL,
      item STRING NOT NULL,
      country STRING NOT NULL,
      price DECIMAL(9, 2) NOT NULL,
      qty INT NOT NULL,
      channel STRING\
      """;

  String sql() {
    return this == ROWS
        ? """
        SELECT id, `at`, user_id, item, country, CAST(price * qty AS DECIMAL(12, 2)) AS total,
          price > 50 AS expensive, UPPER(channel) AS channel
        FROM sales WHERE qty > 0\
        """
        : """
        SELECT country, item, window_start AS `at`, COUNT(*) AS n,
          SUM(CAST(qty AS BIGINT)) AS qty, CAST(SUM(price) AS DECIMAL(18, 2)) AS price
        FROM TUMBLE(TABLE sales, DESCRIPTOR(`at`), INTERVAL '1' HOUR)
        GROUP BY country, item, window_start, window_end\
        """;
  }

  /**
   * Brings this many sales into a topic that is made for it, some of them out of order.
   *
   * @param span event time from the first to the last
   */
  static void fill(KafkaBroker kafka, String topic, long records, Duration span) {
    kafka.createTopic(topic, PARTITIONS);
    List<ProducerRecord<byte[], byte[]>> batch = new ArrayList<>(BATCH);
    double millisPerRecord = (double) span.toMillis() / records;
    for (long i = 0; i < records; i++) {
      Instant at = START.plusMillis((long) (millisPerRecord * i));
      batch.add(
          KafkaBroker.record(topic, (int) (i % PARTITIONS), "k", sale(i, earlier(at, i)), at));
      if (batch.size() == BATCH) {
        kafka.send(batch);
        batch.clear();
      }
    }
    kafka.send(batch);
  }

  private static Instant earlier(Instant at, long i) {
    return i % 10 == 9 ? at.minusSeconds(i % 300) : at;
  }

  static String sale(long id, Instant at) {
    return String.format(
        Locale.ROOT,
        "{\"id\":%d,\"at\":\"%s\",\"user_id\":%d,\"item\":\"item-%d\",\"country\":\"%s\","
            + "\"price\":%d.%02d,\"qty\":%d,\"channel\":\"%s\"}",
        id,
        LiveRun.TIMESTAMP.format(at),
        id * 7919 % 1_000_003,
        id * 31 % 97,
        List.of("NO", "DE", "US", "CA", "BR", "IN").get((int) (id % 6)),
        id * 17 % 100,
        id % 100,
        1 + id % 5,
        id % 3 == 0 ? "web" : "shop");
  }

  /** The table that a topic's events land in. */
  static Dataset source(String table, String topic) {
    return new Dataset(
        DatasetId.of("sales"),
        Dataset.Kind.SOURCE,
        new TableRef("bench", table),
        schema(
            "id BIGINT NOT NULL",
            "at TIMESTAMP(3) NOT NULL",
            "user_id BIGINT NOT NULL",
            "item STRING NOT NULL",
            "country STRING NOT NULL",
            "price DECIMAL(9, 2) NOT NULL",
            "qty INT NOT NULL",
            "channel STRING",
            Topic.TOPIC_COLUMN + " STRING",
            Topic.PARTITION_COLUMN + " INT",
            Topic.OFFSET_COLUMN + " BIGINT",
            Topic.TIME_COLUMN + " TIMESTAMP_LTZ(6)"),
        List.of("id"),
        JobBed.sliced("at", Grain.HOUR, Grain.HOUR),
        governance(),
        Optional.of(
            new Topic(
                topic,
                Topic.Format.JSON,
                OUT_OF_ORDERNESS,
                Duration.ofMinutes(10),
                Duration.ofDays(1))));
  }

  Dataset output(String table) {
    return new Dataset(
        DatasetId.of("result"),
        Dataset.Kind.DERIVED,
        new TableRef("bench", table),
        this == ROWS
            ? schema(
                "id BIGINT NOT NULL",
                "at TIMESTAMP(3) NOT NULL",
                "user_id BIGINT NOT NULL",
                "item STRING NOT NULL",
                "country STRING NOT NULL",
                "total DECIMAL(12, 2)",
                "expensive BOOLEAN",
                "channel STRING")
            : schema(
                "country STRING NOT NULL",
                "item STRING NOT NULL",
                "at TIMESTAMP(3) NOT NULL",
                "n BIGINT NOT NULL",
                "qty BIGINT",
                "price DECIMAL(18, 2)"),
        this == ROWS ? List.of("id") : List.of("country", "item", "at"),
        JobBed.sliced("at", Grain.HOUR, Grain.HOUR),
        governance());
  }

  LiveSpec.Task task(Dataset output) {
    return new LiveSpec.Task(
        new Transform(
            output.id(),
            new Transform.Sql(sql()),
            List.of(DatasetId.of("sales")),
            Transform.Window.EXACT,
            "",
            JobBed.analysis(Analysis.Locality.SHUFFLED),
            new Location("bench.sql", 1, 1)),
        Optional.of(sql()),
        JobSpec.Output.of(output, "main", SliceSet.empty(Grain.HOUR)),
        LiveSpec.late(output.table()),
        Optional.empty(),
        0,
        Optional.empty());
  }

  private static Governance governance() {
    return new Governance(Governance.Tier.STANDARD, "", "", List.of());
  }

  private static Schema schema(String... columns) {
    List<Column> list = new ArrayList<>();
    for (String column : columns) {
      int space = column.indexOf(' ');
      String type = column.substring(space + 1);
      list.add(
          type.endsWith(" NOT NULL")
              ? Column.required(column.substring(0, space), type.replace(" NOT NULL", ""))
              : Column.nullable(column.substring(0, space), type));
    }
    return new Schema(list);
  }
}
