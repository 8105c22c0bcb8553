package io.tidemark.bench;

import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A project that computes one workload from the benchmark's input tables, as a user writes it. */
final class BenchProject {
  private final BenchTables tables;
  private final Workload workload;
  private final Path directory;

  BenchProject(BenchTables tables, Workload workload) {
    this.tables = tables;
    this.workload = workload;
    this.directory = tables.home().resolve("project-" + workload.id());
  }

  Path directory() {
    return directory;
  }

  /** Writes the project; a SQL text other than the workload's own stands for a fix. */
  void write(String sql) {
    Path jobs = directory.resolve("jobs/bench");
    try {
      Files.createDirectories(jobs);
      Files.createDirectories(directory.resolve("config"));
      Files.writeString(jobs.resolve("pipeline.yaml"), pipeline());
      Files.writeString(jobs.resolve("workload.sql"), sql);
      Files.writeString(directory.resolve("config/local.yaml"), config());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void write() {
    write(workload.flinkSql());
  }

  private String config() {
    StringBuilder properties = new StringBuilder();
    for (Map.Entry<String, String> property : tables.properties().entrySet()) {
      if (!property.getKey().equals("type")) {
        properties.append("    %s: \"%s\"%n".formatted(property.getKey(), property.getValue()));
      }
    }
    return """
    home: .tidemark
    catalog:
      name: %s
      type: org.apache.iceberg.jdbc.JdbcCatalog
      properties:
    %sflink:
      parallelism: 2
    store:
      url: jdbc:sqlite:${HOME}/control.db
    limits:
      batch_bytes: 1000000000000
      max_slices: 100000
    """
        .formatted(BenchTables.CATALOG, properties);
  }

  private String pipeline() {
    Dataset output = OwnBuild.dataset(workload);
    String checks =
        workload == Workload.W1
            ? """
                  - name: known
                    not_null: [origin, utc_day, flights]
                  - name: some
                    range: {column: flights, min: 1}
                  - name: far
                    sql: distance > 0
            """
            : """
                  - name: known
                    not_null: [flight_id, departure, zone]
                  - name: plausible
                    range: {column: delay, min: -1440, max: 2880}
                  - name: far
                    sql: distance_km > 0
            """;
    return """
    name: bench
    datasets:
      flights:
        table: %1$s.flights
        kind: source
        schema: {flight_id: BIGINT NOT NULL, date: TIMESTAMP(6) NOT NULL, delay: INT NOT NULL,
                 distance: INT NOT NULL, origin: STRING NOT NULL, destination: STRING NOT NULL}
        key: [flight_id]
        event_time: date
        partition: P1M
        slice: P1M
      airports:
        table: %1$s.airports
        kind: reference
        schema: {iata: STRING NOT NULL, city: STRING NOT NULL, state: STRING NOT NULL,
                 tz: STRING NOT NULL}
        key: [iata]
      %2$s:
        table: %3$s
        kind: derived
        schema: {%4$s}
        key: [%5$s]
        event_time: %6$s
        partition: %7$s
        slice: %7$s
        expectations:
    %8$s
    transforms:
      %2$s:
        sql: workload.sql
        inputs: [%9$s]
    """
        .formatted(
            BenchTables.NAMESPACE,
            workload.id(),
            output.table(),
            columns(output.schema().columns()),
            String.join(", ", output.key()),
            workload.timeColumn(),
            output.layout().slice().text(),
            checks,
            workload == Workload.W1 ? "flights" : "flights, airports");
  }

  private static String columns(List<Column> columns) {
    return columns.stream()
        .map(c -> c.name() + ": \"" + c.sqlType() + "\"")
        .collect(Collectors.joining(", "));
  }
}
