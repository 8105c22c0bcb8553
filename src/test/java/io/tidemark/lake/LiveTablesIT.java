package io.tidemark.lake;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.lake.Lake.Conflict;
import io.tidemark.lake.Lake.Done;
import io.tidemark.model.Changes;
import io.tidemark.model.ContentHash;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveMark.Doubt;
import io.tidemark.model.Pin;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table that a live job writes, and what runs and readers of metadata make of it. */
class LiveTablesIT {
  @TempDir Path dir;
  private int checkpoint;

  private Scene scene() {
    return new Scene(LakeFixture.sqlite(dir), Scene.monthly("db.live"));
  }

  private static long month(String label) {
    return io.tidemark.model.Grain.MONTH.parseLabel(label).ordinals().min().orElseThrow();
  }

  /** One row per closed slice, as {@link Scene#stamp} counts them. */
  @SafeVarargs
  private long checkpoint(
      Scene s, String closed, String openFrom, List<Doubt> doubts, List<Object>... rows) {
    checkpoint++;
    SliceSet slices = s.slices(closed);
    Stamp like = s.stamp("r0", "x", Stamp.Kind.BUILD, slices);
    Stamp stamp =
        new Stamp(
            "live/flights/job-1/" + s.table() + "/" + checkpoint,
            Stamp.Kind.LIVE,
            s.dataset().id(),
            new Stamp.Origin(
                Optional.empty(),
                Optional.empty(),
                slices.isEmpty() ? Optional.empty() : like.origin().analysis(),
                new TreeMap<>()),
            like.content(),
            "");
    LiveMark mark =
        new LiveMark(
            "job-1",
            1,
            checkpoint,
            LiveMark.Phase.RUNNING,
            Optional.of(month(openFrom)),
            new TreeMap<>(),
            LiveMark.Counts.NONE,
            doubts);
    Table table = s.fixture().table(s.table());
    AppendFiles append = table.newFastAppend();
    LakeFixture.write(table, Arrays.asList(rows)).forEach(append::appendFile);
    StampSummary.write(stamp, mark).forEach(append::set);
    append.commit();
    return s.head();
  }

  private static TableFacts facts(Scene s) {
    return s.lake().facts(s.dataset(), Set.of()).orElseThrow();
  }

  private static List<String> makers(Scene s) {
    return s.ledger().stream()
        .map(r -> r.ordinal() - month("2001-01") + 1 + " " + r.maker())
        .toList();
  }

  @Test
  void closedSlicesAreTheLiveJobsUntilARunPublishesThem() {
    try (Scene s = scene()) {
      checkpoint(s, "", "2001-01", List.of(), s.row(1, "2001-01-05", "live"));
      assertThat(makers(s)).isEmpty();
      checkpoint(s, "2001-01", "2001-02", List.of(), s.row(2, "2001-02-05", "live"));
      assertThat(makers(s)).containsExactly("1 live job-1");
      assertThat(s.ledger())
          .containsExactly(
              new SliceRecord(
                  month("2001-01"),
                  s.ledger().get(0).fingerprint(),
                  new TreeMap<>(),
                  1,
                  new ContentHash(0, month("2001-01")),
                  new SliceRecord.ByLive("job-1")));
      assertThat(s.lake().analyses(s.table())).hasSize(1);

      Done done = s.run("r1", "2001-01", s.row(1, "2001-01-05", "fixed"));

      assertThat(makers(s)).containsExactly("1 r1");
      s.revert("r2", done.snapshot(), "2001-01");
      assertThat(makers(s)).containsExactly("1 live job-1");
      assertThat(facts(s).live().orElseThrow().openFrom()).hasValue(month("2001-02"));
    }
  }

