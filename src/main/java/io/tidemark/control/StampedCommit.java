package io.tidemark.control;

import io.tidemark.model.Fingerprint;
import io.tidemark.model.RunId;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One stamped commit on main.
 *
 * @param code the fingerprint of the transform
 * @param inputs as {@code dataset@snapshot}
 */
public record StampedCommit(
    long snapshot,
    Optional<Long> parent,
    Instant at,
    Stamp.Kind kind,
    Optional<RunId> run,
    Optional<Fingerprint> plan,
    Optional<Fingerprint> code,
    List<String> inputs,
    SliceSet slices,
    long rows,
    String note) {
  public StampedCommit {
    inputs = List.copyOf(inputs);
  }
}
