package io.tidemark.plan;

import io.tidemark.model.Grain;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Transform.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.PrimitiveIterator;

/** Cuts the stale slices of a dataset into build steps of bounded input. */
final class Batches {
  /**
   * @param bytes of input, as estimated
   */
  record Batch(SliceSet slices, double bytes) {}

  private final SliceSet stale;
  private final double before;
  private final double after;
  private final List<Volume> sliced;

  /** What every batch reads whole, since it has no event time. */
  private final double fixed;

  Batches(SliceSet stale, Window window, List<Volume> inputs) {
    this.stale = stale;
    this.before = window.lookback().toSeconds();
    this.after = window.lookahead().toSeconds();
    this.sliced = inputs.stream().filter(Volume::isSliced).toList();
    this.fixed = inputs.stream().filter(v -> !v.isSliced()).mapToDouble(Volume::bytes).sum();
  }

  /**
   * Runs of slices, in order, that read at most {@code limit} bytes of sliced input each, or are a
   * single slice. Input that neighbours share is counted once.
   */
  List<Batch> cut(long limit) {
    if (stale.grain() == Grain.ALL) {
      double all = sliced.stream().mapToDouble(Volume::bytes).sum();
      return stale.isEmpty() ? List.of() : List.of(new Batch(stale, all + fixed));
    }
    List<Batch> batches = new ArrayList<>();
    long first = 0;
    long last = 0;
    double size = 0;
    double readUntil = Double.NEGATIVE_INFINITY;
    PrimitiveIterator.OfLong ordinals = stale.ordinals().iterator();
    boolean open = false;
    while (ordinals.hasNext()) {
      long ordinal = ordinals.nextLong();
      double from = Volume.seconds(stale.grain().start(ordinal)) - before;
      double to = Volume.seconds(stale.grain().start(ordinal + 1)) + after;
      double more = bytes(Math.max(from, readUntil), to);
      if (open && size + more > limit) {
        batches.add(batch(first, last, size));
        open = false;
      }
      if (!open) {
        first = ordinal;
        size = bytes(from, to);
        open = true;
      } else {
        size += more;
      }
      last = ordinal;
      readUntil = to;
    }
    if (open) {
      batches.add(batch(first, last, size));
    }
    return batches;
  }

  /** What the rows of one slice are made from, without the window around it. */
  double bytesOf(long ordinal) {
    return stale.grain() == Grain.ALL
        ? sliced.stream().mapToDouble(Volume::bytes).sum()
        : bytes(
            Volume.seconds(stale.grain().start(ordinal)),
            Volume.seconds(stale.grain().start(ordinal + 1)));
  }

  private Batch batch(long first, long last, double size) {
    SliceSet span = SliceSet.range(stale.grain(), first, last + 1);
    return new Batch(stale.intersect(span), size + fixed);
  }

  private double bytes(double from, double to) {
    double bytes = 0;
    for (Volume volume : sliced) {
      bytes += volume.bytes(from, to);
    }
    return bytes;
  }
}
