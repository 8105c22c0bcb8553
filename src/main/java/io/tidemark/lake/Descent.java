package io.tidemark.lake;

import io.tidemark.lake.files.Deltas.Delta;
import io.tidemark.lake.files.Deltas.Moved;
import io.tidemark.lake.files.SliceIndex;
import io.tidemark.lake.notes.Heirs;
import io.tidemark.lake.notes.Heirs.Held;
import io.tidemark.model.SliceSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.iceberg.DataFile;

/** Which files of main hold a publish's rows, through later compactions. */
final class Descent {
  private final SliceIndex index;
  private final Map<String, SliceSet> ours = new HashMap<>();
  private final Map<String, SliceSet> missing = new HashMap<>();
  private SliceSet compacted;
  private SliceSet mixed;

  Descent(SliceIndex index, Map<String, DataFile> published) {
    this.index = index;
    this.compacted = SliceSet.empty(index.grain());
    this.mixed = SliceSet.empty(index.grain());
    published.forEach((path, file) -> ours.put(path, index.place(file).slices(index.grain())));
  }

  /** Goes on from where an earlier descent was noted. */
  void inherit(Heirs heirs) {
    ours.values().removeIf(heirs.slices()::overlaps);
    heirs.files().forEach(file -> ours.put(file.path(), file.slices()));
    compacted = compacted.union(heirs.slices());
    mixed = mixed.union(heirs.mixed());
  }

  void follow(Delta delta) {
    if (delta.compaction()) {
      compacted(delta);
      return;
    }
    for (Moved file : delta.removed()) {
      SliceSet slices = ours.remove(file.path());
      if (slices != null) {
        missing.put(file.path(), slices);
      }
    }
    for (Moved file : delta.added()) {
      SliceSet slices = missing.remove(file.path());
      if (slices != null) {
        ours.put(file.path(), slices);
      }
    }
  }

  /** What comes out of a slice is ours if all that went in was. */
  private void compacted(Delta delta) {
    SliceSet fromOurs = SliceSet.empty(index.grain());
    SliceSet fromOthers = SliceSet.empty(index.grain());
    for (Moved file : delta.removed()) {
      SliceSet slices = ours.remove(file.path());
      if (slices != null) {
        fromOurs = fromOurs.union(slices);
      } else if (!file.placement().isNowhere()) {
        fromOthers = fromOthers.union(file.placement().slices(index.grain()));
      }
    }
    compacted = compacted.union(fromOurs);
    mixed = mixed.union(fromOurs.intersect(fromOthers));
    for (Moved file : delta.added()) {
      if (file.placement().isNowhere()) {
        continue;
      }
      SliceSet slices = file.placement().slices(index.grain());
      if (slices.overlaps(fromOurs)) {
        ours.put(file.path(), slices);
        if (!file.placement().isOneSlice()) {
          mixed = mixed.union(slices);
        }
      }
    }
  }

  Set<String> files() {
    return ours.keySet();
  }

  /** The slices that any of these files lie in. */
  SliceSet slices(Set<String> except) {
    SliceSet slices = SliceSet.empty(index.grain());
    for (Map.Entry<String, SliceSet> file : ours.entrySet()) {
      if (!except.contains(file.getKey())) {
        slices = slices.union(file.getValue());
      }
    }
    return slices;
  }

  /** The slices whose published rows can no longer be found exactly. */
  SliceSet lost(Set<String> live) {
    SliceSet lost = mixed;
    for (SliceSet slices : missing.values()) {
      lost = lost.union(slices);
    }
    for (Map.Entry<String, SliceSet> file : ours.entrySet()) {
      if (!live.contains(file.getKey())) {
        lost = lost.union(file.getValue());
      }
    }
    return lost;
  }

  /** The descent as it is now, of the slices in which files were compacted. */
  Heirs heirs(long publish, long upTo) {
    List<Held> files = new ArrayList<>();
    // Files that a later publish took away come back if that is reverted.
    for (Map<String, SliceSet> held : List.of(ours, missing)) {
      held.forEach(
          (path, slices) -> {
            if (slices.overlaps(compacted)) {
              files.add(new Held(path, slices));
            }
          });
    }
    return new Heirs(publish, upTo, compacted, files, mixed);
  }
}
