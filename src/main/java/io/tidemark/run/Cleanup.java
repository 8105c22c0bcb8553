package io.tidemark.run;

import io.tidemark.cluster.Cluster;
import io.tidemark.lake.Lake;
import io.tidemark.model.DatasetId;
import io.tidemark.model.RunState;
import io.tidemark.model.Step;
import io.tidemark.release.Journal;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Removes what a run that is given up left behind outside the store. */
final class Cleanup {
  private final Lake lake;
  private final Store store;
  private final Cluster cluster;
  private final Clock clock;

  Cleanup(Lake lake, Store store, Cluster cluster, Clock clock) {
    this.lake = lake;
    this.store = store;
    this.cluster = cluster;
    this.clock = clock;
  }

  void abandon(RunRow run) {
    Journal journal = new Journal(store, clock, run.id());
    Optional<Journal.Basis> basis = journal.basis();
    if (basis.isEmpty()) {
      return;
    }
    if (run.state() == RunState.RUNNING || run.state() == RunState.FAILED) {
      for (Step step : run.plan().steps()) {
        String stepId = Journal.attempt(step.id(), basis.get().attempt());
        if (step instanceof Step.BuildV1 && journal.result(stepId).isEmpty()) {
          cluster.cancel(run.id() + "/" + stepId);
        }
      }
    }
    Set<DatasetId> tables = new TreeSet<>(basis.get().heads().keySet());
    for (DatasetId output : tables) {
      lake.dropBranch(run.graph().dataset(output).table(), run.id().branch());
      lake.deleteOrphans(run.graph().dataset(output).table(), run.id().branch());
    }
    tables.addAll(basis.get().pins().keySet());
    for (DatasetId table : tables) {
      lake.release(run.graph().dataset(table).table(), run.id().value());
    }
  }
}
