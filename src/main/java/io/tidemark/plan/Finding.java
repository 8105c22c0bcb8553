package io.tidemark.plan;

import io.tidemark.model.Plan.ChangeKind;
import io.tidemark.model.Plan.Reason;
import io.tidemark.model.SliceSet;

/**
 * Why some slices of a dataset are stale, and which of their columns may come out different.
 *
 * @param detail for people
 */
record Finding(ChangeKind kind, SliceSet slices, String detail, Columns columns) {

  Finding within(SliceSet allowed) {
    return new Finding(kind, slices.intersect(allowed), detail, columns);
  }

  Reason reason() {
    return new Reason(kind, slices, detail);
  }
}
