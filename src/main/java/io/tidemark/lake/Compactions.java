package io.tidemark.lake;

import io.tidemark.lake.files.Deltas;
import io.tidemark.lake.files.Deltas.Delta;
import io.tidemark.lake.files.Deltas.Moved;
import io.tidemark.lake.files.SliceIndex;
import io.tidemark.model.SliceSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/** Tells commits that changed rows from those that only moved them to other files. */
final class Compactions {
  private Compactions() {}

  /**
   * The slices whose rows a commit may have changed. A compaction is believed if Iceberg calls it
   * {@code replace}, and if in each slice as many rows came as went.
   */
  static SliceSet changed(Delta delta, SliceSet of) {
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

  /**
   * Those of the slices that hold the very same files after some commits as before them, such as
   * after a publish and its revert.
   *
   * @param commits consecutive
   */
  static SliceSet unmoved(
      Table table, SliceIndex index, Deltas deltas, List<Snapshot> commits, SliceSet of) {
    Map<String, Integer> net = new HashMap<>();
    Map<String, Moved> files = new HashMap<>();
    SliceSet moved = SliceSet.empty(of.grain());
    for (Snapshot snapshot : commits) {
      Delta delta = deltas.of(table, index, snapshot);
      for (Moved file : delta.added()) {
        net.merge(file.path(), 1, Integer::sum);
        files.put(file.path(), file);
      }
      for (Moved file : delta.removed()) {
        net.merge(file.path(), -1, Integer::sum);
        files.putIfAbsent(file.path(), file);
      }
      for (Moved file : delta.deletes()) {
        moved = moved.union(slices(file, of));
      }
    }
    for (Map.Entry<String, Integer> entry : net.entrySet()) {
      if (entry.getValue() != 0) {
        moved = moved.union(slices(files.get(entry.getKey()), of));
      }
    }
    return of.minus(moved);
  }
}
