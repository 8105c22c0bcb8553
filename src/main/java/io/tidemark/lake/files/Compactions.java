package io.tidemark.lake.files;

import io.tidemark.lake.files.Deltas.Delta;
import io.tidemark.lake.files.Deltas.Moved;
import io.tidemark.model.SliceSet;
import java.util.HashMap;
import java.util.Map;

/** Tells commits that changed rows from those that only moved them to other files. */
public final class Compactions {
  private Compactions() {}

  /**
   * The slices whose rows a commit may have changed. A compaction is believed if Iceberg calls it
   * {@code replace}, and if in each slice as many rows came as went.
   */
  public static SliceSet changed(Delta delta, SliceSet of) {
    SliceSet touched = delta.slices(of);
    if (touched.isEmpty() || !delta.compaction()) {
      return touched;
    }
    SliceSet doubtful = SliceSet.empty(of.grain());
    Map<Long, Long> balance = new HashMap<>();
    for (Moved file : delta.added()) {
      doubtful = doubtful.union(count(file, 1, of, balance));
    }
    for (Moved file : delta.removed()) {
      doubtful = doubtful.union(count(file, -1, of, balance));
    }
    for (Moved file : delta.deletes()) {
      doubtful = doubtful.union(slices(file, of));
    }
    return doubtful
        .union(
            SliceSet.ofOrdinals(
                of.grain(),
                balance.entrySet().stream()
                    .filter(e -> e.getValue() != 0)
                    .mapToLong(Map.Entry::getKey)))
        .intersect(of);
  }

  private static SliceSet slices(Moved file, SliceSet of) {
    return file.placement().isNowhere()
        ? SliceSet.empty(of.grain())
        : file.placement().slices(of.grain());
  }

  /** Counts a file's rows for its slice; returns the slices if there are several. */
  private static SliceSet count(Moved file, int sign, SliceSet of, Map<Long, Long> balance) {
    if (file.placement().isNowhere() || !slices(file, of).overlaps(of)) {
      return SliceSet.empty(of.grain());
    }
    if (!file.placement().isOneSlice()) {
      return slices(file, of);
    }
    balance.merge(file.placement().first(), sign * file.rows(), Long::sum);
    return SliceSet.empty(of.grain());
  }
}
