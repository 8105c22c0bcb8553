package io.tidemark.live;

import io.tidemark.cluster.Cluster;
import io.tidemark.lake.Lake;
import io.tidemark.live.Comparisons.Pair;
import io.tidemark.live.Comparisons.Standing;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Evidence;
import io.tidemark.model.Graph;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Pin;
import io.tidemark.model.Plan;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.ShadowStatus.Compared;
import io.tidemark.model.SliceSet;
import io.tidemark.model.SliceStats;
import io.tidemark.model.Step;
import io.tidemark.model.Transform;
import io.tidemark.release.Journal;
import io.tidemark.release.Publisher;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Puts what a shadow closed on main: as a run that is READY, whose candidate is the shadow's branch
 * and whose evidence are the comparisons, published and taken back like any other. Of slices that
 * differ without explanation, or that late events came for, nothing is published: they stay as the
 * code before made them, and are stale. Idempotent by the run's id.
 */
final class ShadowPublication {
  private final Lake lake;
  private final Store store;
  private final Cluster cluster;
  private final JobSpec.CatalogSpec catalog;
  private final Clock clock;

  ShadowPublication(
      Lake lake, Store store, Cluster cluster, JobSpec.CatalogSpec catalog, Clock clock) {
    this.lake = lake;
    this.store = store;
    this.cluster = cluster;
    this.catalog = catalog;
    this.clock = clock;
  }

  /** Whether there was anything to publish. */
  boolean run(RunId id, Ran ran) {
    Optional<RunRow> known = store.findRun(id);
    if (known.filter(r -> r.state() != RunState.READY).isEmpty()) {
      List<Evidence> evidence = evidence(ran);
      if (evidence.isEmpty()) {
        return false;
      }
      record(id, ran, evidence);
    }
    new Publisher(lake, store, clock).publish(id);
    return true;
  }

  private List<Evidence> evidence(Ran ran) {
    Comparisons comparisons = new Comparisons(lake, ran.graph(), ran.change());
    List<Evidence> all = new ArrayList<>();
    for (Standing standing : comparisons.standings(Shadows.made(ran))) {
      comparisons.compare(standing, cluster, catalog);
      Compared compared = comparisons.compared(standing);
      SliceSet good =
          standing
              .slices()
              .minus(compared.unexplained())
              .minus(compared.waiting())
              .minus(standing.disturbed());
      SliceSet changed = good.intersect(compared.explained());
      DatasetDiff diff =
          changed.isEmpty()
              ? new DatasetDiff(
                  DatasetDiff.Counts.ZERO, new TreeMap<>(), List.of(), List.of(), List.of())
              : comparisons.diff(standing, changed, cluster, catalog);
      if (!diff.isExplained()) {
        // Each slice is, but not all together: more rows were added or removed than was declared.
        good = good.minus(changed);
        diff =
            new DatasetDiff(
                DatasetDiff.Counts.ZERO, new TreeMap<>(), List.of(), List.of(), List.of());
      }
      if (!good.isEmpty()) {
        all.add(evidence(standing, good, good.minus(changed), diff));
      }
    }
    return all;
  }

  private static Evidence evidence(
      Standing standing, SliceSet slices, SliceSet identical, DatasetDiff diff) {
    List<SliceStats> stats =
        standing.pairs().values().stream()
            .filter(p -> slices.contains(p.ordinal()))
            .map(ShadowPublication::stats)
            .toList();
    return new Evidence(
        standing.dataset().id(),
        standing.base(),
        standing.candidate(),
        stats,
        identical,
        diff,
        List.of());
  }

  private static SliceStats stats(Pair pair) {
    return new SliceStats(
        pair.ordinal(),
        pair.shadow().rows(),
        pair.shadow().hash(),
        Optional.empty(),
        Optional.empty(),
        List.of());
  }

  private void record(RunId id, Ran ran, List<Evidence> evidence) {
    Graph graph = ran.graph();
    TreeMap<DatasetId, Long> heads = new TreeMap<>();
    TreeMap<DatasetId, SliceSet> slices = new TreeMap<>();
    List<Plan.Impact> impacts = new ArrayList<>();
    List<Step> steps = new ArrayList<>();
    for (Evidence e : evidence) {
      Dataset dataset = graph.dataset(e.dataset());
      SliceSet made =
          SliceSet.ofOrdinals(
              dataset.layout().slice(), e.slices().stream().mapToLong(SliceStats::ordinal));
      heads.put(e.dataset(), e.base());
      slices.put(e.dataset(), made);
      Plan.Cost cost = new Plan.Cost(made.count(), 0, 0, Optional.empty());
      impacts.add(
          new Plan.Impact(e.dataset(), 1, made, SliceSet.empty(made.grain()), List.of(), cost));
      steps.add(new Step.PublishV1("publish-" + e.dataset(), e.dataset(), made));
      lake.branch(dataset.table(), id.branch(), e.candidate());
    }
    store.restoreRun(
        new RunRow(
            id,
            RunState.READY,
            new Plan(
                Plan.VERSION,
                graph.name(),
                graph.revision(),
                ran.change(),
                impacts,
                steps,
                impacts.stream().map(Plan.Impact::cost).reduce(Plan.Cost.ZERO, Plan.Cost::plus)),
            graph,
            "",
            clock.instant(),
            clock.instant()));
    new Journal(store, clock, id).begin(new Journal.Basis(0, heads, pins(graph, heads), slices));
    evidence.forEach(e -> store.putEvidence(id, e));
  }

  /**
   * Main's heads: of a slice that no late event came for since main closed it, any newer snapshot
   * holds the same rows.
   */
  private TreeMap<DatasetId, Long> pins(Graph graph, TreeMap<DatasetId, Long> heads) {
    TreeMap<DatasetId, Long> pins = new TreeMap<>();
    for (DatasetId made : heads.keySet()) {
      Transform transform = graph.transformOf(made).orElseThrow();
      for (DatasetId input : transform.inputs()) {
        if (!heads.containsKey(input)) {
          Dataset dataset = graph.dataset(input);
          Optional<Pin> reference =
              dataset.kind() == Dataset.Kind.REFERENCE
                  ? Optional.ofNullable(
                      ShadowClosings.of(lake, graph, graph.dataset(made)).references().get(input))
                  : Optional.empty();
          reference
              .map(Pin::snapshot)
              .or(() -> lake.head(dataset.table(), Side.MAIN.branch()))
              .ifPresent(snapshot -> pins.put(input, snapshot));
        }
      }
    }
    return pins;
  }
}
