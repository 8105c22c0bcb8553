package io.tidemark.job.append;

import static io.tidemark.job.append.LiveScene.FIRST;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Pin;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TableRef;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.Table;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a live job cannot answer for when a slice closes it says, and what it was made from. */
final class DoubtsIT {
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

  private List<LiveReport> take(long from, long to, long openHour) {
    return scene.reports(from, to, Optional.of(openHour));
  }

  private static SliceSet hour(long hour) {
    return SliceSet.range(Grain.HOUR, FIRST + hour, FIRST + hour + 1);
  }

  @Test
  void rowsForClosedSlicesAreDoubtsAtOnceAndGatesDoubtsWhenTheirSliceCloses() {
    try (Commits commits = started(scene.spec("j1"))) {
      List<LiveReport> one = new ArrayList<>(take(0, 70, 1));
      one.add(
          new LiveReport.Gated(
              scene.hours().id(),
              0,
              0,
              3,
              Optional.of(FIRST + 1),
              List.of(new LiveMark.Doubt(hour(1), "a late row reaches into it"))));
      checkpoint(commits, 1, one);
      assertThat(scene.mark(hours).orElseThrow().doubts()).isEmpty();
      assertThat(scene.mark(hours).orElseThrow().counts().late()).isEqualTo(3);
      checkpoint(
          commits,
          2,
          List.of(
              new LiveReport.Gated(scene.hours().id(), 0, 0, 0, Optional.of(FIRST + 1), List.of()),
              new LiveReport.Written(
                  hours,
                  0,
                  List.of(),
                  List.of(new LiveReport.Stray(FIRST, 4)),
                  Optional.of(FIRST + 1),
                  List.of())));
      LiveMark strays = scene.mark(hours).orElseThrow();
      assertThat(strays.doubts()).extracting(LiveMark.Doubt::slices).containsExactly(hour(0));
      assertThat(strays.counts().strays()).isEqualTo(4);
      checkpoint(commits, 3, take(70, 130, 2));
      assertThat(scene.mark(hours).orElseThrow().doubts())
          .containsExactly(new LiveMark.Doubt(hour(1), "a late row reaches into it"));
      assertThat(scene.stamp(hours).orElseThrow().content().slices()).isEmpty();
      checkpoint(commits, 4, take(130, 190, 3));
      assertThat(scene.mark(hours).orElseThrow().doubts()).isEmpty();
      assertThat(scene.stamp(hours).orElseThrow().content().sliceSet()).isEqualTo(hour(2));
    }
  }

  /** Nothing is written to the table, and the next slice may close much later. */
  @Test
  void thatRowsCameLateIsSaidAtOnceWhereOnlyMarksTellOfThem() {
    LiveSpec owner = scene.spec("j1");
    try (Commits main = started(owner);
        Commits shadow = started(scene.reading(owner, "shadow"))) {
      checkpoint(
          shadow,
          1,
          take(0, 70, 1).stream()
              .filter(r -> !(r instanceof LiveReport.Written w) || !w.table().equals(events))
              .toList());
      checkpoint(main, 1, take(0, 70, 1));
      LiveReport late =
          new LiveReport.Gated(scene.hours().id(), 0, 0, 1, Optional.of(FIRST + 1), List.of());
      LiveReport nothing =
          new LiveReport.Written(hours, 0, List.of(), List.of(), Optional.of(FIRST + 1), List.of());

      checkpoint(main, 2, List.of(late, nothing));
      checkpoint(shadow, 2, List.of(late, nothing));
      checkpoint(shadow, 3, List.of(nothing));

      assertThat(scene.mark(hours).orElseThrow().checkpoint()).isEqualTo(1);
      LiveMark told = scene.branchMark(hours, "shadow").orElseThrow();
      assertThat(told.checkpoint()).isEqualTo(2);
      assertThat(told.counts().late()).isEqualTo(1);
    }
  }

