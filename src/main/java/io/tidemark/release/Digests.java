package io.tidemark.release;

import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.Evidence;
import io.tidemark.model.SliceSet;
import io.tidemark.model.SliceStats;
import io.tidemark.model.Stamp;
import java.util.Comparator;
import java.util.List;

/** What a publish's stamp says of its content, from evidence. */
final class Digests {
  private Digests() {}

  /** The slices that were computed. */
  static SliceSet slices(Dataset dataset, Evidence evidence) {
    return SliceSet.ofOrdinals(
        dataset.layout().slice(), evidence.slices().stream().mapToLong(SliceStats::ordinal));
  }

  /** One per computed slice, also for those that came out as they were: their key is a new one. */
  static List<Stamp.SliceDigest> of(Evidence evidence) {
    return evidence.slices().stream()
        .sorted(Comparator.comparingLong(SliceStats::ordinal))
        .map(s -> new Stamp.SliceDigest(s.ordinal(), s.rows(), s.hash()))
        .toList();
  }

  static List<String> changedColumns(Evidence evidence) {
    DatasetDiff.Counts counts = evidence.diff().counts();
    return counts.added() > 0 || counts.removed() > 0
        ? Stamp.Content.ANY_COLUMN
        : List.copyOf(evidence.diff().columns().keySet());
  }
}
