package io.tidemark.job.append;

import static io.tidemark.job.append.LiveScene.FIRST;
import static io.tidemark.job.append.LiveScene.LATE;
import static io.tidemark.job.append.LiveScene.hash;
import static io.tidemark.job.append.LiveScene.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Grain;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Pin;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.testing.FaultyCatalog;
import io.tidemark.testing.FaultyCatalog.Fault;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.iceberg.DataOperations;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.jdbc.UncheckedSQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a live job commits is committed once, by the one job that may, and says what it is. */
final class CommitsIT {
  @TempDir Path dir;
  private LiveScene scene;
  private TableRef events;
  private TableRef hours;

  @BeforeEach
  void open() {
    scene = new LiveScene(dir);
    events = scene.events().table();
    hours = scene.hours().table();
  }

  @AfterEach
  void close() {
    scene.close();
  }

  private static void checkpoint(Commits commits, long number, List<LiveReport> reports) {
    store(commits, number, reports);
    commits.complete(number);
  }

  private static Commits.Stored store(Commits commits, long number, List<LiveReport> reports) {
    reports.forEach(r -> commits.add(LiveReport.decode(r.toBytes())));
    return commits.snapshot(number);
  }

  private Commits started(LiveSpec spec) {
    Commits commits = Commits.started(spec, scene.topics());
    commits.open();
    return commits;
  }

  private List<LiveReport> take(long from, long to) {
    return scene.reports(from, to, Optional.empty());
  }

  private List<LiveReport> take(long from, long to, long openHour) {
    return scene.reports(from, to, Optional.of(openHour));
  }

  private static SliceSet hour(long hour) {
    return SliceSet.range(Grain.HOUR, FIRST + hour, FIRST + hour + 1);
  }

