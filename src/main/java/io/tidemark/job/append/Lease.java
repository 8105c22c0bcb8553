package io.tidemark.job.append;

import io.tidemark.job.slice.TableCommit;
import io.tidemark.model.LiveMark;
import io.tidemark.model.Problem;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import java.util.Optional;
import org.apache.iceberg.Snapshot;

/**
 * The right to commit to a table: its newest mark is the one that this job made last or, before its
 * first commit, the one that its start was planned from.
 *
 * @param job this start
 * @param last the checkpoint of the job's newest commit to the table
 * @param since the mark that the start was planned from
 */
record Lease(TableRef table, String job, Optional<Long> last, Optional<LiveMark> since)
    implements TableCommit.Condition {

  /** The newest mark of a history, and whether that is all of the history. */
  private record Newest(Optional<LiveMark> mark, boolean whole) {
    static Newest of(Iterable<Snapshot> ancestors) {
      boolean whole = true;
      for (Snapshot snapshot : ancestors) {
        Optional<LiveMark> mark = StampSummary.readMark(snapshot.summary());
        if (mark.isPresent()) {
          return new Newest(mark, true);
        }
        whole = snapshot.parentId() == null;
      }
      return new Newest(Optional.empty(), whole);
    }
  }

  @Override
  public Optional<Problem> broken(Iterable<Snapshot> ancestors) {
    Newest newest = Newest.of(ancestors);
    if (newest.mark.isEmpty()) {
      boolean none = last.isEmpty() && since.isEmpty();
      return none || !newest.whole ? Optional.empty() : Optional.of(rolledBack());
    }
    LiveMark mark = newest.mark.get();
    if (mark.job().equals(job)) {
      return ours(mark, last.orElse(0L));
    } else if (last.isPresent()) {
      return Optional.of(taken(mark));
    }
    return since.filter(s -> isSame(s, mark)).isPresent()
        ? Optional.empty()
        : Optional.of(taken(mark));
  }

  /**
   * What is wrong with a history that the job is to go on from, as of a checkpoint that it was
   * restored from.
   *
   * @param checkpoint 0 if it was not
   */
  Optional<Problem> brokenAt(long checkpoint, Iterable<Snapshot> ancestors) {
    Optional<LiveMark> mark = Newest.of(ancestors).mark;
    if (mark.isEmpty() || !mark.get().job().equals(job)) {
      return broken(ancestors);
    }
    // What the checkpoint itself was about may be committed or not; its key will tell.
    return mark.get().checkpoint() < checkpoint && mark.get().phase() == LiveMark.Phase.RUNNING
        ? Optional.empty()
        : ours(mark.get(), checkpoint);
  }

  private Optional<Problem> ours(LiveMark mark, long expected) {
    if (mark.phase() == LiveMark.Phase.RELEASED) {
      return Optional.of(released());
    } else if (mark.checkpoint() == expected) {
      return Optional.empty();
    }
    return Optional.of(
        mark.checkpoint() < expected ? rolledBack() : putBack(mark.checkpoint(), expected));
  }

  private static boolean isSame(LiveMark one, LiveMark other) {
    return one.job().equals(other.job())
        && one.epoch() == other.epoch()
        && one.checkpoint() == other.checkpoint()
        && one.phase() == other.phase();
  }

  private Problem taken(LiveMark mark) {
    return Problem.of(
        "TM-LIVE-030",
        "live job " + mark.job() + " (start " + mark.epoch() + ") holds table " + table,
        "its newest mark, of checkpoint "
            + mark.checkpoint()
            + ", is not one that this start knows; two jobs in one table would double rows",
        "let that job run, or stop it and start again: a start goes on from the newest mark");
  }

  private Problem putBack(long newest, long checkpoint) {
    return Problem.of(
        "TM-LIVE-031",
        "the job was put back to a checkpoint before its newest commit to table " + table,
        "the table has its checkpoint "
            + newest
            + ", the job goes on from "
            + (checkpoint == 0 ? "none" : Long.toString(checkpoint))
            + "; what it would commit is partly there already",
        "start the live job anew: it goes on from the tables, not from a checkpoint");
  }

  private Problem released() {
    return Problem.of(
        "TM-LIVE-035",
        "this job was stopped and gave up the open slices of table " + table,
        "they are written by runs now",
        "start the live job anew if it is to own them again");
  }

  private Problem rolledBack() {
    return Problem.of(
        "TM-LIVE-032",
        "table " + table + " no longer has this job's newest commit",
        "it was rolled back or replaced, so rows that the job has read are gone from it",
        "start the live job anew: it goes on from the offsets that the table has now");
  }
}
