package io.tidemark.job.catalog;

import java.io.Serializable;

/** How many rows there must be, as far as metadata can tell: exactly, or between two numbers. */
public record RowBounds(long least, long most) implements Serializable {
  static final RowBounds NONE = new RowBounds(0, 0);

  /** Of both together. */
  public RowBounds plus(RowBounds other) {
    return new RowBounds(least + other.least, most + other.most);
  }

  /** How many rows are missing or too many; 0 if none. */
  public long off(long rows) {
    return Math.max(0, Math.max(least - rows, rows - most));
  }

  @Override
  public String toString() {
    return least == most ? Long.toString(least) : least + " to " + most;
  }
}
