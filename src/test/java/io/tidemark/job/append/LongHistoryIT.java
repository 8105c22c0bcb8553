package io.tidemark.job.append;

import static io.tidemark.job.append.LiveScene.FIRST;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.lake.Lake;
import io.tidemark.lake.Lakes;
import io.tidemark.lake.files.SliceIndex;
import io.tidemark.model.Analysis;
import io.tidemark.model.ContentHash;
import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Pin;
import io.tidemark.model.RunId;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.touched.TouchedTime;
import io.tidemark.testing.CountingFiles;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What it takes to work on tables of live jobs does not grow with how often they committed. */
final class LongHistoryIT {
  private static final RunId RUN = new RunId("r1");

  @TempDir Path dir;

  private static void checkpoint(Commits commits, long number, List<LiveReport> reports) {
    reports.forEach(r -> commits.add(LiveReport.decode(r.toBytes())));
    commits.snapshot(number);
    commits.complete(number);
  }

  /**
   * A run computes the first hour again while a live job makes commits of later hours; gives, by
   * what was done then, how many files were opened for it.
   */
  private Map<String, Map<CountingFiles.Kind, Integer>> opened(int commits) throws Exception {
    Path home = Files.createDirectory(dir.resolve("after-" + commits));
    Map<String, Map<CountingFiles.Kind, Integer>> opened = new TreeMap<>();
    try (LiveScene scene = new LiveScene(home);
        Lake lake = counted(home)) {
      Dataset hours = scene.hours();
      SliceSet first = SliceSet.range(Grain.HOUR, FIRST, FIRST + 1);
      LiveSpec spec = scene.spec("j1");
      long base;
      long source;
      long candidate;
      try (Commits live = Commits.started(spec, scene.topics())) {
        live.open();
        checkpoint(live, 1, scene.reports(0, 60, Optional.empty()));
        checkpoint(live, 2, scene.reports(60, 61, Optional.of(1L)));
        base = scene.fixture().head(hours.table());
        source = scene.fixture().head(scene.events().table());
        lake.branch(hours.table(), RUN.branch(), base);
        candidate =
            scene
                .fixture()
                .build(
                    hours,
                    RUN.branch(),
                    first,
                    LiveScene.events(0, 60),
                    stamp(scene, source, Stamp.Kind.BUILD));
        for (int i = 0; i < commits; i++) {
          checkpoint(live, 3 + i, scene.reports(61 + i, 62 + i, Optional.empty()));
        }
      }
      CountingFiles.opened("");
      assertThat(lake.changesSince(hours, Pin.main(base)).touched()).isNotEmpty();
      opened.put("looking for conflicts", CountingFiles.opened(home.toString()));
      assertThat(
              lake.publish(hours, base, candidate, first, stamp(scene, source, Stamp.Kind.PUBLISH)))
          .isInstanceOf(Lake.Done.class);
      opened.put("publishing", CountingFiles.opened(home.toString()));
      lake.chronicle(scene.events(), Set.of(Pin.main(source)));
      opened.put("noting changes", CountingFiles.opened(home.toString()));
      try (Lake planning = counted(home)) {
        CountingFiles.opened("");
        assertThat(
                planning
                    .facts(scene.events(), Set.of(Pin.main(source)))
                    .orElseThrow()
                    .changes()
                    .get(Pin.main(source))
                    .touched())
            .isNotEmpty();
        Map<CountingFiles.Kind, Integer> facts = CountingFiles.opened(home.toString());
        // What the newest snapshot consists of is listed: Iceberg merges manifests of appends.
        facts.remove(CountingFiles.Kind.MANIFEST);
        opened.put("planning", facts);
      }
    }
    return opened;
  }

  private static Lake counted(Path home) {
    CatalogSpec spec = LakeFixture.sqlite(home);
    TreeMap<String, String> properties = new TreeMap<>(spec.properties());
    properties.put("io-impl", CountingFiles.class.getName());
    return Lakes.open(
        new CatalogSpec(spec.name(), properties),
        Clock.systemUTC(),
        Duration.ofDays(1),
        new Configuration());
  }

  private static Stamp stamp(LiveScene scene, long source, Stamp.Kind kind) {
    TreeMap<io.tidemark.model.DatasetId, Pin> pins = new TreeMap<>();
    pins.put(scene.events().id(), Pin.main(source));
    return new Stamp(
        RUN + "/" + kind,
        kind,
        scene.hours().id(),
        new Stamp.Origin(
            Optional.of(RUN),
            Optional.empty(),
            Optional.of(JobBed.analysis(Analysis.Locality.ONE_TO_ONE)),
            pins),
        new Stamp.Content(
            Grain.HOUR,
            List.of(new Stamp.SliceDigest(FIRST, 60, ContentHash.EMPTY)),
            Stamp.Content.ANY_COLUMN),
        "");
  }

  @Test
  void nothingOpensMoreFilesTheMoreOftenALiveJobCommitted() throws Exception {
    assertThat(opened(16)).isEqualTo(opened(4));
  }

  @Test
  void whatACommitSaysOfItsEventTimeIsWhatItsFilesAreOf() {
    try (LiveScene scene = new LiveScene(dir)) {
      try (Commits live = Commits.started(scene.spec("j1"), scene.topics())) {
        live.open();
        checkpoint(live, 1, scene.reports(0, 90, Optional.empty()));
        checkpoint(live, 2, scene.reports(90, 130, Optional.of(2L)));
        checkpoint(live, 3, scene.reports(130, 130, Optional.of(3L)));
        checkpoint(live, 4, scene.reports(200, 201, Optional.empty()));
      }
      for (Dataset dataset : List.of(scene.events(), scene.hours())) {
        TableRef ref = dataset.table();
        Table table = scene.fixture().table(ref);
        SliceIndex index = SliceIndex.of(ref, table, dataset.layout());
        List<Snapshot> history = scene.history(ref);
        // The first commit of a start takes the place of what the table held for open slices.
        for (Snapshot snapshot : history.subList(0, history.size() - 1)) {
          List<TimeRange> files = new ArrayList<>();
          SnapshotChanges.builderFor(table)
              .snapshot(snapshot)
              .build()
              .addedDataFiles()
              .forEach(f -> files.add(index.place(f).range()));
          assertThat(TouchedTime.read(snapshot.summary(), "at")).contains(new TimeRanges(files));
        }
        assertThat(history).hasSizeGreaterThanOrEqualTo(3);
      }
    }
  }
}
