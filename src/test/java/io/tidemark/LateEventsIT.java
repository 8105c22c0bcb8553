package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.model.Analysis;
import io.tidemark.model.ContentHash;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveMark.Counts;
import io.tidemark.model.LiveMark.Range;
import io.tidemark.model.LiveMark.Ranges;
import io.tidemark.model.Pin;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.Stamp.SliceDigest;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.LakeFixture;
import io.tidemark.testing.LocalConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.Table;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a user sees of tables that a live job writes: verify counts them, late events make slices
 * stale, correct puts them right. The live job's commits are made here as it makes them.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LateEventsIT {
  private static final TableRef EVENTS = new TableRef("shop", "events");
  private static final TableRef CLEAN = new TableRef("shop", "clean");
  private static final DatasetId SOURCE = DatasetId.of("events");
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
          topic: {name: events.v1, format: json}
        clean:
          table: shop.clean
          kind: derived
          key: [id]
          event_time: at
          partition: P1D
          slice: P1D
        totals:
          table: shop.totals
          kind: derived
          schema:
            day: TIMESTAMP(6) NOT NULL
            amount: BIGINT NOT NULL
          key: [day]
          event_time: day
          partition: P1D
          slice: P1D
      transforms:
        clean:
          sql: clean.sql
          inputs: [events]
        totals:
          sql: totals.sql
          inputs: [clean]
      """;

  private Path project;
  private CommandLineSession user;
  private LakeFixture lake;
  private Analysis code;
  private long checkpoint;
  private long offset;

  @BeforeAll
  void writesAProject(@TempDir Path folder) throws IOException {
    project = folder;
    Files.createDirectories(project.resolve("jobs/shop"));
    Files.writeString(project.resolve("jobs/shop/pipeline.yaml"), PIPELINE);
    Files.writeString(
        project.resolve("jobs/shop/clean.sql"),
        "SELECT id, `at`, amount FROM events WHERE amount > 0\n");
    Files.writeString(
        project.resolve("jobs/shop/totals.sql"),
        "SELECT CAST(FLOOR(`at` TO DAY) AS TIMESTAMP(6)) AS `day`, SUM(amount) AS amount"
            + " FROM clean GROUP BY FLOOR(`at` TO DAY)\n");
    user = new CommandLineSession(Wiring::open, project);
    // A run over nothing but one foreign row makes the tables, and tells the code's fingerprint.
    Files.writeString(project.resolve("first.csv"), "id,at,amount\n1,2001-01-01 08:00:00,5\n");
    succeeds("load", "events", project.resolve("first.csv").toString());
    succeeds("run", "--publish");
    lake = new LakeFixture(LocalConfig.catalog(project));
    Table clean = lake.table(CLEAN);
    code =
        StampSummary.read(clean.currentSnapshot().summary())
            .flatMap(s -> s.origin().analysis())
            .orElseThrow();
  }

  @AfterAll
  void closes() {
    lake.close();
  }

  private Result succeeds(String... arguments) {
    Result result = user.run(arguments);
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    return result;
  }

  private static long day(int day) {
    return Grain.DAY.ordinal(Instant.parse("2001-01-01T00:00:00Z")) + day - 1;
  }

  private List<Object> event(long id, int day, long amount) {
    return Arrays.asList(
        id,
        Instant.parse(String.format("2001-01-%02dT09:00:00Z", day)),
        amount,
        "events.v1",
        0,
        offset++,
        null);
  }

  private static List<Object> clean(long id, int day, long amount) {
    return Arrays.asList(id, Instant.parse(String.format("2001-01-%02dT09:00:00Z", day)), amount);
  }

  private LiveMark mark(Optional<Long> openFrom, Map<DatasetId, Ranges> ranges) {
    return new LiveMark(
        "shop-1",
        1,
        checkpoint,
        LiveMark.Phase.RUNNING,
        openFrom,
        new TreeMap<>(ranges),
        Counts.NONE,
        List.of());
  }

  private void commit(TableRef ref, List<List<Object>> rows, Stamp stamp, LiveMark mark) {
    Table table = lake.table(ref);
    AppendFiles append = table.newFastAppend();
    LakeFixture.write(table, rows).forEach(append::appendFile);
    StampSummary.write(stamp, mark).forEach(append::set);
    append.commit();
  }

  /** The ingest half of a checkpoint. */
  private void ingest(long from, long taken, List<List<Object>> events) {
    checkpoint++;
    Ranges ranges = new Ranges(new TreeMap<>(Map.of(0, new Range(from, offset, taken, 0))));
    commit(
        EVENTS,
        events,
        new Stamp(
            "live/shop/shop-1/events/" + checkpoint,
            Stamp.Kind.LIVE,
            SOURCE,
            Stamp.Origin.NONE,
            new Stamp.Content(Grain.DAY, List.of(), List.of()),
            ""),
        mark(Optional.empty(), Map.of(SOURCE, ranges)));
  }

  /** The derived half, which closes days. */
  private void close(int firstDay, int openDay, List<List<Object>> rows) {
    List<SliceDigest> slices = new ArrayList<>();
    for (int d = firstDay; d < openDay; d++) {
      slices.add(new SliceDigest(day(d), 1, new ContentHash(0, d)));
    }
    TreeMap<DatasetId, Pin> pins = new TreeMap<>();
    pins.put(SOURCE, Pin.main(lake.head(EVENTS)));
    commit(
        CLEAN,
        rows,
        new Stamp(
            "live/shop/shop-1/clean/" + checkpoint,
            Stamp.Kind.LIVE,
            DatasetId.of("clean"),
            new Stamp.Origin(
                Optional.empty(), Optional.<Fingerprint>empty(), Optional.of(code), pins),
            new Stamp.Content(Grain.DAY, slices, List.of()),
            ""),
        mark(Optional.of(day(openDay)), Map.of()));
  }

  @Test
  @Order(1)
  void whatALiveJobMadeIsFreshAndProved() {
    ingest(0, 3, List.of(event(10, 2, 7), event(11, 3, 8), event(12, 4, 9)));
    close(2, 4, List.of(clean(10, 2, 7), clean(11, 3, 8), clean(12, 4, 9)));

    Result status = succeeds("status");
    assertThat(status.out()).contains("clean: open (live), 1 slice (2001-01-04)");
    assertThat(succeeds("status", "clean").out()).contains("live shop-1").contains("open (live)");
    succeeds("run", "--publish", "--select", "totals");
    assertThat(succeeds("verify", "totals").out())
        .contains("Made once more: 3 slices (2001-01-01..2001-01-03)")
        .endsWith("0 lost, 0 doubled, 0 unexplained\n");
    Result clean = succeeds("verify", "clean");
    assertThat(clean.out())
        .contains("events from topic events.v1")
        .contains("Open (live), not compared: 1 slice (2001-01-04)")
        .endsWith("0 lost, 0 doubled, 0 unexplained\n");
    assertThat(lake.table(CLEAN).refs().keySet()).noneMatch(name -> name.contains("verify"));
    assertThat(lake.table(EVENTS).refs().keySet()).noneMatch(name -> name.contains("verify"));
  }

  @Test
  @Order(2)
  void lateEventsAreCorrectedAndNothingElse() {
    long from = offset;
    ingest(from, 2, List.of(event(20, 2, 100), event(21, 4, 1)));
    close(4, 4, List.of(clean(21, 4, 1)));

    assertThat(succeeds("status").out()).contains("late data, 1 slice (2001-01-02)");
    assertThat(succeeds("correct").out()).contains("waiting: late events still come");
    Result corrected = succeeds("correct", "--now");
    assertThat(corrected.out())
        .contains("published")
        .contains("clean: 1 slice (2001-01-02); expected to differ: rows of 1 key")
        .contains("totals: 1 slice (2001-01-02); expected to differ: any row, since its key");
    assertThat(lake.rows(CLEAN)).hasSize(6);
    assertThat(lake.rows(new TableRef("shop", "totals"))).anyMatch(r -> r.contains("107"));
    assertThat(succeeds("correct", "--now").out()).isEqualTo("Nothing came late.\n");
    assertThat(succeeds("verify", "totals").out()).endsWith("0 lost, 0 doubled, 0 unexplained\n");
  }

  @Test
  @Order(3)
  void whatADefectChangedBesideTheLateEventsIsNotPublished() throws IOException {
    replace(CLEAN, 3, List.of(clean(11, 3, 88)));
    long from = offset;
    ingest(from, 1, List.of(event(30, 3, 5)));

    Result corrected = user.run("correct", "--now");

    assertThat(corrected.exitCode()).as(corrected.out() + corrected.err()).isEqualTo(4);
    assertThat(corrected.out()).contains("blocked").contains("candidate is kept");
    assertThat(lake.rows(CLEAN)).anyMatch(r -> r.contains("88"));
    succeeds("--yes", "runs", "--abandon", "latest");
    replace(CLEAN, 3, List.of(clean(11, 3, 8)));
    succeeds("correct", "--now");
  }

  @Test
  @Order(4)
  void aSteadyTrickleDoesNotPutACorrectionOffForEver() throws IOException {
    limits("{correct_after: P1D, correct_at_latest: P1D}");
    trickle(60);
    assertThat(succeeds("correct").out()).contains("waiting: late events still come");
    limits("{correct_after: P1D, correct_at_latest: PT1S}");
    AtomicLong id = new AtomicLong(60);
    await()
        .atMost(Duration.ofMinutes(5))
        .until(
            () -> {
              trickle(id.incrementAndGet());
              return succeeds("correct").out().contains("published");
            });
    assertThat(lake.rows(CLEAN)).anyMatch(r -> r.startsWith("[60,"));
    limits("{correct_after: P1D, correct_at_latest: P1D}");
    trickle(id.incrementAndGet());
    assertThat(succeeds("correct").out()).contains("waiting: late events still come");
    succeeds("correct", "--now");
  }

  private void trickle(long id) {
    long from = offset;
    ingest(from, 1, List.of(event(id, 2, 1)));
  }

  private void limits(String limits) throws IOException {
    LocalConfig.write(project, List.of("flink: {parallelism: 2}", "limits: " + limits));
  }

  @Test
  @Order(5)
  void whoWatchesGoesFromRoundToRoundWithinTheBudgetAndEndsWhereSomebodyMustLook()
      throws IOException {
    limits("{correct_slices: 1}");
    long from = offset;
    ingest(from, 2, List.of(event(90, 2, 3), event(91, 3, 4)));
    replace(CLEAN, 3, List.of(clean(11, 3, 88), clean(30, 3, 5)));

    Result watched = user.run("correct", "--now", "--watch");

    assertThat(watched.exitCode()).as(watched.out() + watched.err()).isEqualTo(4);
    assertThat(watched.out())
        .containsSubsequence(
            "published",
            "clean: 1 slice (2001-01-02); expected to differ: rows of 1 key",
            "over limits.correct_slices, for the next round",
            "blocked",
            "clean: 1 slice (2001-01-03)");
    assertThat(lake.rows(CLEAN))
        .anyMatch(r -> r.startsWith("[90,"))
        .noneMatch(r -> r.startsWith("[91,"));
    Files.delete(project.resolve("config/local.yaml"));
    succeeds("--yes", "runs", "--abandon", "latest");
    replace(CLEAN, 3, List.of(clean(11, 3, 8), clean(30, 3, 5)));
    succeeds("correct", "--now");
  }

  @Test
  @Order(6)
  void lostDoubledAndUnexplainedRowsAreCounted() {
    long from = offset;
    List<Object> twice = event(40, 4, 1);
    List<Object> lost = event(41, 4, 1);
    assertThat(lost).isNotEqualTo(twice);
    ingest(from, 2, List.of(twice, twice));
    replace(CLEAN, 3, List.of(clean(11, 3, 8), clean(30, 3, 5), clean(91, 3, 5)));

    Result result = user.run("verify", "clean");

    assertThat(result.exitCode()).as(result.out() + result.err()).isEqualTo(4);
    assertThat(result.out())
        .contains("differ: 1 slice (2001-01-03): 0 rows missing, 0 too many, 1 different")
        .endsWith("1 lost, 1 doubled, 1 unexplained\n");
  }

  @Test
  @Order(7)
  void rowsThatNoMarkSpeaksOfDoNotMakeUpForLostOnes() {
    List<Object> untold = event(50, 4, 1);
    long from = offset++;
    ingest(from, 1, List.of(untold));

    Result result = user.run("verify", "events");

    assertThat(result.exitCode()).as(result.out() + result.err()).isEqualTo(4);
    assertThat(result.out())
        .contains("no mark speaks of offsets " + (from - 1) + " to " + (from - 1))
        .endsWith("2 lost, 1 doubled, 0 unexplained, 1 offset that no mark speaks of\n");
  }

  /** Damages a day behind everybody's back: as many rows as before, in a commit without a stamp. */
  private void replace(TableRef ref, int day, List<List<Object>> rows) {
    Table table = lake.table(ref);
    SliceSet slice = SliceSet.range(Grain.DAY, day(day), day(day) + 1);
    OverwriteFiles overwrite = table.newOverwrite();
    for (DataFile file : LakeFixture.files(table, lake.head(ref))) {
      if (slice.contains(file.partition().get(0, Integer.class))) {
        overwrite.deleteFile(file);
      }
    }
    LakeFixture.write(table, rows).forEach(overwrite::addFile);
    overwrite.commit();
  }
}
