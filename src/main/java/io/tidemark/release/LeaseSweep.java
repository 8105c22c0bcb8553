package io.tidemark.release;

import io.tidemark.lake.Lake;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.Transform;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Gives up the leases of earlier runs that no slice on main depends on any more, after a publish
 * took their place.
 */
final class LeaseSweep {
  /** Runs further back had their turn when they were displaced. */
  private static final int RECENT = 20;

  private final Lake lake;
  private final Store store;

  LeaseSweep(Lake lake, Store store) {
    this.lake = lake;
    this.store = store;
  }

  void sweep(RunRow published) {
    Set<DatasetId> inputs = new HashSet<>();
    for (DatasetId output : Gate.published(published.plan())) {
      published.graph().transformOf(output).ifPresent(t -> inputs.addAll(t.inputs()));
    }
    List<RunId> earlier =
        store.runs(RECENT).stream()
            .filter(r -> r.state() == RunState.PUBLISHED || r.state() == RunState.REVERTED)
            .map(RunRow::id)
            .filter(id -> !id.equals(published.id()))
            .toList();
    if (earlier.isEmpty()) {
      return;
    }
    for (DatasetId input : inputs) {
      Set<RunId> needed = neededBy(published, input);
      Dataset dataset = published.graph().dataset(input);
      for (RunId run : earlier) {
        if (!needed.contains(run)) {
          lake.release(dataset.table(), run.value());
        }
      }
    }
  }

  private Set<RunId> neededBy(RunRow published, DatasetId input) {
    Set<RunId> runs = new HashSet<>();
    for (Transform consumer : published.graph().consumersOf(input)) {
      lake
          .facts(published.graph().dataset(consumer.output()), Set.of())
          .map(Facts.TableFacts::ledger)
          .orElse(List.of())
          .stream()
          .map(SliceRecord::run)
          .forEach(runs::add);
    }
    return runs;
  }
}
