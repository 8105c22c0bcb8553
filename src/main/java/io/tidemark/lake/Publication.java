package io.tidemark.lake;

import io.tidemark.lake.Lake.Conflict;
import io.tidemark.lake.Replacement.Exchange;
import io.tidemark.lake.Replacement.Finding;
import io.tidemark.lake.Replacement.Found;
import io.tidemark.lake.Replacement.Refused;
import io.tidemark.lake.files.Compactions;
import io.tidemark.lake.files.DataFiles;
import io.tidemark.lake.files.Deltas;
import io.tidemark.lake.files.Deltas.Delta;
import io.tidemark.lake.files.LiveFiles;
import io.tidemark.lake.files.SliceIndex;
import io.tidemark.lake.files.Unmoved;
import io.tidemark.model.SliceSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;

/** What a publish exchanges: the files of the slices on main for those of the candidate. */
final class Publication implements Replacement.Analysis {
  /** Summary property: main's snapshot whose files a revert puts back. */
  static final String BEFORE = "tidemark.before";

  private final Deltas deltas;
  private final long base;
  private final long candidate;
  private final SliceSet slices;

  Publication(Deltas deltas, long base, long candidate, SliceSet slices) {
    this.deltas = deltas;
    this.base = base;
    this.candidate = candidate;
    this.slices = slices;
  }

  @Override
  public Finding analyse(Table table, SliceIndex index, Optional<Snapshot> head) {
    Snapshot from = table.snapshot(candidate);
    if (from == null) {
      return refuse(slices, "the candidate snapshot " + candidate + " has expired");
    }
    Optional<Refused> owned = owned(table, slices);
    if (owned.isPresent()) {
      return owned.get();
    }
    Optional<Refused> touched = touched(table, index, head);
    if (touched.isPresent()) {
      return touched.get();
    }
    DataFiles files = new DataFiles(table, index);
    DataFiles.Listings listings = files.both(head, Optional.of(from), slices);
    Map<String, DataFile> now = listings.light();
    Map<String, DataFile> next = listings.full();
    Set<String> same = new HashSet<>(now.keySet());
    same.retainAll(next.keySet());
    now.keySet().removeAll(same);
    next.keySet().removeAll(same);
    Optional<Refused> inexact = inexact(files, now.keySet(), slices, "main");
    if (inexact.isEmpty()) {
      inexact = inexact(files, next.keySet(), slices, "the candidate");
    }
    SliceSet deleted =
        head.map(files::deleted).orElse(SliceSet.empty(index.grain())).intersect(slices);
    if (inexact.isPresent()) {
      return inexact.get();
    }
    if (!deleted.isEmpty()) {
      return refuse(deleted, "main has delete files there");
    }
    long analysed = head.map(Snapshot::snapshotId).orElse(0L);
    return new Found(
        new Exchange(
            analysed, now.values(), next.values(), Map.of(BEFORE, Long.toString(analysed))));
  }

  /** The slices in which main no longer holds the rows it held at the base. */
  private Optional<Refused> touched(Table table, SliceIndex index, Optional<Snapshot> head) {
    if (head.map(Snapshot::snapshotId).orElse(0L) == base) {
      return Optional.empty();
    }
    Optional<List<Snapshot>> since = History.since(table, base, head);
    if (since.isEmpty()) {
      return differing(table, index, head);
    }
    SliceSet touched = SliceSet.empty(index.grain());
    Unmoved unmoved = new Unmoved(index.grain());
    StringBuilder by = new StringBuilder();
    for (Snapshot snapshot : since.get()) {
      Delta delta = deltas.of(table, index, snapshot);
      SliceSet here = Compactions.changed(delta, slices);
      if (!here.isEmpty() && by.length() < 200) {
        by.append(by.length() == 0 ? "" : ", ").append(describe(snapshot));
      }
      touched = touched.union(here);
      unmoved.add(delta);
    }
    touched = touched.minus(unmoved.slices());
    return touched.isEmpty()
        ? Optional.empty()
        : Optional.of(refuse(touched, "changed since the run began by " + by));
  }

  /** Without a history from base to head, only equal files prove equal rows. */
  private Optional<Refused> differing(Table table, SliceIndex index, Optional<Snapshot> head) {
    Snapshot then = table.snapshot(base);
    if (then == null) {
      return Optional.of(
          refuse(slices, "the snapshot " + base + " that the run was planned on has expired"));
    }
    SliceSet differing = LiveFiles.differing(table, index, Optional.of(then), head, slices);
    return differing.isEmpty()
        ? Optional.empty()
        : Optional.of(
            refuse(differing, "main was rolled back, or its history since the run has expired"));
  }

  /** Open slices belong to the live job that the newest mark names; looked at in each attempt. */
  static Optional<Refused> owned(Table table, SliceSet slices) {
    return Ledger.mark(table, SnapshotRef.MAIN_BRANCH)
        .filter(mark -> !mark.open(slices).isEmpty())
        .map(mark -> refuse(mark.open(slices), "live job " + mark.job() + " writes to them"));
  }

  static String describe(Snapshot snapshot) {
    return History.stamp(snapshot)
        .map(s -> s.kind().name().toLowerCase(java.util.Locale.ROOT) + " " + s.key())
        .orElse(snapshot.operation() + " snapshot " + snapshot.snapshotId());
  }

  /** Files that hold rows of the slices and others cannot be exchanged as a whole. */
  static Optional<Refused> inexact(
      DataFiles files, Set<String> exchanged, SliceSet slices, String where) {
    SliceSet bad = files.straddled(exchanged).intersect(slices);
    return bad.isEmpty()
        ? Optional.empty()
        : Optional.of(
            refuse(bad, "files of " + where + " hold rows of these slices and of others"));
  }

  static Refused refuse(SliceSet slices, String reason) {
    return new Refused(new Conflict(slices, reason));
  }
}
