package io.tidemark.lake.setup;

import io.tidemark.lake.refs.Refs;
import io.tidemark.lake.refs.Tables;
import io.tidemark.model.TableRef;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.expressions.Expressions;

/**
 * The guard branch: one empty snapshot outside main. While there is any such snapshot, Iceberg's
 * expiry deletes only files that nothing reaches; without one it deletes every file that an expired
 * snapshot removed, even if a later revert put it back.
 *
 * <p>Making it also shows whether the catalog keeps branches at all.
 */
public final class Guard {
  public static final String MARK = "tidemark.guard";

  private final Tables tables;
  private final Refs refs;

  public Guard(Tables tables, Refs refs) {
    this.tables = tables;
    this.refs = refs;
  }

  /** The guard's snapshot, which holds no files. */
  public long ensure(TableRef ref) {
    Snapshot guard = tables.load(ref).snapshot(Refs.GUARD);
    if (guard != null && guard.summary().containsKey(MARK)) {
      return guard.snapshotId();
    }
    refs.attempt(ref, table -> make(ref, table));
    guard = tables.load(ref).snapshot(Refs.GUARD);
    if (guard == null) {
      throw refs.dropsBranches(ref);
    }
    return guard.snapshotId();
  }

  private void make(TableRef ref, Table table) {
    if (table.currentSnapshot() == null && !table.refs().containsKey(Refs.GUARD)) {
      table.newFastAppend().toBranch(Refs.GUARD).set(MARK, "empty").commit();
      return;
    }
    // Only once the branch is seen to be one may its files be dropped: a catalog without branches
    // would drop those of main.
    if (!table.refs().containsKey(Refs.GUARD)) {
      refs.branch(ref, Refs.GUARD, table.currentSnapshot().snapshotId());
    }
    Table again = tables.load(ref);
    if (!again.refs().containsKey(Refs.GUARD)) {
      throw refs.dropsBranches(ref);
    }
    if (!again.snapshot(Refs.GUARD).summary().containsKey(MARK)) {
      again
          .newDelete()
          .deleteFromRowFilter(Expressions.alwaysTrue())
          .toBranch(Refs.GUARD)
          .set(MARK, "empty")
          .commit();
    }
  }
}
