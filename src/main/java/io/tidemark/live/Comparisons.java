package io.tidemark.live;

import io.tidemark.cluster.Cluster;
import io.tidemark.lake.Lake;
import io.tidemark.model.Changes;
import io.tidemark.model.ContentHash;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetDiff.Counts;
import io.tidemark.model.DatasetId;
import io.tidemark.model.ExpectedChange;
import io.tidemark.model.ExpectedChange.Allowed;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Graph;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Pin;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.ShadowStatus.Compared;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp.SliceDigest;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import io.tidemark.release.Runs;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Compares what a shadow closed with what main holds. Slices of equal content are known by their
 * hashes; others are read once, by the job that compares the candidates of runs. What came out lies
 * beside the table under a name made of both contents, so that nothing is compared twice. Works
 * from tables alone.
 */
final class Comparisons {
  private static final int SAMPLES = 20;

  /** Slices that one job compares at most. */
  private static final int BATCH = 50;

  private final Lake lake;
  private final Graph graph;
  private final Optional<String> change;

  /**
   * @param graph that the shadow runs
   * @param change the expected change that differences are held against
   */
  Comparisons(Lake lake, Graph graph, Optional<String> change) {
    this.lake = lake;
    this.graph = graph;
    this.change = change;
  }

  /** One slice that both have closed. */
  record Pair(SliceRecord main, SliceDigest shadow) {
    boolean isIdentical() {
      return main.rows() == shadow.rows() && main.hash().equals(shadow.hash());
    }

    long ordinal() {
      return shadow.ordinal();
    }
  }

  /**
   * Where one dataset stands.
   *
   * @param base main's snapshot that was looked at
   * @param candidate the branch's
   * @param pairs by ordinal
   * @param disturbed slices that late events came for after one of both had closed them
   */
  record Standing(
      Dataset dataset, long base, long candidate, SortedMap<Long, Pair> pairs, SliceSet disturbed) {
    SliceSet slices() {
      return ordinals(pairs.keySet());
    }

    private SliceSet ordinals(Set<Long> ordinals) {
      return SliceSet.ofOrdinals(
          dataset.layout().slice(), ordinals.stream().mapToLong(Long::longValue));
    }
  }

  /** What both have closed, of a derived dataset that the shadow makes. */
  Standing stand(Dataset dataset) {
    ShadowClosings shadow = ShadowClosings.of(lake, graph, dataset);
    long candidate = lake.head(dataset.table(), Side.SHADOW.branch()).orElse(0L);
    Optional<TableFacts> facts = lake.facts(dataset, Set.of());
    SliceSet closed =
        SliceSet.ofOrdinals(
            dataset.layout().slice(), shadow.slices().keySet().stream().mapToLong(o -> o));
    SliceSet open =
        facts
            .flatMap(TableFacts::live)
            .map(mark -> mark.open(closed))
            .orElse(SliceSet.empty(closed.grain()));
    TreeMap<Long, Pair> pairs = new TreeMap<>();
    for (SliceRecord record : facts.map(TableFacts::ledger).orElse(List.of())) {
      SliceDigest other = shadow.slices().get(record.ordinal());
      if (other != null && !open.contains(record.ordinal())) {
        pairs.put(record.ordinal(), new Pair(record, other));
      }
    }
    Standing standing =
        new Standing(
            dataset,
            facts.flatMap(TableFacts::head).orElse(0L),
            candidate,
            pairs,
            shadow.lateSince());
    return new Standing(
        dataset,
        standing.base(),
        candidate,
        pairs,
        shadow
            .lateSince()
            .intersect(standing.slices())
            .union(touched(standing))
            .union(madeOfDisturbed(standing)));
  }

