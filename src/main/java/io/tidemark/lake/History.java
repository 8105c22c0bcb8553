package io.tidemark.lake;

import io.tidemark.lake.Journal.Entry;
import io.tidemark.lake.Lake.Committed;
import io.tidemark.lake.setup.Guard;
import io.tidemark.model.LiveMark;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.SnapshotSummary;
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
        newer.add(snapshot);
        parent = snapshot.parentId();
      }
    }
    Collections.reverse(newer);
    boolean whole = base == 0 ? parent == null : parent != null && parent == base;
    return whole ? Optional.of(newer) : Optional.empty();
  }

  /** Newest first; those of main also behind the end of its history. */
  static List<Committed> stamps(Table table, String ref) {
    return entries(table, ref).stream().flatMap(e -> committed(e).stream()).toList();
  }

  static Optional<Committed> find(Table table, String ref, String key) {
    return entries(table, ref).stream()
        .filter(e -> key.equals(e.summary().get(StampSummary.KEY)))
        .findFirst()
        .flatMap(History::committed);
  }

  /** Newest first; what is known of a ref. */
  static List<Entry> entries(Table table, String ref) {
    if (ref.equals(SnapshotRef.MAIN_BRANCH)) {
      return Journal.main(table);
    }
    List<Entry> entries = new ArrayList<>();
    head(table, ref).ifPresent(h -> ancestry(table, h).forEach(s -> entries.add(Entry.of(s))));
    return entries;
  }

  static boolean hasKey(Snapshot snapshot, String key) {
    return key.equals(snapshot.summary().get(StampSummary.KEY));
  }

  static Optional<Stamp> stamp(Snapshot snapshot) {
    return stamp(snapshot.summary());
  }

  /** A stamp that cannot be read counts as none: another version may have written it. */
  static Optional<Stamp> stamp(Map<String, String> summary) {
    try {
      return StampSummary.read(summary);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * The mark of a live job's commit.
   *
   * @throws io.tidemark.model.TidemarkException REFUSED if another version wrote it
   */
  static Optional<LiveMark> mark(Map<String, String> summary) {
    return StampSummary.readMark(summary);
  }

  /** All that a table keeps, but for the guard's own snapshots. */
  static Lake.Past past(Table table) {
    TreeMap<Instant, Long> main = new TreeMap<>();
    table
        .history()
        .forEach(e -> main.put(Instant.ofEpochMilli(e.timestampMillis()), e.snapshotId()));
    TreeMap<String, Long> refs = new TreeMap<>();
    table.refs().forEach((name, ref) -> refs.put(name, ref.snapshotId()));
    List<Snapshot> snapshots = new ArrayList<>();
    table.snapshots().forEach(snapshots::add);
    snapshots.sort(Comparator.comparingLong(Snapshot::sequenceNumber).reversed());
    return new Lake.Past(
        main(table).map(Snapshot::snapshotId),
        snapshots.stream()
            .filter(s -> !s.summary().containsKey(Guard.MARK))
            .map(History::commit)
            .toList(),
        main,
        refs);
  }

  private static Lake.Commit commit(Snapshot snapshot) {
    Map<String, String> summary = snapshot.summary();
    return new Lake.Commit(
        snapshot.snapshotId(),
        Optional.ofNullable(snapshot.parentId()),
        Instant.ofEpochMilli(snapshot.timestampMillis()),
        String.valueOf(snapshot.operation()),
        new Lake.Rows(
            number(summary, SnapshotSummary.ADDED_RECORDS_PROP),
            number(summary, SnapshotSummary.DELETED_RECORDS_PROP),
            number(summary, SnapshotSummary.TOTAL_RECORDS_PROP)),
        summary.getOrDefault(StampSummary.KEY, ""),
        new Lake.Said(stamp(summary), mark(summary)));
  }

  private static long number(Map<String, String> summary, String property) {
    String text = summary.getOrDefault(property, "");
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
  }

  private static Optional<Committed> committed(Entry entry) {
    return stamp(entry.summary())
        .map(
            s ->
                new Committed(
                    entry.snapshot(), entry.parent(), Instant.ofEpochMilli(entry.at()), s));
  }
}
