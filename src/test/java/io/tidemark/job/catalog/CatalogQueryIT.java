package io.tidemark.job.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.DatasetId;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.Schema;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogQueryIT {
  private static final TableRef TABLE = TableRef.parse("ns.events");
  private static final Map<DatasetId, TableRef> NAMES =
      Map.of(DatasetId.of("events"), TABLE, DatasetId.of("gone"), TableRef.parse("ns.gone"));

  private static LakeFixture fixture;
  private static CatalogQuery query;

  @BeforeAll
  static void open(@TempDir Path dir) {
    fixture = new LakeFixture(LakeFixture.sqlite(dir));
    ((SupportsNamespaces) fixture.catalog()).createNamespace(Namespace.of("ns"));
    fixture
        .catalog()
        .createTable(
            LakeFixture.identifier(TABLE),
            new Schema(
                Types.NestedField.required(1, "id", Types.LongType.get()),
                Types.NestedField.optional(2, "at", Types.TimestampType.withZone())));
    fixture.append(
        TABLE,
        List.of(Arrays.asList(1L, Instant.parse("2001-01-01T05:00:00Z")), Arrays.asList(2L, null)));
    query = new CatalogQuery(fixture.spec(), 1);
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  @Test
  void readsDatasetsByNameAndTablesByPath() {
    CatalogQuery.Answer answer =
        query.run(
            "SELECT e.id, e.`at` FROM events AS e JOIN lake.ns.events AS t ON e.id = t.id"
                + " ORDER BY id;",
            NAMES,
            10);

    assertThat(answer.columns()).containsExactly("id", "at");
    assertThat(answer.rows())
        .containsExactly(
            List.of(Optional.of("1"), Optional.of("2001-01-01 05:00:00.000000")),
            List.of(Optional.of("2"), Optional.empty()));
    assertThat(answer.more()).isFalse();
  }

  @Test
  void saysThatThereWouldBeMoreRows() {
    CatalogQuery.Answer answer = query.run("SELECT id FROM events", NAMES, 1);

    assertThat(answer.rows()).hasSize(1);
    assertThat(answer.more()).isTrue();
  }

  @Test
  void showsAndDescribesAndExplains() {
    assertThat(query.run("SHOW TABLES IN lake.ns", NAMES, 10).rows())
        .containsExactly(List.of(Optional.of("events")));
    assertThat(query.run("DESCRIBE lake.ns.events", NAMES, 10).rows()).hasSize(2);
    assertThat(query.run("EXPLAIN SELECT id FROM events", NAMES, 10).rows().get(0).get(0))
        .get()
        .asString()
        .contains("Physical");
  }

  @Test
  void refusesWhatChangesAnything() {
    List<String> writes =
        List.of(
            "INSERT INTO lake.ns.events VALUES (3, NULL)",
            "DROP TABLE lake.ns.events",
            "CREATE TABLE lake.ns.x (id INT)",
            "ALTER TABLE lake.ns.events SET ('a' = 'b')",
            "DELETE FROM lake.ns.events",
            "CREATE DATABASE lake.other",
            "SET 'a' = 'b'",
            "-- SELECT\nDROP TABLE lake.ns.events");
    long head = fixture.head(TABLE);
    for (String sql : writes) {
      assertThatThrownBy(() -> query.run(sql, NAMES, 10))
          .as(sql)
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> assertThat(e.problems().get(0).code()).isEqualTo("TM-JOB-041"));
    }
    assertThat(fixture.head(TABLE)).isEqualTo(head);
    assertThat(fixture.catalog().listTables(Namespace.of("ns"))).hasSize(1);
  }

  @Test
  void saysWhatDoesNotCompile() {
    assertThatThrownBy(() -> query.run("SELECT nope FROM events", NAMES, 10))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.USER);
              assertThat(e.problems().get(0).why()).contains("'nope'");
            });
    assertThatThrownBy(() -> query.run("SELECT 1 FROM gone", NAMES, 10))
        .isInstanceOf(TidemarkException.class);
    assertThatThrownBy(() -> query.run("SELECT 1; SELECT 2", NAMES, 10))
        .isInstanceOf(TidemarkException.class);
  }
}
