package io.tidemark.lake;

import io.tidemark.lake.Lake.Committed;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.util.SnapshotUtil;

/** The ancestry of a ref as far as snapshots are kept, and the stamps in it. */
final class History {
  private History() {}

  static Optional<Snapshot> head(Table table, String ref) {
    if (ref.equals(SnapshotRef.MAIN_BRANCH)) {
      return Optional.ofNullable(table.currentSnapshot());
    }
    return Optional.ofNullable(table.snapshot(ref));
  }

  static Optional<Snapshot> main(Table table) {
    return head(table, SnapshotRef.MAIN_BRANCH);
  }

  /** Newest first, with the head itself. */
  static Iterable<Snapshot> ancestry(Table table, Snapshot head) {
    return SnapshotUtil.ancestorsOf(head.snapshotId(), table::snapshot);
  }

  /**
   * The snapshots after {@code base}, oldest first.
   *
   * @param base 0 for the very beginning
   * @return empty if base is no ancestor of head, or too much has expired to tell
   */
  static Optional<List<Snapshot>> since(Table table, long base, Optional<Snapshot> head) {
    List<Snapshot> newer = new ArrayList<>();
    Long parent = head.map(Snapshot::snapshotId).orElse(null);
    if (head.isPresent()) {
      for (Snapshot snapshot : ancestry(table, head.get())) {
        if (snapshot.snapshotId() == base) {
          break;
        }
        newer.add(0, snapshot);
        parent = snapshot.parentId();
      }
    }
    boolean whole = base == 0 ? parent == null : parent != null && parent == base;
    return whole ? Optional.of(newer) : Optional.empty();
  }

  static List<Committed> stamps(Table table, String ref) {
    List<Committed> stamps = new ArrayList<>();
    head(table, ref)
        .ifPresent(
            head -> {
              for (Snapshot snapshot : ancestry(table, head)) {
                stamp(snapshot).ifPresent(s -> stamps.add(committed(snapshot, s)));
              }
            });
    return stamps;
  }

  static Optional<Committed> find(Table table, String ref, String key) {
    return find(table, head(table, ref), key);
  }

  static Optional<Committed> find(Table table, Optional<Snapshot> head, String key) {
    if (head.isPresent()) {
      for (Snapshot snapshot : ancestry(table, head.get())) {
        if (hasKey(snapshot, key)) {
          return stamp(snapshot).map(s -> committed(snapshot, s));
        }
      }
    }
    return Optional.empty();
  }

  static boolean hasKey(Snapshot snapshot, String key) {
    return key.equals(snapshot.summary().get(StampSummary.KEY));
  }

  /** A stamp that cannot be read counts as none: another version may have written it. */
  static Optional<Stamp> stamp(Snapshot snapshot) {
    try {
      return StampSummary.read(snapshot.summary());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Committed committed(Snapshot snapshot, Stamp stamp) {
    return new Committed(
        snapshot.snapshotId(),
        Optional.ofNullable(snapshot.parentId()),
        Instant.ofEpochMilli(snapshot.timestampMillis()),
        stamp);
  }
}
