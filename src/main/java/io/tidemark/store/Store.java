package io.tidemark.store;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Evidence;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The durable control state. Tables stay the truth of what is published: everything here but the
 * progress of unfinished runs can be rebuilt from snapshot summaries. All changes are
 * compare-and-set, so that two processes cannot both win. Thread-safe.
 */
public interface Store extends AutoCloseable {

  /** One run as recorded. {@code graph} is the graph it was planned from. */
  record RunRow(
      RunId id,
      RunState state,
      Plan plan,
      Graph graph,
      String reason,
      Instant created,
      Instant updated) {}

  /** A finished step of a run: its result document, as JSON, empty where it has none. */
  record StepRow(String stepId, String result, Instant finished) {}

  /** Records a run in state PLANNED. Does nothing if the run exists with the same plan. */
  void createRun(RunId id, Plan plan, Graph graph, Instant now);

  /** Records a run as tables tell of it, in whatever state. Does nothing if the run exists. */
  void restoreRun(RunRow run);

  /** Empty if no run of this id was recorded. */
  Optional<RunRow> findRun(RunId id);

  /** Newest first. */
  List<RunRow> runs(int limit);

  /**
   * Moves a run along an edge of {@link RunState}.
   *
   * @param reason for people, why, and first the code if it is a problem; empty for the normal
   *     course
   * @return false if the run is not in {@code from} any more
   * @throws IllegalArgumentException if there is no such edge
   */
  boolean move(RunId id, RunState from, RunState to, String reason, Instant now);

  /**
   * A run came into a state.
   *
   * @param reason for people, why; empty for the normal course
   */
  record Transition(RunState state, String reason, Instant entered) {}

  /** The states a run came into, oldest first, without PLANNED, which is when it was created. */
  List<Transition> transitions(RunId id);

  /** Records that a step is done; keeps the first result if it already was. */
  void finishStep(RunId id, String stepId, String result, Instant now);

  /** The finished steps, in the order they finished. */
  List<StepRow> steps(RunId id);

  /** Replaces the evidence of one dataset of a run. */
  void putEvidence(RunId id, Evidence evidence);

  /** What was found out about a run's candidates, ordered by dataset. */
  List<Evidence> evidence(RunId id);

  /**
   * Takes or renews a lease: only one holder at a time has it.
   *
   * @param holder names process and host, for the message that another one prints
   * @return empty if it was taken; else who has it
   */
  Optional<LeaseRow> acquire(String lease, String holder, Duration ttl, Instant now);

  /**
   * Renews a lease that was taken, also one that is over and that nobody has taken since.
   *
   * @return false if this holder has it no more, even if nobody has
   */
  boolean renew(String lease, String holder, Duration ttl, Instant now);

  /** Gives a lease up, if this holder has it. */
  void release(String lease, String holder);

  /** The leases that hold at a time, by name. */
  List<LeaseRow> leases(Instant now);

  /**
   * @param expires when anyone may take it, unless it is renewed
   */
  record LeaseRow(String lease, String holder, Instant expires) {}

  /**
   * Remembers how fast a dataset was built; a moving average of the last builds.
   *
   * @param bytesPerSecond of input, as plans estimate it
   */
  void recordRate(DatasetId dataset, double bytesPerSecond);

  /** The averages of {@link #recordRate}, in bytes of input per second. */
  Map<DatasetId, Double> rates();

  /**
   * What is known of a live job beside what its tables say.
   *
   * @param name of the live job, or of what is done with it
   * @param version from 1; each change adds one
   * @param document JSON of whoever records it
   */
  record LiveRow(String name, long version, String document) {}

  /** What was recorded of a live job last. */
  Optional<LiveRow> findLive(String name);

  /**
   * Records a document in place of the one before.
   *
   * @param row with the version after the one that was read; 1 if there was none
   * @return false if somebody else was faster
   */
  boolean putLive(LiveRow row, Instant now);

  /** Forgets what was recorded, if it is still of this version; false if it is not. */
  boolean dropLive(String name, long version);

  @Override
  void close();
}
