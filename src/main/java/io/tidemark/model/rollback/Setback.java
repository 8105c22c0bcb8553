package io.tidemark.model.rollback;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a rollback takes from main, and what it gives back.
 *
 * @param table as {@code namespace.name}
 * @param from main's snapshot before
 * @param to main's snapshot after
 * @param at when that was committed
 * @param lost commits that main no longer holds, newest first; not those of live jobs
 * @param regained commits that main holds again, newest first; not those of live jobs
 * @param live what live jobs committed in between; empty if nothing
 * @param companions tables that go back with it: dead letters and late rows of the same checkpoints
 */
public record Setback(
    String table,
    long from,
    long to,
    Instant at,
    Rows rows,
    List<Commit> lost,
    List<Commit> regained,
    Optional<Live> live,
    List<Companion> companions) {

  /** What main holds, before and after. */
  public record Rows(long before, long after) {}

  /**
   * A commit.
   *
   * @param what for people
   */
  public record Commit(long snapshot, Instant at, String what, long added, long removed) {}

  /**
   * What live jobs committed.
   *
   * @param lost checkpoints that main no longer holds
   * @param regained checkpoints that main holds again
   * @param offsets of a source, per partition, where it differs
   */
  public record Live(int lost, int regained, List<Offset> offsets) {
    public Live {
      offsets = List.copyOf(offsets);
    }
  }

  /**
   * Up to where main answers for a partition.
   *
   * @param before the first offset that it did not answer for
   * @param after the first offset that it does not answer for then, and that is read next
   */
  public record Offset(int partition, long before, long after) {}

  /**
   * A table that goes back as well.
   *
   * @param from 0 if it holds nothing
   * @param to 0 if it is to hold nothing
   */
  public record Companion(String table, long from, long to, long rowsBefore, long rowsAfter) {}

  public Setback {
    Objects.requireNonNull(table, "table");
    Objects.requireNonNull(at, "at");
    Objects.requireNonNull(rows, "rows");
    lost = List.copyOf(lost);
    regained = List.copyOf(regained);
    Objects.requireNonNull(live, "live");
    companions = List.copyOf(companions);
  }
}
