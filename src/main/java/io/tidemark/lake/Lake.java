package io.tidemark.lake;

import io.tidemark.model.Analysis;
import io.tidemark.model.Changes;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.LiveMark;
import io.tidemark.model.Pin;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import io.tidemark.model.TimeRanges;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;

/**
 * The tables as control sees them: pins, branches, publish, revert, rollback and everything that
 * can be told from metadata alone. No method reads or moves a row; the cost of each depends on the
 * number of files and snapshots, never of rows.
 *
 * <p>Every change is idempotent by its key or name, looks first after a lost answer, and either
 * happened whole or not at all when it throws a {@link io.tidemark.model.TidemarkException} of
 * category EXTERNAL. Thread-safe.
 */
public interface Lake extends AutoCloseable {

  /** What a table's schema is; empty if the catalog has no such table. */
  Optional<Schema> schema(TableRef table);

  /**
   * Creates a table that is missing with the dataset's schema and partitioning, and adds columns
   * that an existing one lacks (nullable, at the end). Leaves a table that already fits untouched.
   * Also keeps the guard branch that makes re-added files survive any engine's snapshot expiry.
   *
   * @throws io.tidemark.model.TidemarkException USER if the table's columns or partitioning differ
   *     in a way that adding columns cannot mend
   */
  void ensure(Dataset dataset);

  /**
   * All that planning needs to know of one dataset's table; empty if there is none. Inventory per
   * slice of the dataset's grain from manifests; ledger from the publish and revert stamps on main,
   * without slices that hold another number of rows than their stamp says; changes since each of
   * {@code pins}; refusals for slices that cannot be replaced exactly (files that straddle a slice,
   * delete files, an evolved partition spec that does not align).
   */
  Optional<TableFacts> facts(Dataset dataset, Set<Pin> pins);

  /** The analyses found in the stamps on main of a table, by fingerprint. */
  Map<Fingerprint, Analysis> analyses(TableRef table);

  /** What happened to main since a pin, compaction of the same rows not counted. */
  Changes changesSince(Dataset dataset, Pin pin);

  /**
   * The event time that live jobs' commits on main touched from one moment on and before another.
   *
   * @param after the snapshot that they follow; 0, or one that is not in history any more, for all
   *     that are left
   */
  TimeRanges live(Dataset dataset, long after, Instant from, Instant to);

  /**
   * The rows that a snapshot holds in each of the slices, as its manifests count them; slices
   * without rows are missing. A file that straddles slices counts in the first of them.
   */
  Map<Long, Long> rows(Dataset dataset, long snapshot, SliceSet slices);

  /**
   * Whether statistics of main's files say that a column has values in any row. Files without
   * statistics of the column count as without values.
   */
  boolean holdsValues(TableRef table, String column);

  /** Main's or a branch's snapshot; empty when the ref or the table does not exist. */
  Optional<Long> head(TableRef table, String ref);

  /**
   * Keeps a snapshot from expiring until it is released: an Iceberg tag named after the holder. The
   * tag's own age limit lets other engines clean up after a holder that never comes back.
   *
   * @throws io.tidemark.model.TidemarkException EXTERNAL if the snapshot is already gone
   */
  void lease(TableRef table, long snapshot, String holder, Instant until);

  /** Who has leases on a table. */
  Set<String> holders(TableRef table);

  /** Gives up every lease of a holder on a table; does nothing if there is none. */
  void release(TableRef table, String holder);

  /** Cuts a branch at main's snapshot {@code base} (0: an empty branch); keeps one that exists. */
  void branch(TableRef table, String branch, long base);

  /** Drops a branch; does nothing if there is none. */
  void dropBranch(TableRef table, String branch);

  /**
   * Deletes data files that jobs wrote for a branch and that no snapshot of the table names, on
   * whatever branch. Only for a branch that nobody writes to any more.
   *
   * @return how many; 0 where the catalog's files cannot be listed, or tables may share them
   */
  int deleteOrphans(TableRef table, String branch);

  /** The stamps on a ref, newest first, as far as its history goes. */
  List<Committed> stamps(TableRef table, String ref);

