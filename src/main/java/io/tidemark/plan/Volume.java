package io.tidemark.plan;

import io.tidemark.model.Facts.SliceFiles;
import io.tidemark.model.Grain;
import io.tidemark.model.TimeRange;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * How much a dataset holds over event time, as an estimate from its inventory: within a slice,
 * bytes are taken as spread evenly. Times are seconds since 1970.
 */
final class Volume {
  private final boolean sliced;
  private final double[] from;
  private final double[] to;

  /** Bytes and files before slice i; one longer than the slices. */
  private final double[] bytesBefore;

  private final long[] filesBefore;

  private Volume(boolean sliced, int slices) {
    this.sliced = sliced;
    from = new double[slices];
    to = new double[slices];
    bytesBefore = new double[slices + 1];
    filesBefore = new long[slices + 1];
  }

  /**
   * @param inventory at most one entry per slice, in any order
   */
  static Volume of(Grain grain, List<SliceFiles> inventory) {
    List<SliceFiles> sorted =
        inventory.stream().sorted(Comparator.comparingLong(SliceFiles::ordinal)).toList();
    Volume volume = new Volume(grain != Grain.ALL, sorted.size());
    for (int i = 0; i < sorted.size(); i++) {
      SliceFiles slice = sorted.get(i);
      if (volume.sliced) {
        volume.from[i] = seconds(grain.start(slice.ordinal()));
        volume.to[i] = seconds(grain.start(slice.ordinal() + 1));
      }
      volume.bytesBefore[i + 1] = volume.bytesBefore[i] + slice.bytes();
      volume.filesBefore[i + 1] = volume.filesBefore[i] + slice.files();
    }
    return volume;
  }

  static double seconds(Instant instant) {
    return instant.getEpochSecond();
  }

  boolean isSliced() {
    return sliced;
  }

  double bytes() {
    return bytesBefore[bytesBefore.length - 1];
  }

  long files() {
    return filesBefore[filesBefore.length - 1];
  }

  /** Bytes of rows with {@code start <= event time < end}. */
  double bytes(double start, double end) {
    return bytesUntil(end) - bytesUntil(start);
  }

  private double bytesUntil(double time) {
    int next = firstFrom(time);
    if (next == 0) {
      return 0;
    }
    double share =
        (Math.min(time, to[next - 1]) - from[next - 1]) / (to[next - 1] - from[next - 1]);
    return bytesBefore[next - 1] + share * (bytesBefore[next] - bytesBefore[next - 1]);
  }

  /** Files of the slices that overlap any of the ranges; a slice is counted once. */
  long files(List<TimeRange> ranges) {
    long files = 0;
    int counted = 0;
    for (TimeRange range : ranges) {
      double start = seconds(range.from());
      int first = firstFrom(start);
      if (first > 0 && to[first - 1] > start) {
        first--;
      }
      first = Math.max(first, counted);
      int end = Math.max(first, firstFrom(seconds(range.to())));
      files += filesBefore[end] - filesBefore[first];
      counted = end;
    }
    return files;
  }

  /** The first slice that does not start before a time. */
  private int firstFrom(double time) {
    int at = Arrays.binarySearch(from, time);
    return at >= 0 ? at : -at - 1;
  }
}
