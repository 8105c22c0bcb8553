package io.tidemark.lake;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.lake.Lake.Done;
import io.tidemark.model.Changes;
import io.tidemark.model.Changes.Touched;
import io.tidemark.model.Grain;
import io.tidemark.model.Layout;
import io.tidemark.model.Pin;
import io.tidemark.model.RunId;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.touched.TouchedTime;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Table;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of main's changes since a pin. */
final class ChangesIT {
  @TempDir Path dir;
  private Scene s;

  @BeforeEach
  void open() {
    s = new Scene(LakeFixture.sqlite(dir), Scene.monthly("db.t"));
    s.append(s.row(1, "2001-01-05", "old"), s.row(2, "2001-02-05", "old"));
  }

  @AfterEach
  void close() {
    s.close();
  }

  private Changes since(Pin pin) {
    return s.lake().changesSince(s.dataset(), pin);
  }

  private static TimeRange at(String day) {
    Instant noon = Instant.parse(day + "T12:00:00Z");
    return new TimeRange(noon, noon.plusNanos(1000));
  }

  private static TimeRange month(String from, String to) {
    return new TimeRange(
        Instant.parse(from + "-01T00:00:00Z"), Instant.parse(to + "-01T00:00:00Z"));
  }

  @Test
  void nothingHappenedSinceTheHead() {
    assertThat(since(Pin.main(s.head()))).isEqualTo(Changes.NONE);
  }

  @Test
  void appendsTouchTheEventTimesThatTheirFilesSpan() {
    long pin = s.head();
    s.append(s.row(3, "2001-03-05", "more"), s.row(4, "1969-12-31", "before the epoch"));

    assertThat(since(Pin.main(pin)).touched())
        .extracting(Touched::range)
        .containsExactly(at("1969-12-31"), at("2001-03-05"));
    assertThat(since(Pin.main(pin)).touched())
        .allMatch(
            t -> t.columns().equals(Stamp.Content.ANY_COLUMN) && t.cause().contains("append"));
  }

  @Test
  void compactionTouchesNothingAndAForeignDeleteTouchesItsPartition() {
    long pin = s.head();
    s.append(s.row(5, "2001-02-07", "more"));
    long compacted = s.head();
    s.compact();
    assertThat(since(Pin.main(compacted))).isEqualTo(Changes.NONE);
    assertThat(since(Pin.main(pin)).touched())
        .extracting(Touched::range)
        .containsExactly(at("2001-02-07"));

    long all = s.head();
    var table = s.fixture().table(s.table());
    table.newDelete().deleteFile(LakeFixture.files(table, all).get(0)).commit();
    assertThat(since(Pin.main(all)).touched())
        .extracting(Touched::range)
        .containsAnyOf(month("2001-01", "2001-02"), month("2001-02", "2001-03"))
        .hasSize(1);
  }

  @Test
  void publishAndItsRevertTakeEachOtherOutAndLeaveTheRest() {
    long pin = s.head();
    Done done =
        s.run("r1", "2001-01..2001-02", s.row(1, "2001-01-05", "n"), s.row(2, "2001-02-05", "n"));
    assertThat(since(Pin.main(pin)).touched())
        .isNotEmpty()
        .allMatch(t -> t.cause().equals("publish of run r1"));

    s.revert("r2", done.snapshot(), "2001-01");

    assertThat(since(Pin.main(pin)).touched())
        .isNotEmpty()
        .allMatch(t -> month("2001-02", "2001-03").contains(t.range()));
    s.revert("r3", done.snapshot(), "2001-02");
    assertThat(since(Pin.main(pin))).isEqualTo(Changes.NONE);
  }

  /** A live job's commit, which says what its rows are of. */
  private void live(long checkpoint, String day) {
    Stamp stamp =
        new Stamp(
            "live/" + checkpoint,
            Stamp.Kind.LIVE,
            s.dataset().id(),
            Stamp.Origin.NONE,
            new Stamp.Content(Grain.MONTH, List.of(), Stamp.Content.ANY_COLUMN),
            "");
    Map<String, String> summary = new TreeMap<>(StampSummary.write(stamp));
    summary.putAll(TouchedTime.write("at", TimeRanges.of(at(day))));
    s.fixture().append(s.table(), "main", List.of(s.row(100 + checkpoint, day, "live")), summary);
  }

  /** The months that do not consist of the same files at a snapshot and now. */
  private SliceSet differing(long snapshot) {
    Table table = s.fixture().table(s.table());
    Map<String, DataFile> odd = new TreeMap<>();
    for (long at : new long[] {snapshot, s.head()}) {
      for (DataFile file : LakeFixture.files(table, at)) {
        if (odd.remove(file.location()) == null) {
          odd.put(file.location(), file);
        }
      }
    }
    return SliceSet.ofOrdinals(
        Grain.MONTH, odd.values().stream().mapToLong(f -> f.partition().get(0, Integer.class)));
  }

