package io.tidemark.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A project with a topic of sales and two datasets made of them: of all, and of one in ten. They
 * have the same slices and about as many files, so that one is the other with ten times the rows.
 */
final class LiveProject {
  static final String TOPIC = "sales";
  static final String ALL = "all_sales";
  static final String TENTH = "tenth_sales";

  private static final String SQL =
      """
      SELECT id, `at`, user_id, item, country, CAST(price * qty * %d AS DECIMAL(12, 2)) AS total
      FROM sales WHERE %s
      """;

  private static final String DERIVED =
      """
        %1$s:
          table: bench.%1$s
          kind: derived
          schema:
            id: BIGINT NOT NULL
            at: TIMESTAMP(3) NOT NULL
            user_id: BIGINT NOT NULL
            item: STRING NOT NULL
            country: STRING NOT NULL
            total: DECIMAL(12, 2)
          key: [id]
          event_time: at
          partition: PT1H
          slice: PT1H
      """;

  private final Path directory;

  LiveProject(Path directory) {
    this.directory = directory;
  }

  Path directory() {
    return directory;
  }

  Path home() {
    return directory.resolve(".tidemark");
  }

  void write(String brokers) {
    write("jobs/bench/pipeline.yaml", pipeline());
    write(
        "jobs/bench/changes/fix.yaml",
        """
        description: A total that was wrong by a factor.
        datasets:
          %s: {columns: [total]}
          %s: {columns: [total]}
        """
            .formatted(ALL, TENTH));
    write(
        "config/local.yaml",
        """
        home: .tidemark
        catalog:
          name: lake
          type: org.apache.iceberg.jdbc.JdbcCatalog
          properties:
            uri: jdbc:sqlite:${HOME}/catalog.db
            warehouse: ${HOME}/warehouse
            jdbc.schema-version: V1
            metrics-reporter-impl: %s
        flink:
          parallelism: 2
        store:
          url: jdbc:sqlite:${HOME}/control.db
        kafka:
          bootstrap_servers: %s
        live:
          checkpoint_every: PT1S
        """
            .formatted(CommitAttempts.class.getName(), brokers));
    fix(1);
  }

  /** Changes the code of both datasets. */
  void fix(int factor) {
    write("jobs/bench/all.sql", SQL.formatted(factor, "qty > 0"));
    write("jobs/bench/tenth.sql", SQL.formatted(factor, "MOD(id, 10) = 0"));
  }

  private static String pipeline() {
    return """
    name: bench
    datasets:
      sales:
        table: bench.sales
        kind: source
        schema:
          id: BIGINT NOT NULL
          at: TIMESTAMP(3) NOT NULL
          user_id: BIGINT NOT NULL
          item: STRING NOT NULL
          country: STRING NOT NULL
          price: DECIMAL(9, 2) NOT NULL
          qty: INT NOT NULL
          channel: STRING
        event_time: at
        partition: PT1H
        slice: PT1H
        topic:
          name: %s
          out_of_orderness: PT10M
          idle_after: PT10M
    """
            .formatted(TOPIC)
        + DERIVED.formatted(ALL)
        + DERIVED.formatted(TENTH)
        + """
        transforms:
          %s:
            sql: all.sql
            inputs: [sales]
          %s:
            sql: tenth.sql
            inputs: [sales]
        """
            .formatted(ALL, TENTH);
  }

  private void write(String file, String text) {
    Path path = directory.resolve(file);
    try {
      Files.createDirectories(path.getParent());
      Files.writeString(path, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