  /** Slices made of others that were disturbed: a row that came late for those never gets here. */
  private SliceSet madeOfDisturbed(Standing standing) {
    Transform transform = graph.transformOf(standing.dataset().id()).orElseThrow();
    SliceSet all = SliceSet.empty(standing.dataset().layout().slice());
    for (DatasetId input : transform.inputs()) {
      if (graph.transformOf(input).isPresent()) {
        all =
            all.union(
                Runs.overlapping(
                    standing.slices(),
                    stand(graph.dataset(input))
                        .disturbed()
                        .ranges()
                        .widen(transform.window().lookahead(), transform.window().lookback())));
      }
    }
    return all;
  }

  /** Slices whose inputs changed after main's slice had been made. */
  private SliceSet touched(Standing standing) {
    Transform transform = graph.transformOf(standing.dataset().id()).orElseThrow();
    SliceSet touched = SliceSet.empty(standing.dataset().layout().slice());
    for (DatasetId input : transform.inputs()) {
      Set<Pin> pins = new HashSet<>();
      standing.pairs().values().stream()
          .flatMap(p -> Optional.ofNullable(p.main().pins().get(input)).stream())
          .forEach(pins::add);
      Optional<TableFacts> facts = lake.facts(graph.dataset(input), pins);
      for (Pair pair : standing.pairs().values()) {
        Changes changes =
            Optional.ofNullable(pair.main().pins().get(input))
                .flatMap(pin -> facts.map(f -> f.changes().get(pin)))
                .orElse(Changes.unknown("not known"));
        SliceSet one = SliceSet.range(touched.grain(), pair.ordinal(), pair.ordinal() + 1);
        List<TimeRange> ranges = changes.touched().stream().map(Changes.Touched::range).toList();
        boolean hit =
            !changes.unknown().isEmpty()
                || !Runs.overlapping(
                        one,
                        new TimeRanges(ranges)
                            .widen(transform.window().lookahead(), transform.window().lookback()))
                    .isEmpty();
        touched = hit ? touched.union(one) : touched;
      }
    }
    return touched;
  }

  /** How the slices that both have closed compare, as far as that is known. */
  Compared compared(Standing standing) {
    SliceSet none = SliceSet.empty(standing.dataset().layout().slice());
    SliceSet identical = none;
    SliceSet explained = none;
    SliceSet unexplained = none;
    SliceSet incomparable = none;
    SliceSet waiting = none;
    Counts counts = Counts.ZERO;
    for (Pair pair : standing.pairs().values()) {
      if (pair.main().rows() == 0 && pair.shadow().rows() == 0) {
        // Nothing made of nothing says nothing of the code.
        continue;
      }
      SliceSet one = SliceSet.range(none.grain(), pair.ordinal(), pair.ordinal() + 1);
      Optional<DatasetDiff> diff =
          pair.isIdentical() ? Optional.empty() : recorded(standing.dataset(), pair);
      if (pair.isIdentical()) {
        identical = identical.union(one);
      } else if (diff.isEmpty()) {
        waiting = waiting.union(one);
      } else {
        counts = counts.plus(diff.get().counts());
        if (diff.get().isExplained()) {
          explained = explained.union(one);
        } else if (standing.disturbed().contains(pair.ordinal())) {
          incomparable = incomparable.union(one);
        } else {
          unexplained = unexplained.union(one);
        }
      }
    }
    return new Compared(
        standing.dataset().id(), identical, explained, unexplained, incomparable, waiting, counts);
  }

  /** Compares what waits for it. */
  void compare(Standing standing, Cluster cluster, JobSpec.CatalogSpec catalog) {
    SliceSet waiting = compared(standing).waiting();
    for (SliceSet batch : waiting.chunks(BATCH)) {
      DatasetDiff diff = diff(standing, batch, cluster, catalog);
      batch.forEach(o -> record(standing.dataset(), standing.pairs().get(o), part(diff, o)));
    }
  }