  /** The commit with this idempotence key on a ref. */
  Optional<Committed> find(TableRef table, String ref, String key);

  /**
   * The newest mark of a live job on a ref, as that commit made it: the doubts of earlier ones are
   * not in it. Also where the commit itself has expired, if {@link #remember} was called between.
   */
  Optional<LiveMark> liveMark(TableRef table, String ref);

  /**
   * The marks of live jobs on a ref, newest first, as far as its history and what {@link #remember}
   * noted go.
   */
  List<LiveMark> liveMarks(TableRef table, String ref);

  /**
   * Marks of main that speak once of every offset that live jobs took, newest first. Several that
   * were noted as one by {@link #remember} come as one.
   */
  List<LiveMark> taken(TableRef table);

  /**
   * Per partition of a source's topic the first offset that a snapshot of its table does not answer
   * for; empty where the snapshot, or what led to it, has expired.
   */
  Optional<SortedMap<Integer, Long>> offsetsAt(Dataset source, long snapshot);

  /**
   * Notes what the commits of live jobs on main say where no engine's expiry takes it away: their
   * jobs, which write the tables, only commit. Publishes and reverts do it besides. Does nothing
   * for a table that no live job writes.
   */
  default void remember(TableRef table) {
    remember(table, Instant.MAX);
  }

  /**
   * The same for a caller that comes often: a commit that closed nothing, is main's head and was
   * made after {@code quiet} is soon followed by others and not noted.
   */
  void remember(TableRef table, Instant quiet);

  /**
   * Gives the open slices of a live job that is stopped to runs, by a mark that says so. Does
   * nothing if no live job owns any. A job that goes on after all is fenced off by it.
   */
  void releaseLive(Dataset dataset);

  /**
   * Notes all that would be forgotten if main's history expired now, by whatever engine: besides
   * what {@link #remember} notes, the changes since the pins, and where compactions put the rows of
   * publishes that may still be reverted. Does nothing if all is noted.
   *
   * @param pins of slices that were made from the table
   */
  void chronicle(Dataset dataset, Set<Pin> pins);

  /**
   * Forgets snapshots and deletes the files that only they needed, after noting what they tell.
   * Keeps what branches, tags, leases, runs and the newest live mark need.
   *
   * @param olderThan newer snapshots stay
   * @param keep the newest ones that stay whatever their age
   * @param pins as in {@link #chronicle}
   * @return how many snapshots went
   */
  int expire(Dataset dataset, Instant olderThan, int keep, Set<Pin> pins);

  /**
   * The slices of main that consist of more files than their bytes need, and whose files can be
   * exchanged for others.
   *
   * @param atLeast this many small files of one partition, from 2
   */
  List<Fragmented> fragmented(Dataset dataset, int atLeast);

  /**
   * A slice of too many files.
   *
   * @param files all that the slice has
   */
  record Fragmented(long ordinal, int files, long rows, long bytes) {}

  /** A stamped commit. */
  record Committed(long snapshot, Optional<Long> parent, Instant at, Stamp stamp) {}

  /**
   * Replaces, in one conditional metadata commit on main, the files of the slices by those that the
   * candidate holds for them, and keeps the state before under a tag for reverting.
   *
   * <p>Refuses with a conflict if since {@code base} anything but a compaction of the same rows
   * touched a slice. Retries when only other parts of main moved. Does nothing if the stamp's key
   * is already on main.
   *
   * @param base main's snapshot that the candidate was cut from; 0 for an empty main
   * @param candidate the branch snapshot whose files are published
   * @param slices those to replace
   */
  Outcome publish(Dataset dataset, long base, long candidate, SliceSet slices, Stamp stamp);

  /**
   * Puts slices back to what they were before a publish, keeping every later commit: the publish's
   * files leave, the files it removed return with their statistics, rows appended since stay.
   *
   * <p>Refuses with a conflict if a later publish replaced a slice, or if rows from elsewhere can
   * no longer be told apart.
   *
   * @param publish the snapshot of the publish to undo
   */
  Outcome revert(Dataset dataset, long publish, SliceSet slices, Stamp stamp);

