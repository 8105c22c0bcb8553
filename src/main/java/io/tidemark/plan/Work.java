package io.tidemark.plan;

import io.tidemark.model.Dataset;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Transform;
import java.util.Comparator;
import java.util.List;

/**
 * What is to be done for one derived dataset.
 *
 * @param built the slices on main
 * @param stale those that the plan rebuilds
 * @param reused those on main whose key still matches
 * @param findings why; within {@code stale}
 * @param stage from 1; 0 when nothing is rebuilt
 */
record Work(
    Dataset dataset,
    Transform transform,
    SliceSet built,
    SliceSet stale,
    SliceSet reused,
    List<Finding> findings,
    int stage) {

  /** The order of work: by stage, then tier, then name; last what is not rebuilt. */
  static final Comparator<Work> ORDER =
      Comparator.comparingInt((Work w) -> w.isRebuilt() ? w.stage() : Integer.MAX_VALUE)
          .thenComparing(w -> w.dataset().governance().tier())
          .thenComparing(w -> w.dataset().id());

  boolean isRebuilt() {
    return !stale.isEmpty();
  }
}
