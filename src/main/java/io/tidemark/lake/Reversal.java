package io.tidemark.lake;

import io.tidemark.lake.Replacement.Exchange;
import io.tidemark.lake.Replacement.Finding;
import io.tidemark.lake.Replacement.Found;
import io.tidemark.lake.Replacement.Refused;
import io.tidemark.lake.files.DataFiles;
import io.tidemark.lake.files.DataFiles.Detail;
import io.tidemark.lake.files.Deltas;
import io.tidemark.lake.files.SliceIndex;
import io.tidemark.lake.notes.Heirs;
import io.tidemark.model.SliceSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    Optional<List<Snapshot>> path = since;
    if (since.isEmpty()) {
      Optional<Heirs> heirs = Chronicle.heirs(table, publish);
      heirs.ifPresent(descent::inherit);
      path = heirs.flatMap(h -> History.since(table, h.upTo(), Optional.of(head)));
    }
    for (Snapshot snapshot : path.orElse(List.of())) {
      descent.follow(deltas.of(table, index, snapshot));
    }
    SliceSet lost = descent.lost(now.keySet()).intersect(slices);
    if (path.isEmpty()) {
      // Every later publish or revert would have removed all that was the publish's own.
      lost = lost.union(slices.minus(descent.slices(back.keySet())));
    }
    if (!lost.isEmpty()) {
      return Publication.refuse(
          lost,
          path.isEmpty()
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
}
