package io.tidemark.lake;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.lake.Lake.Done;
import io.tidemark.lake.Lake.Fragmented;
import io.tidemark.model.Changes;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveMark;
import io.tidemark.model.Pin;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a table's past after compaction and expiry, by us and by other engines. */
class ExpiryIT {
  @TempDir Path dir;
  private int checkpoint;

  private Scene scene() {
    return new Scene(LakeFixture.sqlite(dir), Scene.monthly("db.expiry"));
  }

  /** A commit of a live job that owns all from a month on. */
  @SafeVarargs
  private long live(Scene s, String openFrom, List<Object>... rows) {
    checkpoint++;
    Stamp like = s.stamp("r0", "x", Stamp.Kind.LIVE, s.slices(""));
    Stamp stamp =
        new Stamp(
            "live/x/job-1/" + checkpoint,
            Stamp.Kind.LIVE,
            s.dataset().id(),
            Stamp.Origin.NONE,
            like.content(),
            "");
    LiveMark mark =
        new LiveMark(
            "job-1",
            1,
            checkpoint,
            LiveMark.Phase.RUNNING,
            Optional.of(Grain.MONTH.parseLabel(openFrom).ordinals().min().orElseThrow()),
            new TreeMap<>(),
            LiveMark.Counts.NONE,
            List.of());
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

  private static int snapshots(Scene s) {
    return (int)
        StreamSupport.stream(s.fixture().table(s.table()).snapshots().spliterator(), false).count();
  }

  @Test
  void aPublishIsRevertedAfterCompactionAndTheExpiryOfEverythingBetween() {
    try (Scene s = scene()) {
      s.append(s.row(1, "2001-01-05", "old"), s.row(2, "2001-02-05", "old"));
      Done done =
          s.run(
              "r1",
              "2001-01..2001-02",
              s.row(1, "2001-01-05", "new"),
              s.row(2, "2001-02-05", "new"));
      live(s, "2001-03", s.row(3, "2001-03-05", "live"));
      live(s, "2001-03", s.row(4, "2001-03-06", "live"));
      s.compact();
      s.lake().chronicle(s.dataset(), Set.of());
      live(s, "2001-03", s.row(5, "2001-03-07", "live"));
      TableFacts before = facts(s);

      s.expire();

      assertThat(facts(s).ledger()).isEqualTo(before.ledger());
      assertThat(facts(s).live()).isEqualTo(before.live());
      assertThat(s.revert("r2", done.snapshot(), "2001-01")).isInstanceOf(Done.class);
      s.expire();
      assertThat(s.rows())
          .isEqualTo(
              s.text(
                  s.row(1, "2001-01-05", "old"),
                  s.row(2, "2001-02-05", "new"),
                  s.row(3, "2001-03-05", "live"),
                  s.row(4, "2001-03-06", "live"),
                  s.row(5, "2001-03-07", "live")));
    }
  }

  @Test
  void aLaterPublishIsNotUndoneByTheRevertOfOneThatWasCompacted() {
    try (Scene s = scene()) {
      s.append(s.row(1, "2001-01-05", "old"));
      Done done = s.run("r1", "2001-01", s.row(1, "2001-01-05", "new"));
      s.append(s.row(2, "2001-02-05", "else"));
      s.compact();
      s.lake().chronicle(s.dataset(), Set.of());
      s.run("r2", "2001-01", s.row(1, "2001-01-05", "newer"));
      s.expire();

      assertThat(s.revert("r3", done.snapshot(), "2001-01")).isInstanceOf(Lake.Conflict.class);
      assertThat(s.rows())
          .isEqualTo(s.text(s.row(1, "2001-01-05", "newer"), s.row(2, "2001-02-05", "else")));
    }
  }

  @Test
  void whatHappenedSinceAPinIsKnownAfterItsSnapshotHasExpired() {
    try (Scene s = scene()) {
      long pin = live(s, "2001-01", s.row(1, "2001-01-05", "live"));
      live(s, "2001-02", s.row(2, "2001-02-05", "live"));
      live(s, "2001-02", s.row(3, "2001-02-05", "live"));
      s.append(s.row(4, "2001-03-05", "foreign"));
      Set<Pin> pins = Set.of(Pin.main(pin));
      Changes before = s.lake().changesSince(s.dataset(), Pin.main(pin));
      s.compact();

      assertThat(s.lake().expire(s.dataset(), Instant.now().plusSeconds(60), 1, pins)).isPositive();

      assertThat(s.fixture().table(s.table()).snapshot(pin)).isNull();
      Changes after = s.lake().changesSince(s.dataset(), Pin.main(pin));
      assertThat(after.unknown()).isEmpty();
      assertThat(after.touched())
          .extracting(Changes.Touched::cause)
          .containsExactlyInAnyOrderElementsOf(
              before.touched().stream().map(Changes.Touched::cause).toList());
      assertThat(after.touched())
          .noneMatch(t -> t.range().from().isBefore(Instant.parse("2001-02-01T00:00:00Z")));
      live(s, "2001-02", s.row(5, "2001-01-06", "late"));
      assertThat(s.lake().changesSince(s.dataset(), Pin.main(pin)).touched())
          .anyMatch(t -> t.range().from().isBefore(Instant.parse("2001-02-01T00:00:00Z")));
    }
  }

  @Test
  void aPinThatNobodyNotedIsUnknownOnceItHasExpired() {
    try (Scene s = scene()) {
      long pin = live(s, "2001-01", s.row(1, "2001-01-05", "live"));
      live(s, "2001-02", s.row(2, "2001-02-05", "live"));
      live(s, "2001-02", s.row(3, "2001-02-06", "live"));
      s.lake().expire(s.dataset(), Instant.now().plusSeconds(60), 1, Set.of());

      assertThat(s.lake().changesSince(s.dataset(), Pin.main(pin)).unknown()).isNotEmpty();
    }
  }

  @Test
  void snapshotsThatSomebodyNeedsStayWithAllThatCameSince() {
    try (Scene s = scene()) {
      live(s, "2001-01", s.row(1, "2001-01-05", "live"));
      long leased = live(s, "2001-01", s.row(2, "2001-01-06", "live"));
      s.lake().lease(s.table(), leased, "r9", Instant.now().plusSeconds(600));
      live(s, "2001-01", s.row(3, "2001-01-07", "live"));
      live(s, "2001-01", s.row(4, "2001-01-08", "live"));
      int before = snapshots(s);
      Instant now = Instant.now().plusSeconds(60);

      assertThat(s.lake().expire(s.dataset(), now, 1, Set.of())).isEqualTo(1);

      assertThat(snapshots(s)).as("the guard and one note came").isLessThanOrEqualTo(before + 2);
      assertThat(
              History.since(
                  s.fixture().table(s.table()), leased, History.main(s.fixture().table(s.table()))))
          .isPresent();
      s.lake().release(s.table(), "r9");
      assertThat(s.lake().expire(s.dataset(), now, 2, Set.of())).isEqualTo(1);
      assertThat(s.lake().expire(s.dataset(), now, 2, Set.of())).isZero();
      assertThat(s.rows()).hasSize(4);
    }
  }

  @Test
  void slicesOfManySmallFilesAreFoundAndWholeOnesAreNot() {
    try (Scene s = scene()) {
      for (int i = 0; i < 4; i++) {
        s.append(s.row(i, "2001-01-05", "a"));
      }
      s.append(s.row(9, "2001-02-05", "a"));
      long january = Grain.MONTH.parseLabel("2001-01").ordinals().min().orElseThrow();

      assertThat(s.lake().fragmented(s.dataset(), 4))
          .extracting(Fragmented::ordinal, Fragmented::files, Fragmented::rows)
          .containsExactly(org.assertj.core.groups.Tuple.tuple(january, 4, 4L));
      assertThat(s.lake().fragmented(s.dataset(), 5)).isEmpty();
      s.compact();
      assertThat(s.lake().fragmented(s.dataset(), 2)).isEmpty();
    }
  }
}
