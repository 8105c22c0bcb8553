package io.tidemark.lake;

import io.tidemark.lake.Deltas.Delta;
import io.tidemark.lake.Deltas.Moved;
import io.tidemark.lake.Replacement.Exchange;
import io.tidemark.lake.Replacement.Finding;
import io.tidemark.lake.Replacement.Found;
import io.tidemark.lake.Replacement.Refused;
import io.tidemark.lake.files.DataFiles;
import io.tidemark.lake.files.DataFiles.Detail;
import io.tidemark.lake.files.SliceIndex;
import io.tidemark.model.SliceSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/**
 * What a revert exchanges. All files that the slices held after the publish, or what compaction
 * made of them, leave; all that they held before it return; files that came later stay.
 */
final class Reversal implements Replacement.Analysis {
  /** Summary property: the snapshot of the publish that a revert undid. */
  static final String REVERTED = "tidemark.reverted";

  private final Deltas deltas;
  private final long publish;
  private final SliceSet slices;

  Reversal(Deltas deltas, long publish, SliceSet slices) {
    this.deltas = deltas;
    this.publish = publish;
    this.slices = slices;
  }

  @Override
  public Finding analyse(Table table, SliceIndex index, Optional<Snapshot> head) {
    Snapshot published = table.snapshot(publish);
    if (published == null || head.isEmpty()) {
      return Publication.refuse(slices, "the publish " + publish + " has expired");
    }
    String before = published.summary().get(Publication.BEFORE);
    if (before == null) {
      return Publication.refuse(slices, "snapshot " + publish + " is no publish");
    }
    Optional<Snapshot> then = Optional.ofNullable(table.snapshot(Long.parseLong(before)));
    if (then.isEmpty() && !before.equals("0")) {
      return Publication.refuse(
          slices, "the files from before the publish have expired with snapshot " + before);
    }
    Optional<Refused> owned = Publication.owned(table, slices);
    if (owned.isPresent()) {
      return owned.get();
    }
    Optional<List<Snapshot>> since = History.since(table, publish, head);
    SliceSet superseded =
        since
            .map(commits -> superseded(table, index, commits))
            .orElseGet(() -> SliceSet.empty(index.grain()));
    if (!superseded.isEmpty()) {
      return Publication.refuse(
          superseded, "a later publish or revert has replaced the publish's rows there");
    }
    return exchange(table, index, head.get(), published, then, since);
  }

  private Finding exchange(
      Table table,
      SliceIndex index,
      Snapshot head,
      Snapshot published,
      Optional<Snapshot> then,
      Optional<List<Snapshot>> since) {
    DataFiles files = new DataFiles(table, index);
    DataFiles.Listings listings = files.both(Optional.of(published), then, slices);
    Map<String, DataFile> after = listings.light();
    Map<String, DataFile> back = listings.full();
    Map<String, DataFile> now =
        head.snapshotId() == published.snapshotId() ? after : files.in(head, slices, Detail.LIGHT);
    Optional<Refused> inexact = Publication.inexact(files, after.keySet(), slices, "the publish");
    if (inexact.isEmpty()) {
      inexact = Publication.inexact(files, back.keySet(), slices, "the state before");
    }
    SliceSet deletes = files.deleted(head);
    deletes = then.map(files::deleted).orElse(deletes).union(deletes).intersect(slices);
    if (inexact.isPresent()) {
      return inexact.get();
    }
    if (!deletes.isEmpty()) {
      return Publication.refuse(deletes, "there are delete files");
    }
    Descent descent = new Descent(index, after);
    for (Snapshot snapshot : since.orElse(List.of())) {
      descent.follow(deltas.of(table, index, snapshot));
    }
    SliceSet lost = descent.lost(now.keySet()).intersect(slices);
    if (since.isEmpty()) {
      lost = lost.union(unproven(index, after, back));
    }
    if (!lost.isEmpty()) {
      return Publication.refuse(
          lost,
          since.isEmpty()
              ? "main's history since the publish has expired, and its files are no longer there"
              : "rows of the publish were deleted, or compacted together with later ones");
    }
    return new Found(undo(head.snapshotId(), descent, now, back));
  }

  /** What came from the publish goes, unless it was there before; what was there before comes. */
  private Exchange undo(
      long head, Descent descent, Map<String, DataFile> now, Map<String, DataFile> back) {
    Map<String, DataFile> remove = new LinkedHashMap<>(now);
    remove.keySet().retainAll(descent.files());
    remove.keySet().removeAll(back.keySet());
    Map<String, DataFile> add = new LinkedHashMap<>(back);
    add.keySet().removeAll(now.keySet());
    return new Exchange(
        head,
        remove.values(),
        add.values(),
        Map.of(REVERTED, Long.toString(publish), Publication.BEFORE, Long.toString(head)));
  }

  /**
   * Without history, only files of the publish's own that are still live prove that it still holds:
   * every later publish or revert would have removed them.
   */
  private SliceSet unproven(
      SliceIndex index, Map<String, DataFile> after, Map<String, DataFile> back) {
    SliceSet proven = SliceSet.empty(index.grain());
    for (Map.Entry<String, DataFile> file : after.entrySet()) {
      if (!back.containsKey(file.getKey())) {
        proven = proven.union(index.place(file.getValue()).slices(index.grain()));
      }
    }
    return slices.minus(proven);
  }

  /** Where the publish is not what main's slices come from any more. */
  private SliceSet superseded(Table table, SliceIndex index, List<Snapshot> since) {
    // Per commit that moved slices: what each stood on, so that its own revert leads back.
    Map<Long, Map<Long, Long>> stoodOn = new HashMap<>();
    Map<Long, Long> standing = new HashMap<>();
    for (Snapshot snapshot : since) {
      if (History.stamp(snapshot).filter(Ledger::decides).isEmpty()) {
        continue;
      }
      long id = snapshot.snapshotId();
      long reverted = Long.parseLong(snapshot.summary().getOrDefault(REVERTED, "0"));
      Map<Long, Long> undone = stoodOn.getOrDefault(reverted, Map.of());
      Map<Long, Long> below = new HashMap<>();
      deltas
          .of(table, index, snapshot)
          .slices(slices)
          .forEach(
              ordinal -> {
                long current = standing.getOrDefault(ordinal, publish);
                boolean back = current == reverted && undone.containsKey(ordinal);
                below.put(ordinal, current);
                standing.put(ordinal, back ? undone.get(ordinal) : id);
              });
      stoodOn.put(id, below);
    }
    return SliceSet.ofOrdinals(
        slices.grain(),
        standing.entrySet().stream()
            .filter(e -> e.getValue() != publish)
            .mapToLong(Map.Entry::getKey));
  }

  /** Which files of main hold the publish's rows, through later compactions. */
  private static final class Descent {
    private final SliceIndex index;
    private final Map<String, SliceSet> ours = new HashMap<>();
    private final Map<String, SliceSet> missing = new HashMap<>();
    private SliceSet mixed;

    Descent(SliceIndex index, Map<String, DataFile> published) {
      this.index = index;
      this.mixed = SliceSet.empty(index.grain());
      published.forEach((path, file) -> ours.put(path, index.place(file).slices(index.grain())));
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
  }
}