  @Test
  void aPublishOfClosedSlicesGoesBesideTheLiveJobAndItsRevertKeepsWhatThatWrote() {
    try (Scene s = scene()) {
      checkpoint(
          s,
          "2001-01",
          "2001-02",
          List.of(),
          s.row(1, "2001-01-05", "live"),
          s.row(2, "2001-02-05", "live"));
      long base = s.head();
      long candidate = s.candidate("r1", base, "2001-01", s.row(1, "2001-01-05", "fixed"));
      checkpoint(s, "", "2001-02", List.of(), s.row(3, "2001-02-06", "live"));

      Done done = (Done) s.publish("r1", base, candidate, "2001-01");
      checkpoint(s, "2001-02", "2001-03", List.of(), s.row(4, "2001-03-01", "live"));
      s.revert("r2", done.snapshot(), "2001-01");

      assertThat(s.rows())
          .isEqualTo(
              s.text(
                  s.row(1, "2001-01-05", "live"),
                  s.row(2, "2001-02-05", "live"),
                  s.row(3, "2001-02-06", "live"),
                  s.row(4, "2001-03-01", "live")));
    }
  }

  @Test
  void openSlicesCannotBePublishedOrReverted() {
    try (Scene s = scene()) {
      Done before = s.run("r0", "2001-02", s.row(9, "2001-02-05", "run"));
      checkpoint(s, "", "2001-02", List.of(), s.row(1, "2001-02-05", "live"));
      long base = s.head();
      long candidate = s.candidate("r1", base, "2001-02", s.row(1, "2001-02-05", "fixed"));

      assertThat(s.publish("r1", base, candidate, "2001-02"))
          .isEqualTo(new Conflict(s.slices("2001-02"), "live job job-1 writes to them"));
      assertThat(s.revert("r2", before.snapshot(), "2001-02"))
          .isEqualTo(new Conflict(s.slices("2001-02"), "live job job-1 writes to them"));
    }
  }

  @Test
  void aSliceThatOneMarkDoubtsForTwoReasonsIsDoubtedForBoth() {
    try (Scene s = scene()) {
      Doubt expired = new Doubt(s.slices("2001-01..2001-02"), "offsets expired");
      Doubt stray = new Doubt(s.slices("2001-02"), "a stray row");

      checkpoint(s, "", "2001-03", List.of(expired, stray), s.row(2, "2001-02-05", "live"));

      assertThat(facts(s).live().orElseThrow().doubts())
          .containsExactlyInAnyOrder(
              new Doubt(s.slices("2001-01"), "offsets expired"),
              new Doubt(s.slices("2001-02"), "offsets expired; a stray row"));
    }
  }

  @Test
  void aDoubtStandsWhateverLaterMarksSayUntilARunAnswersForTheSlice() {
    try (Scene s = scene()) {
      Doubt doubt = new Doubt(s.slices("2001-01"), "a stray row");
      checkpoint(s, "2001-01", "2001-02", List.of(), s.row(1, "2001-01-05", "live"));
      checkpoint(s, "", "2001-02", List.of(doubt), s.row(2, "2001-02-05", "live"));
      checkpoint(s, "", "2001-02", List.of(), s.row(3, "2001-02-05", "live"));

      assertThat(makers(s)).isEmpty();
      assertThat(facts(s).live().orElseThrow().doubts()).containsExactly(doubt);
      assertThat(s.lake().liveMark(s.table(), "main").orElseThrow().doubts()).isEmpty();
      Done done = s.run("r1", "2001-01", s.row(1, "2001-01-05", "run"));
      assertThat(facts(s).live().orElseThrow().doubts()).isEmpty();
      s.revert("r2", done.snapshot(), "2001-01");
      assertThat(facts(s).live().orElseThrow().doubts()).containsExactly(doubt);
    }
  }

