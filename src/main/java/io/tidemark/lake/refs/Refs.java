package io.tidemark.lake.refs;

import io.tidemark.model.Problem;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.iceberg.ManageSnapshots;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;

/**
 * Branches and tags. Iceberg does not retry changes of refs: any concurrent commit makes them fail.
 * So each is a loop that looks at the table first and is done when the table is as wanted, whoever
 * made it so; that covers lost answers too.
 */
public final class Refs {
  /** Holds a snapshot outside main, which forces every expiry to look at what is reachable. */
  public static final String GUARD = "tidemark-guard";

  private static final String LEASE = "tidemark-lease-";
  private static final int ATTEMPTS = 30;

  /** More commits that succeed and change nothing are no accident. */
  private static final int MOST_VAIN_COMMITS = 3;

  private final Tables tables;
  private final Clock clock;
  private final Backoff backoff;

  public Refs(Tables tables, Clock clock, Backoff backoff) {
    this.tables = tables;
    this.clock = clock;
    this.backoff = backoff;
  }

  public void lease(TableRef ref, long snapshot, String holder, Instant until) {
    tag(ref, LEASE + holder + "-" + snapshot, snapshot, until);
  }

  public static Set<String> holders(Table table) {
    Set<String> holders = new TreeSet<>();
    for (String name : table.refs().keySet()) {
      int end = name.lastIndexOf('-');
      if (name.startsWith(LEASE) && end > LEASE.length()) {
        holders.add(name.substring(LEASE.length(), end));
      }
    }
    return holders;
  }

  /** Whether a tag is somebody's lease. */
  public static boolean isLease(String name) {
    return name.startsWith(LEASE);
  }

  public void release(TableRef ref, String holder) {
    String prefix = LEASE + holder + "-";
    remove(
        ref,
        name ->
            name.startsWith(prefix)
                && name.substring(prefix.length()).chars().allMatch(Character::isDigit));
  }

  /**
   * Sets a tag at a snapshot, moving it there if it is elsewhere. Iceberg counts a ref's age from
   * its snapshot's time and not from when the ref was made, hence the sum.
   */
  public void tag(TableRef ref, String name, long snapshot, Instant until) {
    change(
        ref,
        table -> isTagged(ref, table, name, snapshot, until),
        (table, change) -> describeTag(ref, table, change, name, snapshot, until));
  }

  boolean isTagged(TableRef ref, Table table, String name, long snapshot, Instant until) {
    SnapshotRef found = table.refs().get(name);
    return found != null
        && found.snapshotId() == snapshot
        && found.maxRefAgeMs() != null
        && found.maxRefAgeMs() >= age(require(ref, table, snapshot), until);
  }

  public void describeTag(
      TableRef ref,
      Table table,
      ManageSnapshots change,
      String name,
      long snapshot,
      Instant until) {
    Snapshot target = require(ref, table, snapshot);
    SnapshotRef found = table.refs().get(name);
    if (found == null) {
      change.createTag(name, snapshot);
    } else if (found.snapshotId() != snapshot) {
      change.replaceTag(name, snapshot);
    }
    change.setMaxRefAgeMs(name, age(target, until));
  }

  private long age(Snapshot snapshot, Instant until) {
    Instant end = until.isBefore(clock.instant()) ? clock.instant() : until;
    return Math.max(
        1, Duration.between(Instant.ofEpochMilli(snapshot.timestampMillis()), end).toMillis());
  }

  private static Snapshot require(TableRef ref, Table table, long snapshot) {
    return Optional.ofNullable(table.snapshot(snapshot))
        .orElseThrow(
            () ->
                TidemarkException.external(
                    Problem.of(
                        "TM-LAKE-030",
                        "snapshot " + snapshot + " of table '" + ref + "' has expired",
                        "its files may be deleted at any time, so nothing can be built on it",
                        "plan again, from the table as it is now"),
                    null));
  }

  public void branch(TableRef ref, String branch, long snapshot) {
    change(
        ref,
        table -> table.refs().containsKey(branch),
        (table, change) -> {
          require(ref, table, snapshot);
          change.createBranch(branch, snapshot);
        });
  }

  public void remove(TableRef ref, Predicate<String> names) {
    change(
        ref,
        table -> table.refs().keySet().stream().noneMatch(names),
        (table, change) ->
            List.copyOf(table.refs().entrySet()).stream()
                .filter(e -> names.test(e.getKey()))
                .forEach(
                    e -> {
                      if (e.getValue().isBranch()) {
                        change.removeBranch(e.getKey());
                      } else {
                        change.removeTag(e.getKey());
                      }
                    }));
  }

  @FunctionalInterface
  private interface Change {
    void describe(Table table, ManageSnapshots change);
  }

  private void change(TableRef ref, Predicate<Table> done, Change change) {
    retry(
        ref,
        table -> {
          if (done.test(table)) {
            return true;
          }
          ManageSnapshots update = table.manageSnapshots();
          change.describe(table, update);
          update.commit();
          return false;
        });
  }

  /**
   * Runs an attempt on the table as it is now until it finds nothing left to do.
   *
   * @param attempt true if the table is as wanted; false after a commit to make it so
   */
  public void retry(TableRef ref, Predicate<Table> attempt) {
    RuntimeException last = null;
    int vain = 0;
    for (int i = 1; i <= ATTEMPTS && vain <= MOST_VAIN_COMMITS; i++) {
      if (last != null) {
        backoff.pause(i - 1);
      }
      try {
        if (attempt.test(tables.load(ref))) {
          return;
        }
        last = null;
        vain++;
      } catch (CommitFailedException | CommitStateUnknownException e) {
        last = e;
      }
    }
    throw last != null ? last : dropsBranches(ref);
  }

  public TidemarkException dropsBranches(TableRef ref) {
    return TidemarkException.user(
        Problem.of(
            "TM-LAKE-023",
            "catalog '" + tables.catalog().name() + "' does not keep branches and tags",
            "one made on table '"
                + ref
                + "' is not there when the table is read again; candidates would land on main",
            "use a catalog that keeps Iceberg branches and tags, such as JDBC"));
  }

  /** For one commit whose failure is harmless. */
  public void attempt(TableRef ref, Consumer<Table> action) {
    retry(
        ref,
        table -> {
          action.accept(table);
          return true;
        });
  }
}
