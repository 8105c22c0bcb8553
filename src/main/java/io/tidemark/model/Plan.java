package io.tidemark.model;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What is stale, why, in what order it is rebuilt, and what that costs. The steps are the very list
 * that {@code plan --explain} prints and {@code run} executes. Equal graphs and facts give equal
 * plans.
 *
 * @param version of this format; 1
 * @param change the expected change that the diff will be held against
 */
public record Plan(
    int version,
    String pipeline,
    Fingerprint revision,
    Optional<String> change,
    List<Impact> impacts,
    List<Step> steps,
    Cost cost) {

  public static final int VERSION = 1;

  /** Why a slice or dataset is in a plan. */
  public enum ChangeKind {
    /** The dataset is new, or the slice has never been built. */
    ADDED,
    /** The graph no longer makes the dataset; its table is left as it is. */
    REMOVED,
    /** The transform's logic differs. */
    LOGIC,
    /** Columns were added. */
    SCHEMA_COMPATIBLE,
    /** Columns were dropped, renamed or retyped. */
    SCHEMA_INCOMPATIBLE,
    /** A derived input is rebuilt in this plan. */
    UPSTREAM,
    /** An input's rows changed since they were read. */
    INPUT_DATA,
    /** Late events arrived for a closed slice. */
    LATE_DATA,
    /** A live job closed the slice and does not vouch for it. */
    DOUBT,
    /** Only descriptions, owners or rules differ: nothing is rebuilt. */
    METADATA_ONLY
  }

  /**
   * What the plan does to one dataset.
   *
   * @param stage from 1; datasets of one stage do not depend on each other. 0 when nothing is built
   * @param reused slices whose key still matches
   */
  public record Impact(
      DatasetId dataset,
      int stage,
      SliceSet stale,
      SliceSet reused,
      List<Reason> reasons,
      Cost cost) {
    public Impact {
      reasons = List.copyOf(reasons);
    }
  }

  /**
   * @param detail for people: what changed
   */
  public record Reason(ChangeKind kind, SliceSet slices, String detail) {}

  /**
   * Estimates from manifests.
   *
   * @param seconds from the measured rate of earlier builds; empty when there is none
   */
  public record Cost(long slices, long files, long bytes, Optional<Double> seconds) {
    public static final Cost ZERO = new Cost(0, 0, 0, Optional.of(0.0));

    public Cost plus(Cost other) {
      return new Cost(
          slices + other.slices,
          files + other.files,
          bytes + other.bytes,
          seconds.flatMap(a -> other.seconds.map(b -> a + b)));
    }
  }

  public Plan {
    Objects.requireNonNull(pipeline, "pipeline");
    Objects.requireNonNull(revision, "revision");
    Objects.requireNonNull(change, "change");
    impacts = List.copyOf(impacts);
    steps = List.copyOf(steps);
    Objects.requireNonNull(cost, "cost");
  }

  public boolean isEmpty() {
    return steps.isEmpty();
  }
}
