package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.control.Operation;
import io.tidemark.control.RolledBack;
import io.tidemark.control.Verified;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveMark;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.rollback.Setback;
import io.tidemark.model.rollback.Terms;
import io.tidemark.testing.KafkaBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Tables that a live job writes are rolled back, and nothing is lost or doubled after it. */
@Timeout(900)
class RollbackIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private static final String PIPELINE =
      """
      name: shop
      datasets:
        visits:
          table: shop.visits
          kind: source
          schema:
            id: BIGINT NOT NULL
            at: TIMESTAMP(3) NOT NULL
          event_time: at
          partition: PT1H
          slice: PT1H
          topic: {name: visits, idle_after: PT1S}
        clean:
          table: shop.clean
          kind: derived
          schema:
            id: BIGINT NOT NULL
            at: TIMESTAMP(3) NOT NULL
          key: [id]
          event_time: at
          partition: PT1H
          slice: PT1H
      transforms:
        clean:
          sql: clean.sql
      """;

  @TempDir Path folder;
  private LiveProject project;

  @BeforeEach
  void writesTheProject() throws IOException {
    Path pipeline = folder.resolve("jobs/shop/pipeline.yaml");
    Files.createDirectories(pipeline.getParent());
    Files.writeString(pipeline, PIPELINE);
    Files.writeString(folder.resolve("jobs/shop/clean.sql"), "SELECT id, `at` FROM visits\n");
    KAFKA.createTopic("visits", 2);
  }

  @Test
  void whatIsRolledBackIsReadAgainOnceAndAllOfItCanBeUndone() {
    visit(0, 1, "10:00");
    send(0, "{\"id\":");
    visit(1, 2, "10:20");
    visit(0, 3, "12:00");
    try (LiveProject live = new LiveProject(folder, KAFKA, Duration.ofSeconds(1))) {
      project = live;
      live.start();
      await(() -> rows("visits") == 3 && rows("clean") == 3 && hasClosed("2026-01-01T10"));
      live.stop();
      long visits = head("visits");
      long clean = head("clean");

      live.start();
      visit(0, 4, "12:30");
      visit(1, 5, "10:40");
      send(0, "{\"at");
      visit(0, 6, "13:30");
      await(() -> rows("visits") == 6 && rows("clean") == 5 && hasClosed("2026-01-01T12"));
      await(() -> letters() == 2 && late() == 1);

      assertThatThrownBy(() -> roll("visits", visits, head("visits"), Terms.Live.NONE))
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("TM-ROLLBACK-004");
      Setback back = roll("visits", visits, head("visits"), Terms.Live.REREAD);

      assertThat(back.rows()).isEqualTo(new Setback.Rows(6, 3));
      assertThat(back.lost()).isEmpty();
      assertThat(back.live().orElseThrow().offsets())
          .containsExactly(new Setback.Offset(0, 6, 3), new Setback.Offset(1, 2, 1));
      assertThat(List.of(rows("visits"), letters(), late())).containsExactly(3L, 1L, 0L);
      assertThat(verify("visits").isClean()).isTrue();
      Setback forth = roll("visits", back.from(), visits, Terms.Live.NONE);
      assertThat(List.of(rows("visits"), letters(), late())).containsExactly(6L, 2L, 1L);
      assertThat(verify("visits").isClean()).isTrue();
      roll("visits", visits, forth.to(), Terms.Live.NONE);

      project.start();
      finish(6);
      // What is read again of the slices that stayed closed in the derived table comes late to it.
      assertThat(List.of(letters(), late())).containsExactly(2L, 2L);
      assertProved(6);

      roll("clean", clean, head("clean"), Terms.Live.NONE);
      assertThat(rows("clean")).isEqualTo(3);
      // Slices close when events come; history alone closes none.
      project.start();
      visit(0, 7, "14:30");
      finish(7);
      assertThat(List.of(letters(), late())).containsExactly(2L, 2L);
      assertProved(7);
    }
  }

  /** Waits until the live job has read and closed everything, and stops it. */
  private void finish(long visits) {
    await(
        () ->
            rows("visits") == visits && rows("clean") >= visits - 1 && hasClosed("2026-01-01T12"));
    project.stop();
  }

  private void assertProved(long rows) {
    project.execute(
        new Operation.StartRun(
            new Operation.Fresh(Operation.Selection.ALL), Operation.After.PUBLISH));
    assertThat(rows("visits")).isEqualTo(rows);
    assertThat(rows("clean")).isEqualTo(rows);
    Verified verified = verify("clean");
    assertThat(verified.isClean()).as("%s", verified).isTrue();
    assertThat(verified.slices().orElseThrow().stale().isEmpty()).as("%s", verified).isTrue();
  }

  private Verified verify(String dataset) {
    return project.execute(new Operation.Verify(dataset, Optional.empty()));
  }

  private Setback roll(String dataset, long to, long head, Terms.Live live) {
    Terms terms = new Terms(Terms.Act.GO, live, "somebody", "a test");
    RolledBack done =
        project.execute(new Operation.Rollback(dataset, Long.toString(to), head, terms));
    assertThat(head(dataset)).isEqualTo(to);
    return done.setback();
  }

  private static void await(java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await().atMost(PATIENCE).until(condition);
  }

  private long head(String name) {
    return project.table("shop", name).currentSnapshot().snapshotId();
  }

  private long letters() {
    return rows("visits_topic_dead_letters");
  }

  private long late() {
    return rows("clean_late");
  }

  private long rows(String name) {
    try {
      Snapshot head = project.table("shop", name).currentSnapshot();
      return head == null ? 0 : Long.parseLong(head.summary().get("total-records"));
    } catch (NoSuchTableException e) {
      return 0;
    }
  }

  /** Whether the newest mark on main says that no live job owns a slice any more. */
  private boolean hasClosed(String slice) {
    long ordinal = Grain.HOUR.parseLabel(slice).ordinals().max().orElseThrow();
    Table table = project.table("shop", "clean");
    for (Snapshot s = table.currentSnapshot();
        s != null;
        s = s.parentId() == null ? null : table.snapshot(s.parentId())) {
      Optional<LiveMark> mark = StampSummary.readMark(s.summary());
      if (mark.isPresent()) {
        return mark.get().openFrom().filter(open -> open > ordinal).isPresent();
      }
    }
    return false;
  }

  private static void visit(int partition, int id, String time) {
    send(partition, "{\"id\":" + id + ",\"at\":\"2026-01-01 " + time + ":00\"}");
  }

  private static void send(int partition, String json) {
    KAFKA.send("visits", partition, "k", json, Instant.parse("2026-01-02T10:00:00Z"));
  }
}
