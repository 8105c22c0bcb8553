package io.tidemark.release;

import io.tidemark.lake.Lake;
import io.tidemark.lake.Lake.Committed;
import io.tidemark.model.Dataset;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import java.util.List;

/**
 * Takes back what one publish did to slices of one table, in one commit for each kind of {@link
 * Inverses}; each is idempotent by its own key.
 */
final class Undo {
  private final Lake lake;

  Undo(Lake lake) {
    this.lake = lake;
  }

  /** All slices of a publish. */
  Lake.Outcome undo(Dataset dataset, long publish, String key) {
    Committed committed = committed(dataset, publish);
    return undo(dataset, committed, committed.stamp().content().sliceSet(), key);
  }

  /**
   * @return the last commit made, or the first conflict
   */
  Lake.Outcome undo(Dataset dataset, Committed publish, SliceSet slices, String key) {
    Lake.Outcome outcome = new Lake.Done(publish.snapshot());
    for (Lake.Change change : changes(dataset, publish, slices, key)) {
      outcome = lake.revert(dataset, publish.snapshot(), change.slices(), change.stamp());
      if (outcome instanceof Lake.Conflict) {
        return outcome;
      }
    }
    return outcome;
  }

  /** The commits to make, without making them. */
  List<Lake.Change> changes(Dataset dataset, Committed publish, SliceSet slices, String key) {
    List<Committed> history = lake.stamps(dataset.table(), "main");
    return Inverses.of(dataset, history, publish, slices, key).stream()
        .map(stamp -> change(dataset, publish, stamp))
        .toList();
  }

  private static Lake.Change change(Dataset dataset, Committed publish, Stamp inverse) {
    return new Lake.Revert(dataset, publish.snapshot(), inverse.content().sliceSet(), inverse);
  }

  private Committed committed(Dataset dataset, long publish) {
    return lake.stamps(dataset.table(), "main").stream()
        .filter(c -> c.snapshot() == publish)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "[BUG] publish " + publish + " is not in the history of " + dataset.table()));
  }
}