  @Test
  void aCheckpointIsOneCommitPerTableThatSaysWhereTheJobIsAndWhatItClosed() {
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, take(0, 90));
      checkpoint(commits, 2, take(90, 130, 2));
    }

    assertThat(scene.rows(events)).isEqualTo(texts(0, 130));
    assertThat(scene.rows(hours)).isEqualTo(texts(0, 130));
    LiveMark source = scene.mark(events).orElseThrow();
    assertThat(source.ranges().get(scene.events().id()).partitions())
        .containsEntry(0, new LiveMark.Range(90, 130, 40, 0))
        .hasSize(1);
    assertThat(source.counts()).isEqualTo(new LiveMark.Counts(40, 0, 40, 0));
    LiveMark mark = scene.mark(hours).orElseThrow();
    assertThat(mark.job()).isEqualTo("j1");
    assertThat(mark.checkpoint()).isEqualTo(2);
    assertThat(mark.openFrom()).contains(FIRST + 2);
    assertThat(mark.doubts()).isEmpty();
    Stamp stamp = scene.stamp(hours).orElseThrow();
    assertThat(stamp.key()).isEqualTo("live/copy/j1/ns.hours/2");
    assertThat(stamp.content().slices())
        .containsExactly(
            new Stamp.SliceDigest(FIRST, 60, hash(0, 60)),
            new Stamp.SliceDigest(FIRST + 1, 60, hash(60, 120)));
    assertThat(stamp.origin().pins())
        .containsEntry(scene.events().id(), Pin.main(scene.fixture().head(events)));
    assertThat(stamp.origin().analysis()).isPresent();
  }

  @Test
  void whatClosesNothingCarriesNoAnalysisAndWhatBringsNothingIsNoCommit() {
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, List.of());
      assertThat(scene.mark(events)).isPresent();
      assertThat(scene.mark(hours)).isPresent();
      checkpoint(commits, 2, take(0, 10));
      int before = scene.history(hours).size() + scene.history(events).size();
      checkpoint(commits, 3, take(10, 10));
      checkpoint(commits, 4, List.of());
      assertThat(scene.history(hours).size() + scene.history(events).size()).isEqualTo(before);
    }
    assertThat(scene.stamp(hours).orElseThrow().origin()).isEqualTo(Stamp.Origin.NONE);
    assertThat(scene.mark(hours).orElseThrow().checkpoint()).isEqualTo(2);
  }

  @Test
  void aSourceWhoseRecordsAreAllBadStillMovesItsOffsets() {
    TreeMap<Integer, LiveMark.Range> bad = new TreeMap<>();
    bad.put(3, new LiveMark.Range(5, 8, 3, 3));
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, List.of());
      checkpoint(commits, 2, List.of(new LiveReport.Taken(scene.events().id(), 0, bad)));
    }
    assertThat(scene.mark(events).orElseThrow().ranges().get(scene.events().id()).partitions())
        .isEqualTo(bad);
  }

  @Test
  void slicesWithoutARowCloseLikeOthers() {
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, take(0, 10, 0));
      checkpoint(commits, 2, take(185, 190, 3));
    }
    assertThat(scene.stamp(hours).orElseThrow().content().slices())
        .extracting(Stamp.SliceDigest::rows)
        .containsExactly(10L, 0L, 0L);
  }

  private static Fault landsAndFailsAs(RuntimeException failure) {
    return (metadata, commit) -> {
      commit.run();
      throw failure;
    };
  }

  static Stream<Arguments> faults() {
    List<Arguments> all = new ArrayList<>();
    for (String table : List.of("events", "hours", "hours_late")) {
      all.add(Arguments.of(table, "answer lost", Fault.ANSWER_LOST));
      all.add(Arguments.of(table, "all lost", Fault.ALL_LOST));
      all.add(Arguments.of(table, "conflict", Fault.CONFLICT));
      all.add(Arguments.of(table, "unreachable", Fault.UNREACHABLE));
      all.add(
          Arguments.of(
              table,
              "lands, then fails as a database does",
              landsAndFailsAs(new UncheckedSQLException(new SQLException("gone"), "gone"))));
      all.add(Arguments.of(table, "dies before", Fault.DIES_BEFORE));
      all.add(Arguments.of(table, "dies after", Fault.DIES_AFTER));
    }
    return all.stream();
  }

  private List<LiveReport> withLate(List<LiveReport> reports, long event) {
    List<LiveReport> all = new ArrayList<>(reports);
    all.add(scene.written(LATE, event, event + 1, List.of(), Optional.empty()));
    return all;
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("faults")
  void everyRowIsThereOnceWhateverHappensToACommit(String table, String name, Fault fault) {
    LiveSpec spec = scene.spec("j1");
    Commits commits = started(spec);
    checkpoint(commits, 1, take(0, 50));
    Commits.Stored stored = store(commits, 2, withLate(take(50, 70, 1), 7));
    FaultyCatalog.next(LakeFixture.identifier(TableRef.parse("ns." + table)), fault);
    try {
      commits.complete(2);
    } catch (FaultyCatalog.Died e) {
      commits.close();
      commits = Commits.restored(spec, scene.topics(), 2, stored);
      commits.open();
    }
    checkpoint(commits, 3, withLate(take(70, 125, 2), 8));
    commits.close();

    assertThat(FaultyCatalog.isPending(LakeFixture.identifier(TableRef.parse("ns." + table))))
        .isFalse();
    assertThat(scene.rows(events)).isEqualTo(texts(0, 125));
    assertThat(scene.rows(hours)).isEqualTo(texts(0, 125));
    assertThat(scene.rows(LATE)).isEqualTo(texts(7, 9));
    List<Stamp.SliceDigest> closed = new ArrayList<>();
    for (Snapshot snapshot : scene.history(hours)) {
      closed.addAll(StampSummary.read(snapshot.summary()).orElseThrow().content().slices());
    }
    assertThat(closed)
        .containsExactly(
            new Stamp.SliceDigest(FIRST + 1, 60, hash(60, 120)),
            new Stamp.SliceDigest(FIRST, 60, hash(0, 60)));
  }

  @Test
  void aCheckpointThatNobodyCameToCommitIsCommittedByTheNextAttempt() {
    LiveSpec spec = scene.spec("j1");
    Commits.Stored stored;
    try (Commits commits = started(spec)) {
      checkpoint(commits, 1, take(0, 5));
      stored = store(commits, 2, take(5, 9));
    }
    try (Commits commits = Commits.restored(spec, scene.topics(), 2, stored)) {
      commits.open();
      assertThat(scene.rows(hours)).isEqualTo(texts(0, 9));
    }
    try (Commits commits = Commits.restored(spec, scene.topics(), 2, stored)) {
      commits.open();
      checkpoint(commits, 3, take(9, 12));
    }
    assertThat(scene.rows(events)).isEqualTo(texts(0, 12));
    assertThat(scene.rows(hours)).isEqualTo(texts(0, 12));
  }

  @Test
  void whileTheCatalogIsAwayCheckpointsWaitAndThenAllCome() {
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, take(0, 5));
      for (long n = 2; n <= 4; n++) {
        FaultyCatalog.next(LakeFixture.identifier(events), Fault.UNREACHABLE);
        checkpoint(commits, n, take(n * 5 - 5, n * 5));
      }
      assertThat(commits.pendingCheckpoints()).isEqualTo(3);
      assertThat(commits.waitingSince()).isPositive();
      assertThat(scene.rows(events)).hasSize(5);
      checkpoint(commits, 5, take(20, 25));
      assertThat(commits.pendingCheckpoints()).isZero();
      assertThat(commits.waitingSince()).isZero();
    }
    assertThat(scene.rows(events)).isEqualTo(texts(0, 25));
    assertThat(scene.rows(hours)).isEqualTo(texts(0, 25));
  }

  private static void requireRefused(Runnable call, String code) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.REFUSED);
              assertThat(e.problems().get(0).code()).isEqualTo(code);
            });
  }

  @Test
  void aJobThatIsPutBackBeforeItsNewestCommitIsRefused() {
    LiveSpec spec = scene.spec("j1");
    Commits.Stored old;
    try (Commits commits = started(spec)) {
      old = store(commits, 1, take(0, 5));
      commits.complete(1);
      checkpoint(commits, 2, take(5, 9));
    }
    try (Commits commits = Commits.restored(spec, scene.topics(), 1, old)) {
      requireRefused(commits::open, "TM-LIVE-031");
    }
    try (Commits commits = Commits.started(spec, scene.topics())) {
      requireRefused(commits::open, "TM-LIVE-031");
    }
    assertThat(scene.rows(events)).isEqualTo(texts(0, 9));
  }

  @Test
  void ofTwoJobsFromTheSamePlanTheSecondIsRefused() {
    LiveSpec one = scene.spec("j1");
    LiveSpec two = scene.spec("j2");
    try (Commits first = started(one);
        Commits second = started(two)) {
      checkpoint(first, 1, take(0, 5));
      requireRefused(() -> checkpoint(second, 1, take(0, 5)), "TM-LIVE-030");
      checkpoint(first, 2, take(5, 9));
    }
    assertThat(scene.rows(events)).isEqualTo(texts(0, 9));
    assertThat(scene.rows(hours)).isEqualTo(texts(0, 9));
  }

  @Test
  void aJobThatOutlivedTheFirstCommitOfItsSuccessorIsRefused() {
    try (Commits zombie = started(scene.spec("j1"))) {
      checkpoint(zombie, 1, take(0, 5));
      try (Commits successor = started(scene.spec("j2"))) {
        checkpoint(zombie, 2, take(5, 6));
        requireRefused(() -> checkpoint(successor, 1, List.of()), "TM-LIVE-030");
      }
      // Without history to read the first commit empties the open slices; the job makes them anew.
      try (Commits successor = started(scene.spec("j3"))) {
        checkpoint(successor, 1, List.of());
        assertThat(scene.rows(hours)).isEmpty();
        requireRefused(() -> checkpoint(zombie, 3, take(6, 9)), "TM-LIVE-030");
        List<LiveReport> reports = new ArrayList<>(take(6, 9));
        reports.add(scene.written(hours, 0, 6, List.of(), Optional.empty()));
        checkpoint(successor, 2, reports);
      }
    }
    assertThat(scene.rows(events)).isEqualTo(texts(0, 9));
    assertThat(scene.rows(hours)).isEqualTo(texts(0, 9));
  }

  @Test
  void aJobThatWasReleasedIsRefused() {
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, take(0, 5));
      LiveMark mark = scene.mark(hours).orElseThrow();
      LiveMark released =
          new LiveMark(
              mark.job(),
              mark.epoch(),
              mark.checkpoint(),
              LiveMark.Phase.RELEASED,
              mark.openFrom(),
              mark.ranges(),
              LiveMark.Counts.NONE,
              List.of());
      scene
          .fixture()
          .append(
              hours,
              "main",
              List.of(),
              StampSummary.write(scene.stamp(hours).orElseThrow(), released));
      requireRefused(() -> checkpoint(commits, 2, take(5, 9)), "TM-LIVE-035");
    }
    // The order that follows knows the release, and may go on.
    try (Commits commits = started(scene.spec("j2"))) {
      checkpoint(commits, 1, take(9, 12));
    }
    assertThat(scene.rows(events)).isEqualTo(texts(0, 12));
  }

  @Test
  void aReaderOfAnothersSourcePinsWhatThatHasCommittedOfItsOwnOffsets() {
    LiveSpec owner = scene.spec("j1");
    LiveSpec reader = scene.reading(owner, "shadow");
    try (Commits ingest = started(owner);
        Commits shadow = started(reader)) {
      List<LiveReport> first = take(0, 70, 1);
      checkpoint(shadow, 1, reading(first));
      assertThat(scene.branchMark(hours, "shadow").orElseThrow().openFrom()).contains(FIRST + 1);
      assertThat(scene.branchStamp(hours, "shadow").orElseThrow().origin().pins()).isEmpty();
      assertThat(scene.branchMark(hours, "shadow").orElseThrow().doubts())
          .extracting(LiveMark.Doubt::slices)
          .containsExactly(hour(0));
      checkpoint(ingest, 1, onlySource(first));
      long pin = scene.fixture().head(events);
      List<LiveReport> second = take(70, 125, 2);
      checkpoint(ingest, 2, onlySource(second));
      checkpoint(ingest, 3, onlySource(take(125, 140)));
      long ahead = scene.fixture().head(events);
      checkpoint(shadow, 2, reading(take(70, 124, 2)));
      assertThat(scene.branchStamp(hours, "shadow").orElseThrow().origin().pins())
          .containsEntry(scene.events().id(), Pin.main(pin));
      checkpoint(shadow, 3, reading(take(124, 185, 3)));
      assertThat(scene.branchStamp(hours, "shadow").orElseThrow().origin().pins())
          .containsEntry(scene.events().id(), Pin.main(ahead));
      assertThat(scene.branchMark(hours, "shadow").orElseThrow().doubts()).isEmpty();
    }
    assertThat(scene.rows(events)).isEqualTo(texts(0, 140));
    assertThat(scene.fixture().rows(hours, scene.fixture().head(hours, "shadow")))
        .isEqualTo(texts(0, 185));
  }

  /** Without what is written to the source. */
  private List<LiveReport> reading(List<LiveReport> reports) {
    return reports.stream()
        .filter(r -> !(r instanceof LiveReport.Written w) || !w.table().equals(events))
        .toList();
  }

  /** Without what is written to the task. */
  private List<LiveReport> onlySource(List<LiveReport> reports) {
    return reports.stream()
        .filter(
            r ->
                r instanceof LiveReport.Taken
                    || (r instanceof LiveReport.Written w && w.table().equals(events)))
        .toList();
  }

  @Test
  void aJobWhoseTableWasRolledBackIsRefused() {
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, take(0, 5));
      long before = scene.fixture().head(events);
      checkpoint(commits, 2, take(5, 9));
      scene.fixture().table(events).manageSnapshots().rollbackTo(before).commit();
      requireRefused(() -> checkpoint(commits, 3, take(9, 12)), "TM-LIVE-032");
    }
  }

  @Test
  void recordsThatAreTakenTwiceOrNotWrittenAreRefused() {
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, take(0, 5));
      requireRefused(() -> checkpoint(commits, 2, take(4, 6)), "TM-LIVE-033");
    }
    try (Commits commits = started(scene.spec("j2"))) {
      List<LiveReport> reports = new ArrayList<>(take(5, 9));
      reports.removeIf(r -> r instanceof LiveReport.Written w && w.table().equals(events));
      requireRefused(() -> checkpoint(commits, 1, reports), "TM-LIVE-034");
    }
    assertThat(scene.rows(events)).isEqualTo(texts(0, 5));
  }

  @Test
  void openSlicesAreReplacedAtOnceWhenTheHistoryHasEnded() {
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, take(0, 90, 1));
    }
    Optional<LiveMark> first = scene.mark(hours);
    LiveSpec next = scene.spec("j2", Optional.of(LiveScene.START), Optional.empty());
    Commits.Stored stored;
    try (Commits commits = started(next)) {
      LiveReport history =
          scene.written(
              hours,
              60,
              90,
              List.of(new Stamp.SliceDigest(FIRST + 1, 30, hash(60, 90))),
              Optional.empty());
      checkpoint(commits, 1, List.of(history));
      assertThat(scene.mark(hours).orElseThrow().job()).isEqualTo("j2");
      assertThat(scene.mark(hours).orElseThrow().openFrom())
          .isEqualTo(first.orElseThrow().openFrom());
      assertThat(scene.rows(hours)).isEqualTo(texts(0, 90));
      List<LiveReport> half = new ArrayList<>(take(90, 100));
      half.add(new LiveReport.HistoryEnded(scene.events().id(), 0, 2));
      stored = store(commits, 2, half);
      commits.complete(2);
      assertThat(scene.rows(events)).isEqualTo(texts(0, 100));
      assertThat(scene.rows(hours)).isEqualTo(texts(0, 90));
    }
    try (Commits commits = Commits.restored(next, scene.topics(), 2, stored)) {
      commits.open();
      List<LiveReport> end = new ArrayList<>(take(100, 130, 2));
      end.add(new LiveReport.HistoryEnded(scene.events().id(), 1, 2));
      checkpoint(commits, 3, end);
    }
    assertThat(scene.rows(hours)).isEqualTo(texts(0, 130));
    assertThat(scene.history(hours).get(0).operation()).isEqualTo(DataOperations.OVERWRITE);
    assertThat(scene.stamp(hours).orElseThrow().content().slices())
        .containsExactly(new Stamp.SliceDigest(FIRST + 1, 60, hash(60, 120)));
  }

  @Test
  void liveTablesDropOldMetadataUnlessTheirOwnerSaysOtherwise() {
    scene
        .fixture()
        .table(hours)
        .updateProperties()
        .set("write.metadata.delete-after-commit.enabled", "false")
        .commit();
    started(scene.spec("j1")).close();
    Table source = scene.fixture().table(events);
    assertThat(source.properties())
        .containsEntry("write.metadata.delete-after-commit.enabled", "true")
        .containsKey("write.metadata.previous-versions-max");
    assertThat(scene.fixture().table(hours).properties())
        .containsEntry("write.metadata.delete-after-commit.enabled", "false");
  }
}
