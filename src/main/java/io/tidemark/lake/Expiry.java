package io.tidemark.lake;

import io.tidemark.lake.Lake.Fragmented;
import io.tidemark.lake.files.Fragments;
import io.tidemark.lake.files.SliceIndex;
import io.tidemark.lake.refs.Refs;
import io.tidemark.lake.refs.Tables;
import io.tidemark.lake.setup.Guard;
import io.tidemark.model.Dataset;
import io.tidemark.model.Pin;
import io.tidemark.model.TableRef;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.ExpireSnapshots;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;

/**
 * Keeps tables small: finds slices of many files and lets snapshots expire. Iceberg's expiry runs
 * only beside the guard branch, so that it deletes what nothing reaches and nothing else.
 */
final class Expiry {
  private final Tables tables;
  private final Refs refs;
  private final Guard guard;
  private final Chronicle chronicle;

  Expiry(Tables tables, Refs refs, Guard guard, Chronicle chronicle) {
    this.tables = tables;
    this.refs = refs;
    this.guard = guard;
    this.chronicle = chronicle;
  }

  List<Fragmented> fragmented(Dataset dataset, int atLeast) {
    Optional<Table> table = tables.find(dataset.table());
    Optional<Snapshot> head = table.flatMap(History::main);
    if (head.isEmpty()) {
      return List.of();
    }
    SliceIndex index = SliceIndex.of(dataset.table(), table.get(), dataset.layout());
    return Fragments.in(table.get(), index, head.get(), atLeast).stream()
        .map(s -> new Fragmented(s.ordinal(), s.files(), s.rows(), s.bytes()))
        .toList();
  }

  void remember(Dataset dataset, Set<Pin> pins) {
    TableRef ref = dataset.table();
    Optional<Table> table = tables.find(ref);
    Optional<Snapshot> head = table.flatMap(History::main);
    if (head.isEmpty()) {
      return;
    }
    guard.ensure(ref);
    for (Snapshot snapshot : History.ancestry(table.get(), head.get())) {
      if (History.stamp(snapshot).filter(Ledger::decides).isPresent()) {
        Journal.record(refs, ref, snapshot.snapshotId(), (t, transaction) -> false);
      }
    }
    Journal.recordLive(refs, ref, Instant.MAX);
    chronicle.write(ref, dataset, pins);
  }

  int run(Dataset dataset, Instant olderThan, int keep, Set<Pin> pins) {
    remember(dataset, pins);
    Table table = tables.load(dataset.table());
    if (History.main(table).isEmpty() || !table.refs().containsKey(Refs.GUARD)) {
      return 0;
    }
    ExpireSnapshots expire =
        table
            .expireSnapshots()
            .expireOlderThan(olderThan.toEpochMilli())
            .retainLast(Math.max(keep, needed(table)));
    int gone = expire.apply().size();
    if (gone > 0) {
      expire.commit();
    }
    return gone;
  }

  /** How many of main's newest snapshots somebody needs as one chain. */
  private static int needed(Table table) {
    Set<Long> main = new HashSet<>();
    History.ancestry(table, table.currentSnapshot()).forEach(s -> main.add(s.snapshotId()));
    Set<Long> wanted = new HashSet<>();
    for (var ref : table.refs().entrySet()) {
      boolean branch =
          ref.getValue().isBranch()
              && !ref.getKey().equals(SnapshotRef.MAIN_BRANCH)
              && !ref.getKey().equals(Refs.GUARD);
      if (branch) {
        // Where it was cut from main: a publish asks what happened since.
        for (Snapshot s : History.ancestry(table, table.snapshot(ref.getValue().snapshotId()))) {
          if (main.contains(s.snapshotId())) {
            wanted.add(s.snapshotId());
            break;
          }
        }
      } else if (Refs.isLease(ref.getKey())) {
        wanted.add(ref.getValue().snapshotId());
      }
    }
    int position = 0;
    int needed = 0;
    boolean marked = false;
    for (Snapshot snapshot : History.ancestry(table, table.currentSnapshot())) {
      position++;
      boolean mark = !marked && History.mark(snapshot.summary()).isPresent();
      marked = marked || mark;
      if (mark || wanted.contains(snapshot.snapshotId())) {
        needed = position;
      }
    }
    return needed;
  }
}
