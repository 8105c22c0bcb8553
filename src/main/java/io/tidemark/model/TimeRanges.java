package io.tidemark.model;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A set of instants as sorted, disjoint, non-adjacent ranges. Immutable; equal sets are equal. */
public record TimeRanges(List<TimeRange> ranges) {
  public static final TimeRanges EMPTY = new TimeRanges(List.of());
  public static final TimeRanges ALL = new TimeRanges(List.of(TimeRange.ALL));

  /** Sorts and merges whatever it is given. */
  public TimeRanges {
    List<TimeRange> sorted = new ArrayList<>(ranges);
    sorted.sort(Comparator.comparing(TimeRange::from));
    List<TimeRange> merged = new ArrayList<>();
    for (TimeRange next : sorted) {
      TimeRange last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
      if (last != null && !last.to().isBefore(next.from())) {
        Instant to = last.to().isAfter(next.to()) ? last.to() : next.to();
        merged.set(merged.size() - 1, new TimeRange(last.from(), to));
      } else {
        merged.add(next);
      }
    }
    ranges = List.copyOf(merged);
  }

  public static TimeRanges of(TimeRange... ranges) {
    return new TimeRanges(List.of(ranges));
  }

  public boolean isEmpty() {
    return ranges.isEmpty();
  }

  public boolean overlaps(TimeRange range) {
    return ranges.stream().anyMatch(range::overlaps);
  }

  public TimeRanges union(TimeRanges other) {
    List<TimeRange> all = new ArrayList<>(ranges);
    all.addAll(other.ranges);
    return new TimeRanges(all);
  }

  /** Every range made longer by {@code before} at its start and by {@code after} at its end. */
  public TimeRanges widen(Duration before, Duration after) {
    return new TimeRanges(
        ranges.stream()
            .map(r -> new TimeRange(minus(r.from(), before), plus(r.to(), after)))
            .toList());
  }

  private static Instant minus(Instant instant, Duration by) {
    return Duration.between(Instant.MIN, instant).compareTo(by) < 0
        ? Instant.MIN
        : instant.minus(by);
  }

  private static Instant plus(Instant instant, Duration by) {
    return Duration.between(instant, Instant.MAX).compareTo(by) < 0
        ? Instant.MAX
        : instant.plus(by);
  }
}
