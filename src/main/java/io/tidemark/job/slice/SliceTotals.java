package io.tidemark.job.slice;

import io.tidemark.model.ContentHash;
import io.tidemark.model.SliceStats;
import io.tidemark.model.Stamp;
import java.io.Serializable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The running totals of one slice in one task. Not thread-safe. */
public final class SliceTotals implements Serializable {
  private static final long serialVersionUID = 1;

  private final long ordinal;
  private long rows;
  private long high;
  private long low;
  private long earliest = Long.MAX_VALUE;
  private long latest = Long.MIN_VALUE;
  private final long[] nulls;

  /** Exact while it fits; what does not is carried into {@link #sums}. */
  private final long[] exactSums;

  private final double[] sums;
  private final long[] violations;

  /**
   * @param columns how many are measured
   * @param checks how many row checks there are
   */
  public SliceTotals(long ordinal, int columns, int checks) {
    this.ordinal = ordinal;
    this.nulls = new long[columns];
    this.exactSums = new long[columns];
    this.sums = new double[columns];
    this.violations = new long[checks];
  }

  /** Counts a row in by the halves of its 128-bit hash; the order of rows does not matter. */
  public void addRow(long rowHigh, long rowLow) {
    rows++;
    low += rowLow;
    high += rowHigh + (Long.compareUnsigned(low, rowLow) < 0 ? 1 : 0);
  }

  void addTime(long micros) {
    earliest = Math.min(earliest, micros);
    latest = Math.max(latest, micros);
  }

  void addNull(int column) {
    nulls[column]++;
  }

  void addValue(int column, long value) {
    long sum = exactSums[column];
    long next = sum + value;
    if (((sum ^ next) & (value ^ next)) < 0) {
      sums[column] += sum;
      next = value;
    }
    exactSums[column] = next;
  }

  /** Values that are not finite have no place in a sum. */
  void addValue(int column, double value) {
    if (Double.isFinite(value)) {
      sums[column] += value;
    }
  }

  void addViolation(int check) {
    violations[check]++;
  }

  /** Which slice, as its grain counts. */
  public long ordinal() {
    return ordinal;
  }

  /** Rows of the slice so far. */
  public long rows() {
    return rows;
  }

  /** Rows and content hash so far. */
  public Stamp.SliceDigest digest() {
    return new Stamp.SliceDigest(ordinal, rows, new ContentHash(high, low));
  }

  /** Rows that broke a check, by its position. */
  public long violations(int check) {
    return violations[check];
  }

  /** Adds another task's totals of the same slice. */
  void merge(SliceTotals other) {
    long otherRows = other.rows;
    addRow(other.high, other.low);
    rows += otherRows - 1;
    earliest = Math.min(earliest, other.earliest);
    latest = Math.max(latest, other.latest);
    for (int i = 0; i < nulls.length; i++) {
      nulls[i] += other.nulls[i];
      addValue(i, other.exactSums[i]);
      sums[i] += other.sums[i];
    }
    for (int i = 0; i < violations.length; i++) {
      violations[i] += other.violations[i];
    }
  }

  /**
   * @param columns names, in the order of the metrics
   * @param scales of decimal columns, whose exact sums are unscaled; else 0
   */
  SliceStats stats(List<String> columns, int[] scales) {
    List<SliceStats.ColumnMetric> metrics = new ArrayList<>();
    for (int i = 0; i < nulls.length; i++) {
      double sum = sums[i] + exactSums[i];
      double scaled = scales[i] == 0 ? sum : sum / Math.pow(10, scales[i]);
      metrics.add(new SliceStats.ColumnMetric(columns.get(i), nulls[i], finite(scaled)));
    }
    return new SliceStats(
        ordinal, rows, new ContentHash(high, low), time(earliest), time(latest), metrics);
  }

  private Optional<Instant> time(long micros) {
    return earliest > latest ? Optional.empty() : Optional.of(EventTime.instant(micros));
  }

  private static double finite(double value) {
    return Math.max(-Double.MAX_VALUE, Math.min(Double.MAX_VALUE, value));
  }
}
