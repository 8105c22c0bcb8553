package io.tidemark.model;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A set of slices of one grain, kept as sorted, disjoint, non-adjacent half-open intervals of
 * ordinals: as small for ten years of hours as for one. Immutable; equal sets are equal. Forms a
 * boolean algebra under {@link #union}, {@link #intersect} and {@link #minus}.
 */
public final class SliceSet {
  private final Grain grain;

  /** from0, to0, from1, to1, ... strictly increasing. */
  private final long[] bounds;

  private SliceSet(Grain grain, long[] bounds) {
    this.grain = Objects.requireNonNull(grain, "grain");
    this.bounds = bounds;
  }

  public static SliceSet empty(Grain grain) {
    return new SliceSet(grain, new long[0]);
  }

  /** The slices {@code from <= ordinal < to}; empty if from is not before to. */
  public static SliceSet range(Grain grain, long from, long to) {
    return from < to ? new SliceSet(grain, new long[] {from, to}) : empty(grain);
  }

  public static SliceSet of(Slice slice) {
    return range(slice.grain(), slice.ordinal(), slice.ordinal() + 1);
  }

  /** Any ordinals, in any order, with repeats. */
  public static SliceSet ofOrdinals(Grain grain, LongStream ordinals) {
    long[] sorted = ordinals.sorted().distinct().toArray();
    long[] bounds = new long[sorted.length * 2];
    int size = 0;
    for (long ordinal : sorted) {
      if (size > 0 && bounds[size - 1] == ordinal) {
        bounds[size - 1] = ordinal + 1;
      } else {
        bounds[size++] = ordinal;
        bounds[size++] = ordinal + 1;
      }
    }
    return new SliceSet(grain, Arrays.copyOf(bounds, size));
  }

  /**
   * The slices that overlap any of the ranges.
   *
   * @throws IllegalArgumentException if a range is unbounded and the grain is not {@link Grain#ALL}
   */
  public static SliceSet covering(Grain grain, TimeRanges ranges) {
    if (grain == Grain.ALL) {
      return ranges.isEmpty() ? empty(grain) : range(grain, 0, 1);
    }
    SliceSet result = empty(grain);
    for (TimeRange r : ranges.ranges()) {
      if (r.from().equals(Instant.MIN) || r.to().equals(Instant.MAX)) {
        throw new IllegalArgumentException("Cannot cover unbounded time with slices of " + grain);
      }
      long last = grain.ordinal(r.to().minusNanos(1));
      result = result.union(range(grain, grain.ordinal(r.from()), last + 1));
    }
    return result;
  }

  public Grain grain() {
    return grain;
  }

  public boolean isEmpty() {
    return bounds.length == 0;
  }

  /** How many slices. */
  public long count() {
    long count = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      count += bounds[i + 1] - bounds[i];
    }
    return count;
  }

  public boolean contains(long ordinal) {
    int at = Arrays.binarySearch(bounds, ordinal);
    return at >= 0 ? at % 2 == 0 : (-at - 1) % 2 == 1;
  }

  public boolean contains(SliceSet other) {
    return other.minus(this).isEmpty();
  }

  public boolean overlaps(SliceSet other) {
    return !intersect(other).isEmpty();
  }

  public SliceSet union(SliceSet other) {
    return combine(other, 0b1110);
  }

  public SliceSet intersect(SliceSet other) {
    return combine(other, 0b1000);
  }

  public SliceSet minus(SliceSet other) {
    return combine(other, 0b0010);
  }

  /**
   * Bit {@code inThis + 2 * inOther} of the table says whether such an ordinal is in the result.
   */
  private SliceSet combine(SliceSet other, int table) {
    if (grain != other.grain) {
      throw new IllegalArgumentException(
          "Cannot combine slices of " + grain + " and " + other.grain);
    }
    long[] a = bounds;
    long[] b = other.bounds;
    long[] out = new long[a.length + b.length];
    int size = 0;
    int i = 0;
    int j = 0;
    boolean inside = false;
    while (i < a.length || j < b.length) {
      long at;
      if (j >= b.length || (i < a.length && a[i] <= b[j])) {
        at = a[i];
      } else {
        at = b[j];
      }
      while (i < a.length && a[i] == at) {
        i++;
      }
      while (j < b.length && b[j] == at) {
        j++;
      }
      boolean now = (table >> ((i % 2) + 2 * (j % 2)) & 1) == 1;
      if (now != inside) {
        out[size++] = at;
        inside = now;
      }
    }
    return new SliceSet(grain, Arrays.copyOf(out, size));
  }

  public void forEach(LongConsumer action) {
    ordinals().forEach(action);
  }

  public LongStream ordinals() {
    return java.util.stream.IntStream.range(0, bounds.length / 2)
        .mapToObj(i -> LongStream.range(bounds[2 * i], bounds[2 * i + 1]))
        .flatMapToLong(s -> s);
  }

  public Stream<Slice> slices() {
    return ordinals().mapToObj(o -> new Slice(grain, o));
  }

  /** The event time covered. */
  public TimeRanges ranges() {
    List<TimeRange> ranges = new ArrayList<>();
    for (int i = 0; i < bounds.length; i += 2) {
      ranges.add(
          grain == Grain.ALL
              ? TimeRange.ALL
              : new TimeRange(grain.start(bounds[i]), grain.start(bounds[i + 1])));
    }
    return new TimeRanges(ranges);
  }

  /** Splits into pieces of at most {@code size} slices, in order. */
  public List<SliceSet> chunks(long size) {
    if (size < 1) {
      throw new IllegalArgumentException("Cannot cut slices into pieces of " + size);
    }
    List<SliceSet> chunks = new ArrayList<>();
    SliceSet rest = this;
    while (!rest.isEmpty()) {
      long left = size;
      SliceSet chunk = empty(grain);
      for (int i = 0; i < rest.bounds.length && left > 0; i += 2) {
        long take = Math.min(left, rest.bounds[i + 1] - rest.bounds[i]);
        chunk = chunk.union(range(grain, rest.bounds[i], rest.bounds[i] + take));
        left -= take;
      }
      chunks.add(chunk);
      rest = rest.minus(chunk);
    }
    return chunks;
  }

  /** Reads what {@link #toString} writes: labels and {@code first..last} (inclusive), by commas. */
  public static SliceSet parse(Grain grain, String text) {
    SliceSet result = empty(grain);
    for (String part : text.split(",")) {
      String p = part.strip();
      if (p.isEmpty()) {
        continue;
      }
      int dots = p.indexOf("..");
      if (dots < 0) {
        result = result.union(grain.parseLabel(p));
      } else {
        SliceSet first = grain.parseLabel(p.substring(0, dots));
        SliceSet last = grain.parseLabel(p.substring(dots + 2));
        if (last.bounds[1] <= first.bounds[0]) {
          throw new IllegalArgumentException("Cannot read slices '" + p + "': they run backwards");
        }
        result = result.union(range(grain, first.bounds[0], last.bounds[1]));
      }
    }
    return result;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SliceSet s && s.grain == grain && Arrays.equals(s.bounds, bounds);
  }

  @Override
  public int hashCode() {
    return 31 * grain.hashCode() + Arrays.hashCode(bounds);
  }

  /** {@code 2001-01..2001-03,2001-05}: ends inclusive, as people name months. */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(",");
    for (int i = 0; i < bounds.length; i += 2) {
      String first = grain.label(bounds[i]);
      text.add(
          bounds[i + 1] - bounds[i] == 1 ? first : first + ".." + grain.label(bounds[i + 1] - 1));
    }
    return text.toString();
  }
}
