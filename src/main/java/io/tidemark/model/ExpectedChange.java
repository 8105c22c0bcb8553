package io.tidemark.model;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the author of a fix declares it may change. Anything else is unexplained.
 *
 * @param name the file name without its ending
 */
public record ExpectedChange(
    String name, String description, SortedMap<DatasetId, Allowed> datasets, Location where) {

  /** The name under which corrections of late events declare what they may change. */
  public static final String LATE = "late events";

  public ExpectedChange {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(description, "description");
    datasets = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(datasets));
    Objects.requireNonNull(where, "where");
  }

  /**
   * What may change in one dataset.
   *
   * @param columns the columns whose values may differ; the single entry {@code *} means any
   * @param where a SQL predicate over {@code old_<column>} and {@code new_<column>} that a changed,
   *     added or removed row must satisfy; missing sides are NULL
   * @param relation a SQL predicate of the same form that a changed row must satisfy
   * @param added how many rows may be added
   * @param removed how many rows may be removed
   * @param totals net totals that must come out
   */
  public record Allowed(
      List<String> columns,
      Optional<String> where,
      Optional<String> relation,
      Bounds added,
      Bounds removed,
      List<Total> totals) {
    public Allowed {
      columns = List.copyOf(columns);
      Objects.requireNonNull(where, "where");
      Objects.requireNonNull(relation, "relation");
      Objects.requireNonNull(added, "added");
      Objects.requireNonNull(removed, "removed");
      totals = List.copyOf(totals);
    }
  }

  /** An inclusive range of row counts; {@code min <= max}, neither negative. */
  public record Bounds(long min, long max) {
    public static final Bounds NONE = new Bounds(0, 0);
    public static final Bounds ANY = new Bounds(0, Long.MAX_VALUE);

    public Bounds {
      if (min < 0 || max < min) {
        throw new IllegalArgumentException("Cannot bound rows by " + min + ".." + max);
      }
    }
  }

  /** {@code min <= SUM(column of new) - SUM(column of old) <= max} over the diffed slices. */
  public record Total(String column, double min, double max) {}
}
