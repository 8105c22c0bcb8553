package io.tidemark.model;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A rule that every slice of a dataset must keep.
 *
 * @param name unique within its dataset, as reports print it
 * @param severity what a violation does
 * @param rule what must hold
 */
public record Expectation(String name, Severity severity, Rule rule) {
  /** What a violation does. */
  public enum Severity {
    /** Stops the publish. */
    ERROR,
    /** Is reported. */
    WARN
  }

  public Expectation {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(severity, "severity");
    Objects.requireNonNull(rule, "rule");
  }

  /**
   * Whether it can be evaluated in the pass that writes: it is about one row, or about the rows of
   * one slice as they are written. Others need a pass of their own.
   */
  public boolean isInline() {
    return rule instanceof NotNull
        || rule instanceof AcceptedValues
        || rule instanceof InRange
        || rule instanceof SqlPredicate
        || (rule instanceof RowCount count && count.basis() == RowCount.Basis.ABSOLUTE);
  }

  /** What must hold. Later kinds are added here; a stored plan names the kind by its record. */
  public sealed interface Rule {}

  /** No value of these columns is missing. */
  public record NotNull(List<String> columns) implements Rule {}

  /** No two rows of a slice have equal values in these columns. */
  public record Unique(List<String> columns) implements Rule {}

  /** Every value, compared as its SQL string form, is one of these; a missing value passes. */
  public record AcceptedValues(String column, List<String> values) implements Rule {}

  /** Every value lies in {@code min <= v <= max}, SQL literals; a missing value passes. */
  public record InRange(String column, Optional<String> min, Optional<String> max)
      implements Rule {}

  /** Every value occurs in a column of another dataset; a missing value passes. */
  public record References(String column, DatasetId dataset, String referenced) implements Rule {}

  /** Each slice has {@code min <= rows <= max}, as a count or as a ratio to the rows read. */
  public record RowCount(Optional<Double> min, Optional<Double> max, Basis basis) implements Rule {
    /** What the bounds are relative to. */
    public enum Basis {
      ABSOLUTE,
      /** A ratio to the rows of the transform's first input in the same slice. */
      INPUT
    }
  }

  /**
   * A total survives the transform: the SQL aggregate {@code output} over the slice's rows equals
   * the aggregate {@code input} over the input's rows that belong to the same slices, within a
   * relative tolerance. Compared over all slices of a run together, since rows may move between
   * slices.
   */
  public record Conserve(DatasetId dataset, String input, String output, double tolerance)
      implements Rule {}

  /** A SQL predicate over one row of the dataset that holds for every row; unknown fails. */
  public record SqlPredicate(String predicate) implements Rule {}

  /**
   * The rows of a frozen CSV extract are in the dataset exactly as they are there, found by the
   * dataset's key. Rows outside the slices under test are passed over.
   */
  public record Golden(String file, String csv) implements Rule {}
}
