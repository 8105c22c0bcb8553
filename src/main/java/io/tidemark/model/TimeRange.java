package io.tidemark.model;

import java.time.Instant;
import java.util.Objects;

/**
 * A half-open range of event time, {@code from <= t < to}, never empty. Local timestamps without a
 * zone are read as if they were UTC. {@link Instant#MIN} and {@link Instant#MAX} stand for
 * unbounded ends.
 */
public record TimeRange(Instant from, Instant to) {
  public static final TimeRange ALL = new TimeRange(Instant.MIN, Instant.MAX);

  public TimeRange {
    Objects.requireNonNull(from, "from");
    Objects.requireNonNull(to, "to");
    if (!from.isBefore(to)) {
      throw new IllegalArgumentException("Cannot make an empty time range: " + from + ".." + to);
    }
  }

  public boolean overlaps(TimeRange other) {
    return from.isBefore(other.to) && other.from.isBefore(to);
  }

  public boolean contains(Instant instant) {
    return !instant.isBefore(from) && instant.isBefore(to);
  }

  public boolean contains(TimeRange other) {
    return !other.from.isBefore(from) && !to.isBefore(other.to);
  }

  @Override
  public String toString() {
    return from + ".." + to;
  }
}
