package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.TableRef;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.LakeFixture;
import io.tidemark.testing.LocalConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.List;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Maintenance as people run it: nobody can tell from rows, plans or reverts that it happened. */
class MaintainIT {
  private static final TableRef EVENTS = TableRef.parse("shop.events");
  private static final TableRef CLEAN = TableRef.parse("shop.clean");

  private static final String PIPELINE =
      """
      name: shop
      datasets:
        events:
          table: shop.events
          kind: source
          schema:
            id: BIGINT NOT NULL
            at: TIMESTAMP(3) NOT NULL
            amount: BIGINT NOT NULL
          key: [id]
          event_time: at
          partition: P1D
          slice: P1D
        clean:
          table: shop.clean
          kind: derived
          key: [id]
          event_time: at
          partition: P1D
          slice: P1D
      transforms:
        clean:
          sql: clean.sql
          inputs: [events]
      """;

  @TempDir Path project;
  private CommandLineSession user;

  private Result succeeds(String... arguments) {
    Result result = user.run(arguments);
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    return result;
  }

  private void query(String sql) throws IOException {
    Files.writeString(project.resolve("jobs/shop/clean.sql"), sql);
  }

  private static int files(LakeFixture lake, TableRef ref) {
    Table table = lake.table(ref);
    return LakeFixture.files(table, table.currentSnapshot().snapshotId()).size();
  }

  @Test
  void compactedSlicesAreFreshLoadedFilesAreKnownAndAPublishIsRevertedAfterAnybodysExpiry()
      throws IOException {
    Files.createDirectories(project.resolve("jobs/shop"));
    Files.writeString(project.resolve("jobs/shop/pipeline.yaml"), PIPELINE);
    query("SELECT id, `at`, amount FROM events\n");
    user = new CommandLineSession(Wiring::open, project);
    for (int i = 1; i <= 5; i++) {
      Path file = project.resolve("part" + i + ".csv");
      Files.writeString(file, "id,at,amount\n" + i + ",2001-01-01 08:00:0" + i + ",-" + i + "\n");
      succeeds("load", "events", file.toString());
    }
    succeeds("run", "--publish");
    try (LakeFixture lake = LocalConfig.tables(project)) {
      var before = lake.rows(CLEAN);
      query("SELECT id, `at`, amount * 2 AS amount FROM events\n");
      Files.createDirectories(project.resolve("jobs/shop/changes"));
      Files.writeString(
          project.resolve("jobs/shop/changes/double.yaml"),
          """
          description: Amounts were halved.
          datasets:
            clean:
              columns: [amount]
          """);
      String published = succeeds("run", "--publish", "--change", "double").out();
      assertThat(published).isNotBlank();
      var after = lake.rows(CLEAN);
      assertThat(after).isNotEqualTo(before);
      assertThat(files(lake, EVENTS)).isEqualTo(5);

      Result maintained = succeeds("maintain");

      assertThat(maintained.out()).contains("events").contains("5 -> 1");
      assertThat(files(lake, EVENTS)).isEqualTo(1);
      assertThat(succeeds("maintain").out()).isEqualTo("Nothing to do.\n");
      lake.expire(EVENTS);
      lake.expire(CLEAN);
      assertThat(succeeds("plan").out()).contains("Nothing");
      assertThat(lake.rows(CLEAN)).isEqualTo(after);
      assertThat(succeeds("load", "events", project.resolve("part1.csv").toString()).out())
          .contains("loaded before");
      String runs = succeeds("runs").out();
      String newest =
          runs.lines()
              .filter(line -> line.contains("published"))
              .map(line -> line.strip().split("\\s+")[0])
              .findFirst()
              .orElseThrow(() -> new AssertionError(runs));
      succeeds("revert", newest, "--yes");
      assertThat(lake.rows(CLEAN)).isEqualTo(before);
      assertThat(lake.rows(EVENTS)).hasSize(5);
    }
  }

  @Test
  void tablesOfLateRowsAndDeadLettersAreKeptSmallToo() throws IOException {
    TableRef letters = TableRef.parse("shop.events_dead_letters");
    Files.createDirectories(project.resolve("jobs/shop"));
    Files.writeString(project.resolve("jobs/shop/pipeline.yaml"), PIPELINE);
    query("SELECT id, `at`, amount FROM events\n");
    user = new CommandLineSession(Wiring::open, project);
    for (int i = 1; i <= 5; i++) {
      Path file = project.resolve("part" + i + ".csv");
      Files.writeString(
          file, "id,at,amount\n" + i + ",2001-01-0" + i + " 08:00:00,1\n" + i + ",yesterday,1\n");
      succeeds("load", "events", "--max-bad", "1", file.toString());
    }
    try (LakeFixture lake = LocalConfig.tables(project)) {
      TableRef late = TableRef.parse("shop.clean_late");
      TableRef unread = TableRef.parse("shop.events_topic_dead_letters");
      // As live jobs make them, commit by commit.
      lake.catalog()
          .createTable(
              LakeFixture.identifier(late),
              new Schema(
                  Types.NestedField.required(1, "kafka_offset", Types.LongType.get()),
                  Types.NestedField.required(2, "closed_until", Types.TimestampType.withZone())));
      lake.catalog()
          .createTable(
              LakeFixture.identifier(unread),
              new Schema(
                  Types.NestedField.required(1, "kafka_offset", Types.LongType.get()),
                  Types.NestedField.optional(2, "raw", Types.BinaryType.get())));
      for (long i = 0; i < 4; i++) {
        lake.append(late, List.of(List.of(i, OffsetDateTime.parse("2001-01-02T00:00:00Z"))));
        lake.append(unread, List.of(List.of(i, ByteBuffer.wrap(new byte[] {1, (byte) i}))));
      }
      var lateBefore = lake.rows(late);
      var unreadBefore = lake.values(unread);
      var before = lake.rows(letters);
      assertThat(before).hasSize(5);
      assertThat(files(lake, letters)).isEqualTo(5);

      assertThat(succeeds("maintain").out())
          .containsPattern("clean_late .* 4 -> 1")
          .containsPattern("events_dead_letters .* 5 -> 1")
          .containsPattern("events_topic_dead_letters .* 4 -> 1");

      assertThat(files(lake, letters)).isEqualTo(1);
      assertThat(lake.rows(letters)).isEqualTo(before);
      assertThat(lake.rows(late)).isEqualTo(lateBefore);
      assertThat(lake.values(unread)).containsExactlyInAnyOrderElementsOf(unreadBefore);
      assertThat(succeeds("maintain").out()).isEqualTo("Nothing to do.\n");
      assertThat(lake.table(letters).refs()).containsKey("tidemark-guard");
    }
  }
}
