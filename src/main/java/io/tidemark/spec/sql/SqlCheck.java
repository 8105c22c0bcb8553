package io.tidemark.spec.sql;

import io.tidemark.spec.yaml.Snippet;
import java.util.Optional;

/**
 * A piece of SQL over the rows of one dataset.
 *
 * @param dataset empty for the dataset that declares it
 * @param column what a bound is compared with; empty for the other kinds
 */
public record SqlCheck(Kind kind, Optional<String> dataset, Snippet sql, Optional<String> column) {
  /** What a piece of SQL must be. */
  enum Kind {
    /** Of one row. */
    PREDICATE,
    /** One number over all rows. */
    AGGREGATE,
    /** A literal that can be compared with a column. */
    BOUND
  }

  /** Of the dataset that declares it. */
  public static SqlCheck predicate(Snippet sql) {
    return new SqlCheck(Kind.PREDICATE, Optional.empty(), sql, Optional.empty());
  }

  /** Of the rows of a dataset; empty for the one that declares it. */
  public static SqlCheck aggregate(Optional<String> dataset, Snippet sql) {
    return new SqlCheck(Kind.AGGREGATE, dataset, sql, Optional.empty());
  }

  /** Of a column of the dataset that declares it. */
  public static SqlCheck bound(String column, Snippet literal) {
    return new SqlCheck(Kind.BOUND, Optional.empty(), literal, Optional.of(column));
  }
}