  /** Whether {@link #switchTogether} can be called: the catalog has a transaction over tables. */
  boolean switchesTogether();

  /**
   * Makes several publishes or reverts as {@link #publish} and {@link #revert} would one after the
   * other, but all in one transaction of the catalog: whoever reads its pointers in one transaction
   * sees all of them or none. Those whose key is on main already count as done. Several changes of
   * one table must be of slices that do not overlap.
   *
   * @throws IllegalStateException if the catalog does not switch tables together
   */
  Joint switchTogether(List<Change> changes);

  /** What is done to one table. */
  sealed interface Change {
    Dataset dataset();

    SliceSet slices();

    Stamp stamp();
  }

  /** The arguments of {@link #publish}. */
  record Publish(Dataset dataset, long base, long candidate, SliceSet slices, Stamp stamp)
      implements Change {}

  /** The arguments of {@link #revert}. */
  record Revert(Dataset dataset, long publish, SliceSet slices, Stamp stamp) implements Change {}

  /** What became of a joint change. */
  sealed interface Joint {}

  /** All are on main; in the order of the changes. */
  record AllDone(List<Done> changes) implements Joint {
    public AllDone {
      changes = List.copyOf(changes);
    }
  }

  /** None that was not there before is on main, because of this one. */
  record NoneDone(DatasetId dataset, Conflict conflict) implements Joint {}

  /** All that a table keeps of what it was; empty if there is no table. */
  Optional<Past> past(TableRef table);

  /**
   * What a table keeps of what it was.
   *
   * @param head main's snapshot; empty if it holds nothing
   * @param commits every snapshot that is kept, on whatever branch, newest first
   * @param main from when on main was at which snapshot
   * @param refs branches and tags
   */
  record Past(
      Optional<Long> head,
      List<Commit> commits,
      SortedMap<Instant, Long> main,
      SortedMap<String, Long> refs) {
    public Past {
      commits = List.copyOf(commits);
    }
  }

  /**
   * A snapshot that is kept.
   *
   * @param operation in Iceberg's words
   * @param key the idempotence key; empty where the commit has none
   */
  record Commit(
      long snapshot,
      Optional<Long> parent,
      Instant at,
      String operation,
      Rows rows,
      String key,
      Said said) {}

  /** Of a commit; {@code total} is what the snapshot holds. */
  record Rows(long added, long removed, long total) {}

  /** What a commit says of itself, if it is one of ours. */
  record Said(Optional<Stamp> stamp, Optional<LiveMark> mark) {}

  /**
   * Moves a whole table back to a snapshot, with its schema and partition spec, if main is still
   * where the caller expects it. Does nothing if that is done already.
   *
   * @param to 0 for a main that holds nothing
   * @param expectedHead 0 if main holds nothing
   * @throws io.tidemark.model.TidemarkException REFUSED if main's head is not {@code expectedHead};
   *     USER if the snapshot does not exist
   */
  void rollback(TableRef table, long to, long expectedHead, Reason reason);

  /** Who rolls a table back, and why; for people. */
  record Reason(String who, String why) {
    public static final Reason NONE = new Reason("", "");
  }

  /** What became of a conditional commit. A lost answer has already been looked into. */
  sealed interface Outcome {}

  /** It is on main, by this call or an earlier one with the same key. */
  record Done(long snapshot) implements Outcome {}

  /**
   * It is not, and will not be without another decision.
   *
   * @param slices those that somebody else touched
   * @param reason for people
   */
  record Conflict(SliceSet slices, String reason) implements Outcome {}

  /** Reads a document that a job wrote; empty if there is none. */
  Optional<String> readText(TableRef table, String path);

  /** Writes a document, in place of one that is there. */
  void writeText(TableRef table, String path, String text);

  /** Deletes a document; does nothing if there is none. */
  void deleteText(TableRef table, String path);

  /** Where a job should write a document of this name for a table; inside the table's location. */
  String documentPath(TableRef table, String name);

  @Override
  void close();
}
