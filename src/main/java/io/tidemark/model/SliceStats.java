package io.tidemark.model;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What one pass over a slice's rows measured.
 *
 * @param ordinal of the slice, in the dataset's grain
 * @param metrics one per column, in schema order; empty where only counts were asked for
 */
public record SliceStats(
    long ordinal,
    long rows,
    ContentHash hash,
    Optional<Instant> earliest,
    Optional<Instant> latest,
    List<ColumnMetric> metrics) {
  public SliceStats {
    Objects.requireNonNull(hash, "hash");
    Objects.requireNonNull(earliest, "earliest");
    Objects.requireNonNull(latest, "latest");
    metrics = List.copyOf(metrics);
  }

  /**
   * @param nulls how many values are missing
   * @param sum the total of a numeric column as a double, else 0
   */
  public record ColumnMetric(String column, long nulls, double sum) {}
}
