package io.tidemark.model;

import io.tidemark.model.DatasetDiff.Counts;
import io.tidemark.model.LiveStatus.Health;
import io.tidemark.model.LiveStatus.Lag;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a shadow does beside the live job: the same topics through other code, on a branch.
 *
 * @param health whether it runs
 * @param change the expected change that differences are held against
 * @param grace of the version before, which was promoted over: when it ends. It is not compared
 * @param lag what it has not read yet
 * @param mainLag what the live job has not read yet, measured the same way
 * @param datasets its transforms, in topological order
 */
public record ShadowStatus(
    Health health,
    Optional<String> change,
    Optional<Instant> grace,
    Lag lag,
    Lag mainLag,
    List<Compared> datasets) {

  /**
   * The slices of one dataset that both have closed.
   *
   * @param identical with the same content
   * @param explained with differences that the expected change covers, all of them
   * @param unexplained with others
   * @param incomparable with differences that say nothing of the code, since late events came for
   *     them in between
   * @param waiting not compared yet
   * @param counts of the rows of all slices that differ
   */
  public record Compared(
      DatasetId dataset,
      SliceSet identical,
      SliceSet explained,
      SliceSet unexplained,
      SliceSet incomparable,
      SliceSet waiting,
      Counts counts) {
    public Compared {
      Objects.requireNonNull(dataset, "dataset");
      Objects.requireNonNull(counts, "counts");
    }

    /** All that both have closed. */
    public SliceSet all() {
      return identical.union(explained).union(unexplained).union(incomparable).union(waiting);
    }
  }

  public ShadowStatus {
    Objects.requireNonNull(health, "health");
    Objects.requireNonNull(change, "change");
    Objects.requireNonNull(grace, "grace");
    Objects.requireNonNull(lag, "lag");
    Objects.requireNonNull(mainLag, "mainLag");
    datasets = List.copyOf(datasets);
  }
}
