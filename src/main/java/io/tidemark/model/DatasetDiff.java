package io.tidemark.model;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The key-level difference of some slices between main and a candidate.
 *
 * @param counts over all of them
 * @param columns for each column that differs in some changed row, in how many
 * @param slices per slice that differs
 * @param samples a few rows of each kind, smallest keys first; unexplained ones first
 * @param broken why rows or totals are unexplained, for people; empty when all is explained
 */
public record DatasetDiff(
    Counts counts,
    SortedMap<String, Long> columns,
    List<SliceDiff> slices,
    List<Sample> samples,
    List<String> broken) {

  /**
   * Rows by what happened to their key.
   *
   * @param unexplained how many of added, removed and changed are not covered by the expected
   *     change
   */
  public record Counts(long added, long removed, long changed, long unchanged, long unexplained) {
    public static final Counts ZERO = new Counts(0, 0, 0, 0, 0);

    public Counts plus(Counts other) {
      return new Counts(
          added + other.added,
          removed + other.removed,
          changed + other.changed,
          unchanged + other.unchanged,
          unexplained + other.unexplained);
    }

    public long different() {
      return added + removed + changed;
    }
  }

  /** One slice's part of the counts. */
  public record SliceDiff(long ordinal, Counts counts) {}

  /** What happened to a row. */
  public enum Kind {
    ADDED,
    REMOVED,
    CHANGED
  }

  /** Whether the expected change covers a row. */
  public enum Verdict {
    EXPLAINED,
    UNEXPLAINED
  }

  /**
   * One row that differs.
   *
   * @param key the key columns' values as SQL strings
   * @param values the columns that differ; all of them for added and removed rows
   */
  public record Sample(
      Kind kind, Verdict verdict, long slice, SortedMap<String, String> key, List<Delta> values) {
    public Sample {
      key = Collections.unmodifiableSortedMap(new TreeMap<>(key));
      values = List.copyOf(values);
    }
  }

  /** A column's value before and after as SQL strings; empty where it is missing. */
  public record Delta(String column, Optional<String> before, Optional<String> after) {}

  public DatasetDiff {
    columns = Collections.unmodifiableSortedMap(new TreeMap<>(columns));
    slices = List.copyOf(slices);
    samples = List.copyOf(samples);
    broken = List.copyOf(broken);
  }

  public boolean isExplained() {
    return counts.unexplained() == 0 && broken.isEmpty();
  }
}
