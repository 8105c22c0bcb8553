package io.tidemark.release;

import io.tidemark.lake.Lake;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.TableRef;
import io.tidemark.model.Transform;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Gives up the leases of earlier runs that no slice on main depends on any more, after a publish
 * took their place. Looks at who holds leases, so none is passed over however long ago it was
 * taken.
 */
final class LeaseSweep {
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
    for (DatasetId input : inputs) {
      TableRef table = published.graph().dataset(input).table();
      Set<String> over =
          lake.holders(table).stream()
              .filter(holder -> !holder.equals(published.id().value()))
              .filter(this::isOver)
              .collect(Collectors.toSet());
      if (!over.isEmpty()) {
        neededBy(published, input).forEach(run -> over.remove(run.value()));
        over.forEach(holder -> lake.release(table, holder));
      }
    }
  }

  /** One that the control database does not know may be somebody else's; its lease ends by age. */
  private boolean isOver(String holder) {
    return run(holder)
        .flatMap(store::findRun)
        .map(RunRow::state)
        .filter(s -> s == RunState.PUBLISHED || s == RunState.REVERTED || s == RunState.ABANDONED)
        .isPresent();
  }

  /** Anybody may name a tag; empty if no run can be called so. */
  private static Optional<RunId> run(String holder) {
    try {
      return Optional.of(new RunId(holder));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
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
          .flatMap(r -> r.run().stream())
          .forEach(runs::add);
    }
    return runs;
  }
}