  @Test
  void manyPinsAreToldByOneWalkWhatDiffersSinceEachOfThem() {
    live(1, "2001-03-05");
    Done first = s.run("r1", "2001-01..2001-02", s.row(1, "2001-01-05", "n"));
    live(2, "2001-03-06");
    s.revert("r2", first.snapshot(), "2001-01");
    s.append(s.row(7, "2001-04-05", "by others"));
    s.run("r3", "2001-03", s.row(8, "2001-03-07", "n"));
    live(3, "2001-05-05");
    s.revert("r4", first.snapshot(), "2001-02");
    live(4, "2001-05-06");

    Set<Pin> pins = new HashSet<>();
    s.fixture().table(s.table()).history().forEach(e -> pins.add(Pin.main(e.snapshotId())));
    Map<Pin, Changes> all = s.lake().facts(s.dataset(), pins).orElseThrow().changes();

    assertThat(all).hasSize(10);
    all.forEach(
        (pin, changes) ->
            assertThat(
                    SliceSet.covering(
                        Grain.MONTH,
                        new TimeRanges(changes.touched().stream().map(Touched::range).toList())))
                .as("since %s", pin.snapshot())
                .isEqualTo(differing(pin.snapshot())));
    assertThat(
            all.values().stream()
                .flatMap(c -> c.touched().stream())
                .filter(t -> t.range().overlaps(month("2001-05", "2001-06"))))
        .isNotEmpty()
        .allMatch(t -> t.cause().equals(Changes.LATE));
  }

  @Test
  void aCandidateThatWasReadIsNoChangeOnceItIsPublishedAndIsOneWhenItIsTakenBack() {
    long base = s.head();
    long candidate = s.candidate("r1", base, "2001-01", s.row(1, "2001-01-05", "new"));
    Pin pin = Pin.candidate(candidate, base, new RunId("r1"));
    assertThat(since(pin).touched()).isNotEmpty();

    Done done = (Done) s.publish("r1", base, candidate, "2001-01");
    assertThat(since(pin)).isEqualTo(Changes.NONE);
    s.append(s.row(7, "2001-05-05", "more"));
    assertThat(since(pin).touched()).extracting(Touched::range).containsExactly(at("2001-05-05"));

    s.revert("r2", done.snapshot(), "2001-01");
    assertThat(since(pin).touched()).anyMatch(t -> month("2001-01", "2001-02").contains(t.range()));
  }

  @Test
  void aRollbackIsSeenByComparingFiles() {
    long good = s.head();
    s.append(s.row(3, "2001-03-05", "bad"));
    long bad = s.head();
    s.lake().rollback(s.table(), good, bad, Lake.Reason.NONE);

    assertThat(since(Pin.main(bad)).touched())
        .extracting(Touched::range)
        .containsExactly(at("2001-03-05"));
    assertThat(since(Pin.main(good))).isEqualTo(Changes.NONE);
  }

  @Test
  void columnsOfAPublishAreThoseOfItsStamp() {
    long base = s.head();
    long candidate = s.candidate("r1", base, "2001-01", s.row(1, "2001-01-05", "new"));
    Stamp any = s.stamp("r1", "publish", Stamp.Kind.PUBLISH, s.slices("2001-01"));
    Stamp only =
        new Stamp(
            any.key(),
            any.kind(),
            any.dataset(),
            any.origin(),
            new Stamp.Content(Grain.MONTH, any.content().slices(), List.of("v")),
            any.note());
    s.lake().publish(s.dataset(), base, candidate, s.slices("2001-01"), only);

    assertThat(since(Pin.main(base)).touched())
        .isNotEmpty()
        .allMatch(t -> t.columns().equals(List.of("v")));
  }

  @Test
  void withoutPartitionsTheBoundsOfRemovedFilesComeFromBefore() {
    try (Scene u =
        new Scene(
            LakeFixture.sqlite(dir),
            Scene.dataset("db.u", new Layout(Optional.of("at"), Grain.ALL, Grain.MONTH)))) {
      u.append(u.row(1, "2001-01-05", "old"));
      u.append(u.row(2, "2001-02-05", "old"));
      long pin = u.head();
      u.run("r1", "2001-02", u.row(3, "2001-02-09", "new"));

      assertThat(u.lake().changesSince(u.dataset(), Pin.main(pin)).touched())
          .extracting(Touched::range)
          .containsExactly(at("2001-02-05"), at("2001-02-09"));
    }
  }

  @Test
  void expiredHistoryIsUnknownUnlessThePinnedSnapshotIsKept() {
    long pin = s.head();
    s.lake().lease(s.table(), pin, "p", Instant.now().plusSeconds(600));
    for (int i = 0; i < 3; i++) {
      s.append(s.row(10 + i, "2001-07-05", "more"));
    }
    s.expire();
    assertThat(since(Pin.main(pin)).touched())
        .extracting(Touched::range)
        .containsExactly(at("2001-07-05"));
    s.lake().release(s.table(), "p");
    s.expire();
    assertThat(since(Pin.main(pin)).unknown()).isNotEmpty();
  }
}