  /**
   * The difference of some slices, from main's snapshot to the branch's, held against the change.
   */
  DatasetDiff diff(
      Standing standing, SliceSet slices, Cluster cluster, JobSpec.CatalogSpec catalog) {
    Dataset dataset = standing.dataset();
    String key =
        "compare/"
            + Side.SHADOW.of(graph.name())
            + "/"
            + dataset.id()
            + "-"
            + Fingerprint.of(
                    slices.toString(),
                    Long.toString(standing.base()),
                    Long.toString(standing.candidate()),
                    expected(dataset.id()))
                .abbreviated();
    String path = lake.documentPath(dataset.table(), key.replace('/', '-') + ".json");
    cluster.run(
        new JobSpec.Verify(
            key,
            catalog,
            JobSpec.Output.of(dataset, Side.SHADOW.branch(), slices),
            standing.base() == 0 ? Optional.empty() : Optional.of(standing.base()),
            standing.candidate(),
            allowed(dataset.id()),
            List.of(),
            List.of(),
            SAMPLES,
            path),
        progress -> {});
    DatasetDiff diff =
        lake.readText(dataset.table(), path)
            .flatMap(text -> ((JobResult.Verified) RecordJson.read(text, JobResult.class)).diff())
            .orElseThrow(
                () ->
                    TidemarkException.external(
                        Problem.of(
                            "TM-LIVE-130",
                            "job " + key + " ended without a result",
                            "its document is not there",
                            "repeat the command; the slices are compared again"),
                        null));
    lake.deleteText(dataset.table(), path);
    return diff;
  }

  /** What a diff says of one slice; what is broken over all of them is broken in each. */
  private static DatasetDiff part(DatasetDiff diff, long ordinal) {
    List<DatasetDiff.SliceDiff> slice =
        diff.slices().stream().filter(s -> s.ordinal() == ordinal).toList();
    return new DatasetDiff(
        slice.stream().map(DatasetDiff.SliceDiff::counts).reduce(Counts.ZERO, Counts::plus),
        diff.columns(),
        slice,
        diff.samples().stream().filter(s -> s.slice() == ordinal).toList(),
        diff.broken());
  }

  private void record(Dataset dataset, Pair pair, DatasetDiff diff) {
    lake.writeText(
        dataset.table(), document(dataset, pair), RecordJson.write(diff, DatasetDiff.class));
  }

  private Optional<DatasetDiff> recorded(Dataset dataset, Pair pair) {
    try {
      return lake.readText(dataset.table(), document(dataset, pair))
          .map(text -> RecordJson.read(text, DatasetDiff.class));
    } catch (IllegalArgumentException e) {
      // Another version wrote it: it is compared again.
      return Optional.empty();
    }
  }

  private String document(Dataset dataset, Pair pair) {
    String name =
        Fingerprint.of(
                dataset.id().value(),
                Long.toString(pair.ordinal()),
                content(pair.main().rows(), pair.main().hash()),
                content(pair.shadow().rows(), pair.shadow().hash()),
                expected(dataset.id()))
            .hex();
    return lake.documentPath(dataset.table(), "shadow-" + name + ".json");
  }

  private static String content(long rows, ContentHash hash) {
    return String.format(Locale.ROOT, "%d %s", rows, hash);
  }

  private String expected(DatasetId dataset) {
    return allowed(dataset).map(a -> RecordJson.write(a, Allowed.class)).orElse("");
  }

  private Optional<Allowed> allowed(DatasetId dataset) {
    return change
        .flatMap(name -> graph.changes().stream().filter(c -> c.name().equals(name)).findFirst())
        .map(ExpectedChange::datasets)
        .flatMap(datasets -> Optional.ofNullable(datasets.get(dataset)));
  }

  /** The datasets that the shadow makes and main has rows of, in topological order. */
  List<Standing> standings(List<DatasetId> made) {
    List<Standing> all = new ArrayList<>();
    for (Transform transform : graph.transforms()) {
      if (made.contains(transform.output())) {
        all.add(stand(graph.dataset(transform.output())));
      }
    }
    return all;
  }
}
