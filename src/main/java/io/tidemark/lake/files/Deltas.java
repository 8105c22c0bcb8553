package io.tidemark.lake.files;

import io.tidemark.lake.files.SliceIndex.Placement;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TimeRange;
import io.tidemark.model.touched.TouchedTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.ContentFile;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataOperations;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.Table;

/**
 * Which files each snapshot added and removed, and in which slices. Reads only the manifests that
 * the snapshot itself wrote and remembers the latest answers, since snapshots never change; and not
 * even those where the snapshot's summary says all that is asked.
 */
public final class Deltas {
  private static final int MOST_FILES = 200_000;

  private final Map<Key, Delta> known = new LinkedHashMap<>(16, 0.75f, true);
  private int files;

  /** Knows nothing yet. */
  public Deltas() {}

  private record Key(String table, long snapshot, String eventTime, String grain) {}

  /**
   * A file that came or went, or what one commit of a live job brought.
   *
   * @param path empty where the summary alone was read
   * @param rows 0 there
   */
  public record Moved(String path, Placement placement, long rows) {}

  /**
   * @param deletes delete files that came or went
   */
  public record Delta(
      boolean compaction, List<Moved> added, List<Moved> removed, List<Moved> deletes) {
    /** The slices in which any file came or went. */
    public SliceSet slices(SliceSet of) {
      SliceSet touched = SliceSet.empty(of.grain());
      for (List<Moved> files : List.of(added, removed, deletes)) {
        for (Moved file : files) {
          Placement at = file.placement();
          if (at.touches(of) && !(at.isOneSlice() && touched.contains(at.first()))) {
            touched = touched.union(at.slices(of.grain()));
          }
        }
      }
      return touched.intersect(of);
    }

    private int size() {
      return added.size() + removed.size() + deletes.size();
    }
  }

  /** The delta of a snapshot of this table, as the index places files. */
  public Delta of(Table table, SliceIndex index, Snapshot snapshot) {
    Key key =
        new Key(
            table.uuid().toString(),
            snapshot.snapshotId(),
            index.eventTimeName(),
            index.grain().text());
    synchronized (known) {
      Delta found = known.get(key);
      if (found != null) {
        return found;
      }
    }
    Delta delta = told(index, snapshot).orElseGet(() -> read(table, index, snapshot));
    synchronized (known) {
      if (known.put(key, delta) == null) {
        files += delta.size();
      }
      var oldest = known.entrySet().iterator();
      while (files > MOST_FILES && oldest.hasNext()) {
        Map.Entry<Key, Delta> entry = oldest.next();
        if (!entry.getKey().equals(key)) {
          files -= entry.getValue().size();
          oldest.remove();
        }
      }
    }
    return delta;
  }

  /** Of a commit that only added files, and says which event time they are of. */
  private static Optional<Delta> told(SliceIndex index, Snapshot snapshot) {
    if (!DataOperations.APPEND.equals(snapshot.operation())) {
      return Optional.empty();
    }
    return TouchedTime.read(snapshot.summary(), index.eventTimeName())
        .map(
            ranges -> {
              List<Moved> added = new ArrayList<>();
              for (TimeRange range : ranges.ranges()) {
                added.add(new Moved("", index.place(range), 0));
              }
              return new Delta(false, Collections.unmodifiableList(added), List.of(), List.of());
            });
  }

  private static Delta read(Table table, SliceIndex index, Snapshot snapshot) {
    SnapshotChanges changes = SnapshotChanges.builderFor(table).snapshot(snapshot).build();
    List<Moved> added = new ArrayList<>();
    for (DataFile file : changes.addedDataFiles()) {
      added.add(moved(index, file));
    }
    List<Moved> deletes = new ArrayList<>();
    for (DeleteFile file : changes.addedDeleteFiles()) {
      deletes.add(moved(index, file));
    }
    for (DeleteFile file : changes.removedDeleteFiles()) {
      deletes.add(moved(index, file));
    }
    return new Delta(
        DataOperations.REPLACE.equals(snapshot.operation()),
        Collections.unmodifiableList(added),
        removed(table, index, snapshot, changes),
        Collections.unmodifiableList(deletes));
  }

  private static Moved moved(SliceIndex index, ContentFile<?> file) {
    return new Moved(file.location(), index.place(file), file.recordCount());
  }

  /** Removed files come without statistics; where partitions do not place them, the parent does. */
  private static List<Moved> removed(
      Table table, SliceIndex index, Snapshot snapshot, SnapshotChanges changes) {
    Map<String, Moved> removed = new LinkedHashMap<>();
    Set<String> unplaced = new HashSet<>();
    for (DataFile file : changes.removedDataFiles()) {
      removed.put(file.location(), moved(index, file));
      if (!index.alignedBySpec(file.specId())) {
        unplaced.add(file.location());
      }
    }
    Snapshot parent =
        snapshot.parentId() == null || unplaced.isEmpty()
            ? null
            : table.snapshot(snapshot.parentId());
    if (parent != null) {
      new DataFiles(table, index)
          .named(parent, unplaced)
          .forEach((path, file) -> removed.put(path, moved(index, file)));
    }
    return List.copyOf(removed.values());
  }
}
