package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.FlightsOracle.Version;
import io.tidemark.cli.Place;
import io.tidemark.control.Control;
import io.tidemark.control.Operation;
import io.tidemark.control.Operation.After;
import io.tidemark.control.Operation.Selection;
import io.tidemark.control.Report;
import io.tidemark.control.Report.DatasetOutcome;
import io.tidemark.control.Watcher;
import io.tidemark.model.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.TableIdentifier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The tables of jobs/flights, as the product builds them, against DuckDB's over the raw files. */
@TestMethodOrder(OrderAnnotation.class)
class FlightsOracleIT {
  private static final Map<String, List<String>> KEYS =
      new TreeMap<>(
          Map.of(
              "flights_utc", List.of("flight_id"),
              "airport_day", List.of("origin", "utc_day"),
              "airport_month", List.of("origin", "utc_month"),
              "route_month", List.of("origin", "destination", "utc_month")));
  private static final Path PIPELINE = Path.of("jobs/flights");

  @TempDir static Path project;
  private static FlightsOracle oracle;
  private static Control control;

  @BeforeAll
  static void open() throws IOException, SQLException {
    copy(PIPELINE);
    copy(Path.of("config"));
    oracle = FlightsOracle.open(PIPELINE.resolve("data"));
    control = Wiring.open(new Place(project, "local"));
    load("airports", "airports.csv");
    load("flights", "flights.parquet");
  }

  @AfterAll
  static void close() throws SQLException {
    control.close();
    oracle.close();
  }

  @Test
  @Order(1)
  void firstBuildIsWhatDuckDbComputesOfTheBug() throws IOException, SQLException {
    use("flights_utc.v1.sql");
    Report.RunShown run = run(Selection.ALL, After.PUBLISH);
    assertThat(run.run().orElseThrow().state()).isEqualTo(RunState.PUBLISHED);
    assertMainIs(Version.LOCAL_READ_AS_UTC);
  }

  @Test
  @Order(2)
  void wrongFixIsBlockedAndLeavesMainAlone() throws IOException, SQLException {
    use("flights_utc.wrong.sql");
    Report.RunShown run = run(fix(), After.PUBLISH);
    assertThat(run.run().orElseThrow().state()).isEqualTo(RunState.BLOCKED);
    assertThat(run.datasets())
        .filteredOn(d -> d.dataset().value().equals("flights_utc"))
        .singleElement()
        .satisfies(d -> assertThat(d.counts().unexplained()).isPositive());
    assertMainIs(Version.LOCAL_READ_AS_UTC);
    control.execute(new Operation.Abandon(run.run().orElseThrow().run().value()), Watcher.NONE);
  }

  @Test
  @Order(3)
  void fixChangesWhatDuckDbSaysItChangesAndIsExplained() throws IOException, SQLException {
    Files.copy(
        PIPELINE.resolve("flights_utc.sql"),
        project.resolve(PIPELINE).resolve("flights_utc.sql"),
        StandardCopyOption.REPLACE_EXISTING);
    Report.RunShown run = run(fix(), After.PUBLISH);
    assertThat(run.run().orElseThrow().state()).isEqualTo(RunState.PUBLISHED);
    for (DatasetOutcome outcome : run.datasets()) {
      String dataset = outcome.dataset().value();
      assertThat(
              new FlightsOracle.Counts(
                  outcome.counts().added(), outcome.counts().removed(), outcome.counts().changed()))
          .as(dataset)
          .isEqualTo(oracle.changes(dataset, KEYS.get(dataset)));
      assertThat(outcome.counts().unexplained()).as(dataset).isZero();
    }
    assertThat(run.datasets()).extracting(d -> d.dataset().value()).containsAll(KEYS.keySet());
    assertMainIs(Version.ORIGIN_ZONE);
  }

  @Test
  @Order(4)
  void nothingIsStaleAfterwards() {
    Report.Planned planned =
        control.execute(new Operation.MakePlan(Selection.ALL, Optional.empty()), Watcher.NONE);
    assertThat(planned.plan().isEmpty()).isTrue();
  }

  private static void assertMainIs(Version version) throws SQLException {
    Map<String, String> properties = new TreeMap<>();
    properties.put("type", "jdbc");
    properties.put("uri", "jdbc:sqlite:" + project.resolve(".tidemark/catalog.db"));
    properties.put("warehouse", project.resolve(".tidemark/warehouse").toString());
    Catalog catalog = CatalogUtil.buildIcebergCatalog("tidemark", properties, new Configuration());
    for (String dataset : KEYS.keySet()) {
      Table table = catalog.loadTable(TableIdentifier.of("aviation", dataset));
      assertThat(oracle.differences(dataset, version, table, table.currentSnapshot().snapshotId()))
          .as("%s in %s", dataset, version)
          .isEmpty();
    }
  }

  private static Selection fix() {
    return new Selection(List.of(), Optional.empty(), Optional.empty(), Optional.of("utc-fix"));
  }

  private static Report.RunShown run(Selection selection, After after) {
    return control.execute(
        new Operation.StartRun(new Operation.Fresh(selection), after), Watcher.NONE);
  }

  private static void load(String dataset, String file) {
    control.execute(
        new Operation.Load(
            dataset,
            List.of(project.resolve(PIPELINE).resolve("data").resolve(file)),
            Optional.empty(),
            0),
        Watcher.NONE);
  }

  private static void use(String sql) throws IOException {
    Path to = project.resolve(PIPELINE);
    Files.copy(
        to.resolve("demo").resolve(sql),
        to.resolve("flights_utc.sql"),
        StandardCopyOption.REPLACE_EXISTING);
  }

  private static void copy(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path to = project.resolve(file);
        Files.createDirectories(to.getParent());
        Files.copy(file, to);
      }
    }
  }
}
