package io.tidemark.model;

import java.util.List;
import java.util.Objects;

/**
 * Everything that was found out about one dataset's candidate. Bound to the head snapshot: it says
 * nothing about any other.
 *
 * @param base the snapshot of main it was compared with; 0 when main held nothing
 * @param candidate the branch's head
 * @param slices rows and hashes of the candidate's slices
 * @param identical slices whose content equals main's; they are not published
 */
public record Evidence(
    DatasetId dataset,
    long base,
    long candidate,
    List<SliceStats> slices,
    SliceSet identical,
    DatasetDiff diff,
    List<CheckOutcome> checks) {
  public Evidence {
    Objects.requireNonNull(dataset, "dataset");
    slices = List.copyOf(slices);
    Objects.requireNonNull(identical, "identical");
    Objects.requireNonNull(diff, "diff");
    checks = List.copyOf(checks);
  }
}
