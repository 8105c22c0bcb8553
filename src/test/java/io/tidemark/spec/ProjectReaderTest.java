package io.tidemark.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.model.Analysis;
import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Layout;
import io.tidemark.model.RecordJson;
import io.tidemark.model.Schema;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Topic;
import io.tidemark.model.Transform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProjectReaderTest {
  @TempDir Path project;

  @Test
  void thePipelinesOfThisProjectRead() {
    Graph flights = ProjectReader.read(Path.of(""));

    assertThat(flights.transforms())
        .extracting(t -> t.output().value())
        .containsExactly(
            "flights_utc",
            "airport_day",
            "airport_month",
            "route_month",
            "order_values",
            "revenue",
            "paid_orders");
    Transform utc = flights.transformOf(DatasetId.of("flights_utc")).orElseThrow();
    assertThat(utc.inputs()).extracting(DatasetId::value).containsExactly("flights", "airports");
    assertThat(utc.window())
        .isEqualTo(new Transform.Window(Duration.ofHours(14), Duration.ofHours(14)));
    assertThat(utc.label()).isEqualTo("2");
    assertThat(utc.analysis().locality()).isEqualTo(Analysis.Locality.PRESERVED);
    assertThat(utc.analysis().reads().get(DatasetId.of("airports"))).containsExactly("iata", "tz");
    assertThat(flights.transformOf(DatasetId.of("airport_day")).orElseThrow().analysis())
        .satisfies(
            day -> {
              assertThat(day.reads()).hasToString("{flights_utc=[delay, departure, origin]}");
              assertThat(day.uniqueKeys()).containsExactly(List.of("origin", "utc_day"));
            });
    assertThat(flights.changes()).extracting(c -> c.name()).contains("utc-fix");
  }

  @Test
  void everyKeyOfADatasetArrives() throws IOException {
    write(
        """
        name: p
        datasets:
          in: {table: a.b.in, kind: source, schema: {id: INT, t: DATE}, event_time: t, partition: P1Y}
          out:
            table: db.out
            kind: derived
            schema: {id: INT, t: DATE}
            key: [id]
            event_time: t
            partition: P1M
            slice: P1Y
            owner: me
            description: what it is
            tier: pilot
        transforms:
          out: {sql: out.sql, lookback: P1D, lookahead: PT2H, label: v7}
        """,
        "SELECT id, t FROM `in`");

    Graph graph = ProjectReader.read(project);

    assertThat(graph.dataset(DatasetId.of("out")))
        .isEqualTo(
            new Dataset(
                DatasetId.of("out"),
                Dataset.Kind.DERIVED,
                new TableRef("db", "out"),
                new Schema(List.of(Column.nullable("id", "INT"), Column.nullable("t", "DATE"))),
                List.of("id"),
                new Layout(Optional.of("t"), Grain.MONTH, Grain.YEAR),
                new Governance(Governance.Tier.PILOT, "me", "what it is", List.of())));
    assertThat(graph.dataset(DatasetId.of("in")).table()).hasToString("a.b.in");
    assertThat(graph.dataset(DatasetId.of("in")).layout())
        .isEqualTo(new Layout(Optional.of("t"), Grain.YEAR, Grain.YEAR));
    Transform out = graph.transforms().get(0);
    assertThat(out.window())
        .isEqualTo(new Transform.Window(Duration.ofDays(1), Duration.ofHours(2)));
    assertThat(out.label()).isEqualTo("v7");
    assertThat(out.where()).hasToString("jobs/p/pipeline.yaml:16:3");
  }

  @Test
  void anUndeclaredSchemaIsWhatTheTableStores() throws IOException {
    write(
        """
        name: p
        datasets:
          in: {table: db.in, kind: source, schema: {id: INT NOT NULL, t: TIMESTAMP_LTZ(6)}}
          out: {table: db.out, kind: derived, key: [id]}
        transforms:
          out: {sql: out.sql}
        """,
        "SELECT id, CAST(t AS TIMESTAMP_LTZ(3)) AS ms, CAST(id AS SMALLINT) AS s, 'x' AS c,"
            + " CAST(t AS TIMESTAMP(9)) AS ns, id * 2 AS twice FROM `in`");

    assertThat(ProjectReader.read(project).dataset(DatasetId.of("out")).schema().columns())
        .containsExactly(
            Column.required("id", "INT"),
            Column.nullable("ms", "TIMESTAMP_LTZ(6)"),
            Column.nullable("s", "INT"),
            Column.nullable("c", "STRING"),
            Column.nullable("ns", "TIMESTAMP(6)"),
            Column.nullable("twice", "INT"));
  }

  @Test
  void aTopicHasDefaultsAndAddsItsColumns() throws IOException {
    write(
        """
        name: p
        datasets:
          in:
            table: db.in
            kind: source
            schema: {id: INT NOT NULL, t: TIMESTAMP_LTZ(3) NOT NULL}
            event_time: t
            partition: PT1H
            topic: {name: events.v1}
          twin:
            table: db.twin
            kind: source
            schema: {id: INT NOT NULL, t: TIMESTAMP(0)}
            event_time: t
            partition: PT1H
            topic:
              name: events.v1
              format: json
              out_of_orderness: PT0S
              idle_after: PT5S
              ahead: PT2H
          out: {table: db.out, kind: derived, key: [id]}
        transforms:
          out: {sql: out.sql}
        """,
        "SELECT i.id, t.kafka_offset FROM `in` AS i JOIN twin AS t ON i.id = t.id");

    Graph graph = ProjectReader.read(project);

    Dataset in = graph.dataset(DatasetId.of("in"));
    assertThat(in.topic())
        .contains(
            new Topic(
                "events.v1",
                Topic.Format.JSON,
                Duration.ofSeconds(10),
                Duration.ofMinutes(1),
                Duration.ofDays(1)));
    assertThat(in.schema().columns())
        .containsExactly(
            Column.required("id", "INT"),
            Column.required("t", "TIMESTAMP_LTZ(3)"),
            Column.nullable("kafka_topic", "STRING"),
            Column.nullable("kafka_partition", "INT"),
            Column.nullable("kafka_offset", "BIGINT"),
            Column.nullable("kafka_time", "TIMESTAMP_LTZ(6)"));
    assertThat(graph.dataset(DatasetId.of("twin")).topic())
        .contains(
            new Topic(
                "events.v1",
                Topic.Format.JSON,
                Duration.ZERO,
                Duration.ofSeconds(5),
                Duration.ofHours(2)));
    assertThat(graph.dataset(DatasetId.of("out")).topic()).isEmpty();
    assertThat(ProjectReader.read(project)).isEqualTo(graph);
  }

  @Test
  void aTableThatIsLookedUpMayHaveTheColumnsOfItsTopic() throws IOException {
    write(
        """
        name: p
        datasets:
          in: {table: db.in, kind: source, event_time: t, partition: P1D, topic: {name: events}}
          out: {table: db.out, kind: derived, key: [id]}
        transforms:
          out: {sql: out.sql}
        """,
        "SELECT id FROM `in`");
    Column id = Column.nullable("id", "BIGINT");
    Column time = Column.required("t", "TIMESTAMP_LTZ(6)");
    Column offset = Column.nullable("kafka_offset", "BIGINT");

    assertThat(found(id, time, offset).dataset(DatasetId.of("in")).schema().columns())
        .containsExactly(
            id,
            Column.required("t", "TIMESTAMP_LTZ(3)"),
            offset,
            Column.nullable("kafka_topic", "STRING"),
            Column.nullable("kafka_partition", "INT"),
            Column.nullable("kafka_time", "TIMESTAMP_LTZ(6)"));
    assertThatThrownBy(() -> found(id, time, Column.nullable("kafka_offset", "STRING")))
        .hasMessageContaining("column 'kafka_offset' is one of a topic's own");
    assertThatThrownBy(() -> found(id, Column.nullable("t", "DATE")))
        .hasMessageContaining("event time 't' of a source with a topic is DATE");
  }

  private Graph found(Column... columns) {
    return new ProjectReader(
            project.resolve("cache"), table -> Optional.of(new Schema(List.of(columns))))
        .graph(project);
  }

  @Test
  void anEventTimeThatIsInferredStaysATimeAttribute() throws IOException {
    String yaml =
        """
        name: p
        datasets:
          in: {table: db.in, kind: source, schema: {id: INT NOT NULL, t: TIMESTAMP(3), u: TIMESTAMP(6)}}
          out: {table: db.out, kind: derived, key: [id], event_time: TIME, partition: P1D}
        transforms:
          out: {sql: out.sql}
        """;
    String sql = "SELECT id, t, t AS t2, u FROM `in`";

    write(yaml.replace("TIME,", "t,"), sql);
    Graph coarse = ProjectReader.read(project);
    assertThat(coarse.dataset(DatasetId.of("out")).schema().columns())
        .containsExactly(
            Column.required("id", "INT"),
            Column.nullable("t", "TIMESTAMP(3)"),
            Column.nullable("t2", "TIMESTAMP(6)"),
            Column.nullable("u", "TIMESTAMP(6)"));

    write(yaml.replace("TIME,", "u,"), sql);
    assertThat(ProjectReader.read(project).dataset(DatasetId.of("out")).schema().columns())
        .contains(Column.nullable("u", "TIMESTAMP(6)"), Column.nullable("t", "TIMESTAMP(6)"));
  }

  @Test
  void precisionThatOnlyReadersSeeIsNoOtherOutput() throws IOException {
    String yaml =
        """
        name: p
        datasets:
          in: {table: db.in, kind: source, schema: {id: INT NOT NULL, t: TIMESTAMP(3)}}
          out:
            table: db.out
            kind: derived
            schema: {id: INT, t: TIMESTAMP(PRECISION)}
            key: [id]
            event_time: t
            partition: P1D
          next: {table: db.next, kind: derived, key: [id], event_time: t, partition: P1D}
        transforms:
          out: {sql: out.sql}
          next: {sql: next.sql}
        """;
    Files.createDirectories(project.resolve("jobs/p"));
    Files.writeString(project.resolve("jobs/p/next.sql"), "SELECT id, t FROM `out`");
    write(yaml.replace("PRECISION", "3"), "SELECT id, t FROM `in`");
    Graph fine = ProjectReader.read(project);
    write(yaml.replace("PRECISION", "6"), "SELECT id, t FROM `in`");
    Graph coarse = ProjectReader.read(project);

    assertThat(fingerprint(fine, "out")).isEqualTo(fingerprint(coarse, "out"));
    assertThat(fingerprint(fine, "next")).isNotEqualTo(fingerprint(coarse, "next"));
  }

  private static Fingerprint fingerprint(Graph graph, String output) {
    return graph.transformOf(DatasetId.of(output)).orElseThrow().analysis().fingerprint();
  }

  @Test
  void aSourceWithoutSchemaIsLookedUpInTheCatalogAndNoOther() throws IOException {
    write(
        """
        name: p
        datasets:
          in: {table: db.in, kind: source}
          known: {table: db.known, kind: source, schema: {id: INT}}
          out: {table: db.out, kind: derived, key: [id]}
        transforms:
          out: {sql: out.sql}
        """,
        "SELECT id FROM `in`");
    List<TableRef> asked = new ArrayList<>();

    Graph graph =
        new ProjectReader(
                project.resolve("cache"),
                table -> {
                  asked.add(table);
                  return Optional.of(new Schema(List.of(Column.required("id", "BIGINT"))));
                })
            .graph(project);

    assertThat(asked).containsExactly(new TableRef("db", "in"));
    assertThat(graph.dataset(DatasetId.of("out")).schema().columns())
        .containsExactly(Column.required("id", "BIGINT"));
    assertThatThrownBy(() -> ProjectReader.read(project))
        .hasMessageContaining("dataset 'in' declares no schema");
  }

  @Test
  void referencesMayBeGroupedWhereSourcesMayNot() throws IOException {
    write(
        """
        name: p
        datasets:
          in:
            table: db.in
            kind: source
            schema: {id: INT NOT NULL, t: DATE, name: STRING}
            event_time: t
            partition: P1D
          codes: {table: db.codes, kind: reference, schema: {name: STRING, label: STRING}}
          out: {table: db.out, kind: derived, key: [id], event_time: t, partition: P1D}
        transforms:
          out: {sql: out.sql}
        """,
        """
        SELECT e.id, e.t, c.label, n.labels
        FROM `in` AS e
        JOIN (SELECT name, label, ROW_NUMBER() OVER (PARTITION BY name ORDER BY label) AS place
              FROM codes) AS c ON c.name = e.name
        JOIN (SELECT name, COUNT(*) AS labels FROM codes GROUP BY name) AS n ON n.name = e.name
        WHERE c.place = 1
        """);

    assertThat(ProjectReader.read(project).transforms()).hasSize(1);
  }

  @Test
  void pipelinesReadEachOthersDatasets() throws IOException {
    write("name: p\ndatasets: {in: {table: db.in, kind: source, schema: {id: INT}}}", "unused");
    Path other = Files.createDirectories(project.resolve("jobs/q"));
    Files.writeString(
        other.resolve("pipeline.yaml"),
        """
        name: q
        datasets: {out: {table: db.out, kind: derived, key: [id]}}
        transforms: {out: {sql: out.sql}}
        """);
    Files.writeString(other.resolve("out.sql"), "SELECT id FROM `in`");

    Graph graph = ProjectReader.read(project);

    assertThat(graph.name()).isEqualTo("p+q");
    assertThat(graph.transforms()).hasSize(1);
  }

  @Test
  void aFinishedGraphComesFromTheCacheUntilAFileChanges() throws IOException {
    writeSimple("SELECT id FROM `in`");
    Graph first = ProjectReader.read(project);
    Path cached = onlyFile(project.resolve(".tidemark/cache"));
    Graph marked =
        new Graph(
            "from the cache",
            first.datasets(),
            first.transforms(),
            first.changes(),
            first.revision());
    Files.writeString(cached, RecordJson.write(marked, Graph.class));

    assertThat(ProjectReader.read(project).name()).isEqualTo("from the cache");

    Files.writeString(project.resolve("jobs/p/out.sql"), "SELECT id FROM `in` WHERE id > 0");
    Graph changed = ProjectReader.read(project);
    assertThat(changed.name()).isEqualTo("p");
    assertThat(changed.revision()).isNotEqualTo(first.revision());
  }

  @Test
  void aDamagedCacheIsReadAroundAndMended() throws IOException {
    writeSimple("SELECT id FROM `in`");
    Graph first = ProjectReader.read(project);
    Path cached = onlyFile(project.resolve(".tidemark/cache"));
    String whole = Files.readString(cached);
    for (String damaged : List.of("", "{", whole.substring(0, whole.length() / 2), "[]", "null")) {
      Files.writeString(cached, damaged);

      assertThat(ProjectReader.read(project)).isEqualTo(first);
      assertThat(Files.readString(cached)).isEqualTo(whole);
    }
  }

  @Test
  void aCacheThatCannotBeWrittenOnlyCostsTime() throws IOException {
    writeSimple("SELECT id FROM `in`");
    Path file = project.resolve("taken");
    Files.writeString(file, "a file where a folder should be");

    assertThat(new ProjectReader(file, t -> Optional.empty()).graph(project).name()).isEqualTo("p");
  }

  @Test
  void aGraphSurvivesItsJson() {
    Graph flights = ProjectReader.read(Path.of(""));

    assertThat(RecordJson.read(RecordJson.write(flights, Graph.class), Graph.class))
        .isEqualTo(flights);
  }

  @Test
  void aFolderWithoutJobsIsNoProject() {
    assertThat(
            catchThrowableOfType(TidemarkException.class, () -> ProjectReader.read(project))
                .problems())
        .singleElement()
        .satisfies(
            p -> {
              assertThat(p.what()).endsWith("has no folder jobs");
              assertThat(p.fix()).contains("tidemark init");
            });
  }

  private void writeSimple(String sql) throws IOException {
    write(
        """
        name: p
        datasets:
          in: {table: db.in, kind: source, schema: {id: INT NOT NULL}}
          out: {table: db.out, kind: derived, key: [id]}
        transforms:
          out: {sql: out.sql}
        """,
        sql);
  }

  private void write(String pipeline, String sql) throws IOException {
    Path folder = Files.createDirectories(project.resolve("jobs/p"));
    Files.writeString(folder.resolve("pipeline.yaml"), pipeline);
    Files.writeString(folder.resolve("out.sql"), sql);
  }

  private static Path onlyFile(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }
}
