package io.tidemark.control;

import io.tidemark.model.RunState;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How runs get on, by what the control database has of them.
 *
 * @param at when it was read
 * @param runs newest first
 * @param newest how far the first of them is; empty if there is none
 * @param leases that processes hold now on runs, tables and live jobs
 */
public record RunsWatched(
    Instant at, List<Watched> runs, Optional<Progress> newest, List<Lease> leases)
    implements Report {
  public RunsWatched {
    runs = List.copyOf(runs);
    leases = List.copyOf(leases);
  }

  /**
   * One run.
   *
   * @param rebases how often its work was taken up on newer heads
   * @param transitions the states it came into, oldest first
   */
  public record Watched(Report.RunLine run, long rebases, List<Transition> transitions) {
    public Watched {
      transitions = List.copyOf(transitions);
    }
  }

  /**
   * How far a run is.
   *
   * @param builtSlices of {@code run.slices()}, those whose build is done
   * @param built what the builds that are done wrote, also such as were made again after a conflict
   * @param rows in the slices that were verified
   * @param unexplained rows that no expected change covers
   */
  public record Progress(long builtSlices, Built built, long rows, long unexplained) {}

  /**
   * What builds wrote.
   *
   * @param newest when the last of them was done; empty if none is
   */
  public record Built(long rows, long bytes, Optional<Instant> newest) {}

  /**
   * When a run came into a state.
   *
   * @param code of the problem that brought it there; empty for the normal course
   */
  public record Transition(RunState state, Optional<String> code, Instant entered) {}

  /**
   * @param holder process and host
   */
  public record Lease(String name, String holder, Instant expires) {}

  @Override
  public <T> T accept(Visitor<T> visitor) {
    return visitor.runsWatched(this);
  }
}
