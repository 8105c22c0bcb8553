package io.tidemark.lake.files;

import io.tidemark.lake.files.Deltas.Delta;
import io.tidemark.lake.files.Deltas.Moved;
import io.tidemark.lake.files.SliceIndex.Placement;
import io.tidemark.model.Grain;
import io.tidemark.model.SliceSet;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * The slices that hold the very same files after some consecutive commits as before them, such as
 * after a publish and its revert. Commits are added one by one, in either direction, and cost what
 * they moved, however many there were before. Not thread-safe.
 */
public final class Unmoved {
  private final Grain grain;

  /** By path; files that came as often as they went are not there. */
  private final Map<String, Net> net = new HashMap<>();

  /** By slice, how many files of that slice alone are in {@link #net}. */
  private final Map<Long, Integer> files = new HashMap<>();

  /** The slices of which files moved, and all that did are back. */
  private final TreeSet<Long> back = new TreeSet<>();

  private SliceSet wide;
  private SliceSet moved;

  private record Net(int count, Placement placement) {}

  /** Of no commit yet. */
  public Unmoved(Grain grain) {
    this.grain = grain;
    this.wide = SliceSet.empty(grain);
    this.moved = SliceSet.empty(grain);
  }

  /** Adds a commit. */
  public void add(Delta delta) {
    delta.added().forEach(file -> move(file, 1));
    delta.removed().forEach(file -> move(file, -1));
    delta.deletes().forEach(file -> moved = moved.union(slices(file.placement())));
  }

  private void move(Moved file, int by) {
    if (file.placement().isNowhere()) {
      return;
    }
    if (file.path().isEmpty()) {
      moved = moved.union(slices(file.placement()));
      return;
    }
    Net before = net.get(file.path());
    if (before == null) {
      net.put(file.path(), new Net(by, file.placement()));
      count(file.placement(), 1);
    } else if (before.count + by == 0) {
      net.remove(file.path());
      count(before.placement, -1);
    } else {
      net.put(file.path(), new Net(before.count + by, before.placement));
    }
  }

  private void count(Placement placement, int by) {
    if (!placement.isOneSlice()) {
      wide = wide.union(slices(placement));
    } else if (files.merge(placement.first(), by, Integer::sum) == 0) {
      files.remove(placement.first());
      back.add(placement.first());
    } else {
      back.remove(placement.first());
    }
  }

  private SliceSet slices(Placement placement) {
    return placement.isNowhere() ? SliceSet.empty(grain) : placement.slices(grain);
  }

  /** The slices; of which no file moved at all are not among them. */
  public SliceSet slices() {
    if (back.isEmpty() && wide.isEmpty()) {
      return SliceSet.empty(grain);
    }
    SliceSet still = SliceSet.ofOrdinals(grain, files.keySet().stream().mapToLong(o -> o));
    for (Net file : net.values()) {
      if (!file.placement.isOneSlice()) {
        still = still.union(slices(file.placement));
      }
    }
    return SliceSet.ofOrdinals(grain, back.stream().mapToLong(o -> o))
        .union(wide)
        .minus(still)
        .minus(moved);
  }
}