  /** A commit of a live job to a source. */
  private void taken(Scene s, long from, long to) {
    checkpoint++;
    Stamp stamp =
        new Stamp(
            "live/flights/job-1/" + s.table() + "/" + checkpoint,
            Stamp.Kind.LIVE,
            s.dataset().id(),
            Stamp.Origin.NONE,
            new Stamp.Content(s.dataset().layout().slice(), List.of(), Stamp.Content.ANY_COLUMN),
            "");
    TreeMap<Integer, LiveMark.Range> ranges = new TreeMap<>();
    ranges.put(0, new LiveMark.Range(from, to, to - from, 1));
    TreeMap<DatasetId, LiveMark.Ranges> sources = new TreeMap<>();
    sources.put(s.dataset().id(), new LiveMark.Ranges(ranges));
    LiveMark mark =
        new LiveMark(
            "job-1",
            1,
            checkpoint,
            LiveMark.Phase.RUNNING,
            Optional.empty(),
            sources,
            LiveMark.Counts.NONE,
            List.of());
    Table table = s.fixture().table(s.table());
    AppendFiles append = table.newFastAppend();
    LakeFixture.write(table, List.of(s.row(from, "2001-01-05", "x"))).forEach(append::appendFile);
    StampSummary.write(stamp, mark).forEach(append::set);
    append.commit();
  }

  private static List<LiveMark.Range> ranges(Scene s) {
    return s.lake().taken(s.table()).stream()
        .map(m -> m.ranges().get(s.dataset().id()).partitions().get(0))
        .sorted(Comparator.comparingLong(LiveMark.Range::from))
        .toList();
  }

  @Test
  void aRollbackThatNobodyCameToNoteIsToldAllTheSameAndNotedBeforeAnythingElse() {
    try (Scene s = scene()) {
      taken(s, 0, 10);
      s.lake().remember(s.table());
      long back = s.head();
      taken(s, 10, 20);
      taken(s, 20, 30);
      s.lake().remember(s.table());
      // The process that rolled back ended between its two commits.
      Table table = s.fixture().table(s.table());
      long guard = table.refs().get("tidemark-guard").snapshotId();
      s.lake().rollback(s.table(), back, s.head(), new Lake.Reason("ann", "wrong rates"));
      table.refresh();
      table.manageSnapshots().replaceBranch("tidemark-guard", guard).commit();

      assertThat(ranges(s)).containsExactly(new LiveMark.Range(0, 10, 10, 1));
      assertThat(s.fixture().table(s.table()).properties().get("tidemark.rollback.1"))
          .contains("\"who\":\"ann\"", "\"why\":\"wrong rates\"");
      taken(s, 10, 12);
      s.lake().remember(s.table());
      assertThat(ranges(s)).extracting(LiveMark.Range::to).containsExactly(10L, 12L);
      taken(s, 12, 13);
      s.compact();
      s.expire();
      assertThat(ranges(s)).extracting(LiveMark.Range::from).containsExactly(0L, 10L);
    }
  }

  @Test
  void everyOffsetIsAnsweredForThoughMainsHistoryExpired() {
    try (Scene s = scene()) {
      taken(s, 0, 10);
      taken(s, 10, 15);
      s.lake().remember(s.table());
      taken(s, 15, 16);
      taken(s, 16, 30);
      taken(s, 30, 31);
      s.lake().remember(s.table());
      taken(s, 31, 40);
      assertThat(ranges(s))
          .containsExactly(
              new LiveMark.Range(0, 15, 15, 2),
              new LiveMark.Range(15, 31, 16, 3),
              new LiveMark.Range(31, 40, 9, 1));
      long back = s.head();
      taken(s, 40, 50);
      taken(s, 50, 60);
      s.lake().remember(s.table());
      s.lake().rollback(s.table(), back, s.head(), Lake.Reason.NONE);
      taken(s, 40, 42);
      s.lake().remember(s.table());
      s.compact();
      s.expire();

      assertThat(ranges(s))
          .containsExactly(
              new LiveMark.Range(0, 15, 15, 2),
              new LiveMark.Range(15, 31, 16, 3),
              new LiveMark.Range(31, 42, 11, 2));
    }
  }

  @Test
  void whetherAColumnHasValuesIsToldByStatistics() {
    try (Scene s = scene()) {
      assertThat(s.lake().holdsValues(s.table(), "v")).isFalse();
      s.append(s.row(1, "2001-01-05", null));
      assertThat(s.lake().holdsValues(s.table(), "v")).isFalse();
      assertThat(s.lake().holdsValues(s.table(), "nothing")).isFalse();
      s.append(s.row(2, "2001-01-05", "x"));
      s.compact();
      s.expire();
      assertThat(s.lake().holdsValues(s.table(), "v")).isTrue();
    }
  }

