package io.tidemark.lake;

import io.tidemark.lake.refs.Refs;
import io.tidemark.lake.refs.Tables;
import io.tidemark.model.Problem;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.json.Json;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.iceberg.HistoryEntry;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;

/**
 * Moves main back to a snapshot in one commit, with the schema and the partition spec that were in
 * force there. A rollback makes no snapshot that could carry a stamp, so a numbered table property
 * records it, and a tag keeps what main held until then.
 */
final class Rollback {
  private static final String RECORD = "tidemark.rollback.";

  private final Refs refs;
  private final Clock clock;
  private final Duration window;

  Rollback(Refs refs, Clock clock, Duration window) {
    this.refs = refs;
    this.clock = clock;
    this.window = window;
  }

  void run(TableRef ref, long to, long expectedHead, Lake.Reason reason) {
    refs.retry(ref, table -> attempt(ref, table, to, expectedHead, reason));
    Journal.rolledBack(refs, ref);
  }

  /** True once main is at the target. */
  private boolean attempt(
      TableRef ref, Table table, long to, long expectedHead, Lake.Reason reason) {
    TableOperations operations = Tables.operations(table);
    TableMetadata base = operations.current();
    long head = base.currentSnapshot() == null ? 0 : base.currentSnapshot().snapshotId();
    if (head == to && (expectedHead == to || recorded(base, expectedHead, to))) {
      return true;
    }
    check(ref, table, head, to, expectedHead);
    Instant now = clock.instant();
    int number = number(base);
    TableMetadata.Builder update = TableMetadata.buildFrom(base);
    if (head != 0) {
      long age =
          Duration.between(Instant.ofEpochMilli(base.snapshot(head).timestampMillis()), now)
              .plus(window)
              .toMillis();
      update.setRef(
          "tidemark-before-rollback-" + number,
          SnapshotRef.tagBuilder(head).maxRefAgeMs(Math.max(1, age)).build());
    }
    long sequence = 0;
    if (to == 0) {
      update.removeRef(SnapshotRef.MAIN_BRANCH);
    } else {
      Snapshot target = table.snapshot(to);
      sequence = target.sequenceNumber();
      update.setBranchSnapshot(to, SnapshotRef.MAIN_BRANCH);
      restoreShape(table, base, target, update);
    }
    Map<String, Object> record = new LinkedHashMap<>();
    record.put("from", head);
    record.put("to", to);
    record.put("at", now.toString());
    record.put("sequence", sequence);
    record.put("who", reason.who());
    record.put("why", reason.why());
    update.setProperties(Map.of(RECORD + number, Json.write(record)));
    operations.commit(base, update.build());
    return false;
  }

  private static void restoreShape(
      Table table, TableMetadata base, Snapshot target, TableMetadata.Builder update) {
    if (target.schemaId() != null && base.schemasById().containsKey(target.schemaId())) {
      update.setCurrentSchema(target.schemaId());
    }
    spec(table, target)
        .ifPresent(
            spec -> {
              if (base.specsById().containsKey(spec)) {
                update.setDefaultPartitionSpec(spec);
              }
            });
  }

  private static void check(TableRef ref, Table table, long head, long to, long expectedHead) {
    if (to != 0 && table.snapshot(to) == null) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LAKE-060",
              "table '" + ref + "' has no snapshot " + to,
              "it never existed, or it has expired",
              "choose one of the snapshots that are kept"));
    }
    if (head != expectedHead) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-LAKE-061",
              "table '" + ref + "' is at snapshot " + head + " and not at " + expectedHead,
              "somebody committed since you looked; rolling back would drop that commit too",
              "look at the table again and repeat with the head that you then expect"));
    }
    if (!wasMain(table, head, to)) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LAKE-062",
              "snapshot " + to + " of table '" + ref + "' is not in main's history",
              "it belongs to a branch whose content has not been published, or expiry has taken it"
                  + " out of main's history",
              "choose a snapshot of main's history; publish a run to get its candidate"));
    }
  }

  /** The partition spec that was written with at a snapshot, as far as its manifests tell. */
  private static OptionalInt spec(Table table, Snapshot target) {
    for (Snapshot snapshot : History.ancestry(table, target)) {
      for (ManifestFile manifest : snapshot.dataManifests(table.io())) {
        boolean wrote = manifest.snapshotId() == snapshot.snapshotId() && manifest.hasAddedFiles();
        if (wrote) {
          return OptionalInt.of(manifest.partitionSpecId());
        }
      }
    }
    return OptionalInt.empty();
  }

  private static boolean wasMain(Table table, long head, long to) {
    boolean was =
        to == 0 || table.history().stream().map(HistoryEntry::snapshotId).anyMatch(id -> id == to);
    if (!was && head != 0) {
      for (Snapshot ancestor : History.ancestry(table, table.snapshot(head))) {
        was |= ancestor.snapshotId() == to;
      }
    }
    return was;
  }

  private static boolean recorded(TableMetadata metadata, long from, long to) {
    Map.Entry<Integer, Done> last = done(metadata.properties()).lastEntry();
    return last != null && last.getValue().from() == from && last.getValue().to() == to;
  }

  /** The number of the next rollback, counted from 1. */
  private static int number(TableMetadata metadata) {
    TreeMap<Integer, Done> done = done(metadata.properties());
    return done.isEmpty() ? 1 : done.lastKey() + 1;
  }

  /**
   * A rollback that was made.
   *
   * @param sequence of the snapshot that main went back to; negative if it is not known
   */
  record Done(long from, long to, long sequence) {}

  /** By number; records that cannot be read count as ones that moved nothing. */
  static TreeMap<Integer, Done> done(Map<String, String> properties) {
    TreeMap<Integer, Done> done = new TreeMap<>();
    properties.forEach(
        (key, value) -> {
          String digits = key.startsWith(RECORD) ? key.substring(RECORD.length()) : "";
          if (digits.matches("\\d{1,8}")) {
            Map<?, ?> record = Json.parse(value) instanceof Map<?, ?> map ? map : Map.of();
            done.put(
                Integer.valueOf(digits),
                new Done(number(record, "from"), number(record, "to"), number(record, "sequence")));
          }
        });
    return done;
  }

  private static long number(Map<?, ?> record, String name) {
    return record.get(name) instanceof Number number ? number.longValue() : -1;
  }
}
