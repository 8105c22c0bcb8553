package io.tidemark.model;

import java.util.Objects;

/** One build target: a half-open event-time range of a dataset, aligned to its grain. */
public record Slice(Grain grain, long ordinal) implements Comparable<Slice> {
  public Slice {
    Objects.requireNonNull(grain, "grain");
    if (grain == Grain.ALL && ordinal != 0) {
      throw new IllegalArgumentException("Cannot number a slice of a table without event time");
    }
  }

  public TimeRange range() {
    return grain.range(ordinal);
  }

  public String label() {
    return grain.label(ordinal);
  }

  @Override
  public int compareTo(Slice other) {
    return Long.compare(ordinal, other.ordinal);
  }

  @Override
  public String toString() {
    return label();
  }
}