  @Test
  void whatLiveCommitsSaySurvivesTheExpiryOfMainsHistory() {
    try (Scene s = scene()) {
      Doubt doubt = new Doubt(s.slices("2001-02"), "a stray row");
      checkpoint(s, "2001-01", "2001-02", List.of(), s.row(1, "2001-01-05", "live"));
      checkpoint(s, "", "2001-03", List.of(doubt), s.row(2, "2001-02-05", "live"));
      s.lake().remember(s.table());
      checkpoint(s, "2001-03", "2001-04", List.of(), s.row(3, "2001-03-05", "live"));
      s.lake().remember(s.table());
      s.lake().remember(s.table());
      TableFacts before = facts(s);
      LiveMark mark = s.lake().liveMark(s.table(), "main").orElseThrow();
      s.compact();
      s.expire();
      s.compact();
      s.expire();

      assertThat(s.fixture().table(s.table()).currentSnapshot().summary())
          .doesNotContainKey(StampSummary.KEY);
      assertThat(s.lake().liveMark(s.table(), "main")).hasValue(mark);
      assertThat(facts(s).live()).isEqualTo(before.live());
      assertThat(facts(s).ledger()).isEqualTo(before.ledger()).hasSize(2);
      assertThat(s.fixture().table(s.table()).snapshots())
          .as("main's head, the guard and one note per call that found news")
          .hasSize(4);
    }
  }

  @Test
  void theNewestMarkIsNotedOnceOthersCommitOnTopOfIt() {
    Instant recent = Instant.now().minusSeconds(600);
    try (Scene s = scene()) {
      checkpoint(s, "", "2001-02", List.of(), s.row(1, "2001-02-05", "live"));
      s.lake().remember(s.table(), recent);
      checkpoint(s, "", "2001-02", List.of(), s.row(2, "2001-02-05", "live"));
      s.lake().remember(s.table(), recent);
      assertThat(s.fixture().table(s.table()).snapshots()).as("two commits, a guard").hasSize(3);
      s.compact();
      s.lake().remember(s.table(), recent);
      s.expire();

      assertThat(s.lake().liveMark(s.table(), "main").orElseThrow().checkpoint()).isEqualTo(2);
    }
  }

  @Test
  void aRollbackTakesMarksWithItAlsoBehindTheEndOfHistory() {
    try (Scene s = scene()) {
      long first = checkpoint(s, "2001-01", "2001-02", List.of(), s.row(1, "2001-01-05", "live"));
      checkpoint(s, "2001-02", "2001-03", List.of(), s.row(2, "2001-02-05", "live"));
      s.lake().remember(s.table());
      s.lake().rollback(s.table(), first, s.head(), Lake.Reason.NONE);
      s.compact();
      s.expire();

      assertThat(s.lake().liveMark(s.table(), "main").orElseThrow().checkpoint()).isEqualTo(1);
      assertThat(makers(s)).containsExactly("1 live job-1");
    }
  }

  @Test
  void allThatLiveJobsBroughtSinceAPinIsOneCause() {
    try (Scene s = scene()) {
      long pin = checkpoint(s, "", "2001-02", List.of(), s.row(1, "2001-01-05", "live"));
      checkpoint(s, "", "2001-02", List.of(), s.row(2, "2001-01-05", "live"));
      checkpoint(s, "", "2001-02", List.of(), s.row(3, "2001-01-05", "live"));
      s.append(s.row(4, "2001-03-05", "foreign"));

      assertThat(s.lake().changesSince(s.dataset(), Pin.main(pin)).touched())
          .extracting(Changes.Touched::cause)
          .containsExactly("snapshot " + s.head() + " (append)", Changes.LATE);
    }
  }
}