  @Test
  void whatOthersDoToAnInputsOpenTimeIsADoubtAndACompactionIsNot() {
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, take(0, 70, 1));
      scene.fixture().compact(events);
      checkpoint(commits, 2, take(70, 125, 2));
      assertThat(scene.mark(hours).orElseThrow().doubts()).isEmpty();
      long foreign = scene.fixture().append(events, LiveScene.events(130, 131));
      scene.fixture().append(events, LiveScene.events(3, 4));
      checkpoint(commits, 3, take(125, 185, 3));
      assertThat(scene.mark(hours).orElseThrow().doubts())
          .singleElement()
          .satisfies(
              doubt -> {
                assertThat(doubt.slices()).isEqualTo(hour(2));
                assertThat(doubt.reason()).contains("events").contains(Long.toString(foreign));
              });
      assertThat(scene.stamp(hours).orElseThrow().content().slices()).isEmpty();
      checkpoint(commits, 4, take(185, 245, 4));
      assertThat(scene.stamp(hours).orElseThrow().content().sliceSet()).isEqualTo(hour(3));
    }
  }

  @Test
  void aRewriteThatDoesNotAddUpIsADoubtAboutItsTimeAlone() {
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, take(0, 130, 0));
      long replaced = rewriteWithout(70);
      checkpoint(commits, 2, take(130, 190, 3));
      assertThat(scene.mark(hours).orElseThrow().doubts())
          .singleElement()
          .satisfies(
              doubt -> {
                assertThat(doubt.slices()).isEqualTo(hour(1));
                assertThat(doubt.reason()).contains("replace " + replaced);
              });
      assertThat(scene.stamp(hours).orElseThrow().content().sliceSet())
          .isEqualTo(hour(0).union(hour(2)));
    }
  }

  /** As a compaction that loses a row would; gives its snapshot. */
  private long rewriteWithout(long event) {
    Table table = scene.fixture().table(events);
    RewriteFiles rewrite = table.newRewrite();
    table.newScan().planFiles().forEach(task -> rewrite.deleteFile(task.file()));
    scene
        .fixture()
        .write(
            events,
            LiveScene.events(0, 130).stream()
                .filter(row -> !row.equals(LiveScene.event(event)))
                .toList())
        .forEach(rewrite::addFile);
    rewrite.commit();
    return scene.fixture().head(events);
  }

  /** A stop gives up the checkpoint that is under way, and some gates may have moved with it. */
  @Test
  void slicesThatCloseAfterACheckpointWasGivenUpAreDoubted() {
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, take(0, 70, 1));
      List<LiveReport> both = new ArrayList<>(take(70, 130, 2));
      both.add(
          new LiveReport.Gated(scene.hours().id(), 7, 0, 0, Optional.of(FIRST + 2), List.of()));
      checkpoint(commits, 2, both);
      assertThat(scene.mark(hours).orElseThrow().doubts())
          .containsExactly(
              new LiveMark.Doubt(hour(1), "a checkpoint was given up while it closed"));
      assertThat(scene.stamp(hours).orElseThrow().content().slices()).isEmpty();
      checkpoint(commits, 3, take(130, 190, 3));
      assertThat(scene.stamp(hours).orElseThrow().content().sliceSet()).isEqualTo(hour(2));
    }
  }

  /** Its history was read before, by who is made from it. */
  @Test
  void whatOthersDoToAnInputBetweenTheOrderAndTheFirstCommitIsADoubt() {
    LiveSpec spec = scene.chained(scene.spec("j1"));
    try (Commits commits = started(spec)) {
      long foreign = scene.fixture().append(hours, LiveScene.events(65, 66));
      for (long n = 1; n <= 2; n++) {
        List<LiveReport> reports = new ArrayList<>(take(n * 60 - 50, n * 60 + 10, n));
        Optional<Long> open = Optional.of(FIRST + n);
        DatasetId copies = DatasetId.of("copies");
        reports.add(new LiveReport.Gated(copies, 0, 0, 0, open, List.of()));
        reports.add(scene.written(LiveScene.COPIES, 0, 0, List.of(), open));
        checkpoint(commits, n, reports);
      }
      assertThat(scene.mark(LiveScene.COPIES).orElseThrow().doubts())
          .singleElement()
          .satisfies(
              doubt -> {
                assertThat(doubt.slices()).isEqualTo(hour(1));
                assertThat(doubt.reason()).contains("hours").contains(Long.toString(foreign));
              });
    }
  }

  @Test
  void whatExpiredUnreadIsADoubtAboutWhateverWasOpenWhenItDid() {
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, take(0, 70, 1));
    }
    try (Commits commits = started(passingOver(scene.spec("j2"), 10))) {
      checkpoint(commits, 1, take(80, 130, 2));
      assertThat(scene.mark(events).orElseThrow().ranges().get(scene.events().id()).partitions())
          .containsEntry(0, new LiveMark.Range(70, 130, 50, 0, Optional.of(10L)));
      assertExpired(hour(1));
      checkpoint(commits, 2, take(130, 190, 3));
      assertThat(scene.mark(events).orElseThrow().ranges().get(scene.events().id()).partitions())
          .containsEntry(0, new LiveMark.Range(130, 190, 60, 0));
      assertExpired(hour(2));
    }
  }

  private void assertExpired(SliceSet slices) {
    assertThat(scene.mark(hours).orElseThrow().doubts())
        .containsExactly(
            new LiveMark.Doubt(
                slices, "10 offsets of events's topic expired before they were read"));
    assertThat(scene.stamp(hours).orElseThrow().content().slices()).isEmpty();
  }

  private static LiveSpec passingOver(LiveSpec spec, long offsets) {
    LiveSpec.Source s = spec.sources().get(0);
    TreeMap<Integer, Long> later = new TreeMap<>(s.offsets());
    later.replaceAll((p, offset) -> offset + offsets);
    return new LiveSpec(
        spec.name(),
        spec.job(),
        spec.epoch(),
        spec.catalog(),
        spec.streaming(),
        List.of(
            new LiveSpec.Source(
                s.dataset(),
                s.mode(),
                s.deadLetters(),
                s.since(),
                s.snapshot(),
                later,
                s.historyFrom(),
                s.topicId(),
                s.partitions())),
        spec.references(),
        spec.tasks());
  }

  @Test
  void whatOthersDoToTheOutputsOpenTimeIsADoubt() {
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, take(0, 70, 1));
      scene.fixture().append(hours, LiveScene.events(80, 81));
      checkpoint(commits, 2, take(70, 125, 2));
      assertThat(scene.mark(hours).orElseThrow().doubts())
          .extracting(LiveMark.Doubt::slices)
          .containsExactly(hour(1));
    }
  }

  @Test
  void writersThatLagBehindTheGateCloseLaterAtThePinOfTheGate() {
    try (Commits commits = started(scene.spec("j1"))) {
      checkpoint(commits, 1, behind(take(0, 70, 1), Optional.empty()));
      long pin = scene.fixture().head(events);
      assertThat(scene.mark(hours).orElseThrow().openFrom()).isEmpty();
      checkpoint(commits, 2, behind(take(70, 125, 2), Optional.of(FIRST + 1)));
      assertThat(scene.stamp(hours).orElseThrow().content().sliceSet()).isEqualTo(hour(0));
      assertThat(scene.stamp(hours).orElseThrow().origin().pins())
          .containsEntry(scene.events().id(), Pin.main(pin));
    }
  }

  /** The same reports, but writers have only closed slices before another one. */
  private static List<LiveReport> behind(List<LiveReport> reports, Optional<Long> openFrom) {
    return reports.stream()
        .map(
            r ->
                r instanceof LiveReport.Written w
                    ? new LiveReport.Written(
                        w.table(), w.rows(), w.slices(), w.strays(), openFrom, w.files())
                    : r)
        .toList();
  }
}
