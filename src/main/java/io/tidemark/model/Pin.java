package io.tidemark.model;

import java.util.Objects;
import java.util.Optional;

/**
 * The exact snapshot that an input was read at.
 *
 * @param snapshot the Iceberg snapshot id that was read
 * @param base the snapshot of main that {@code snapshot} grew from; equal to it when main itself
 *     was read, the branch point when the candidate of a run was read
 * @param run the run whose candidate was read, which that run's publish then puts on main
 */
public record Pin(long snapshot, long base, Optional<RunId> run) {
  public Pin {
    Objects.requireNonNull(run, "run");
    if (run.isEmpty() && snapshot != base) {
      throw new IllegalArgumentException("Cannot pin a snapshot off main without its run");
    }
  }

  public static Pin main(long snapshot) {
    return new Pin(snapshot, snapshot, Optional.empty());
  }

  public static Pin candidate(long snapshot, long base, RunId run) {
    return new Pin(snapshot, base, Optional.of(run));
  }
}
