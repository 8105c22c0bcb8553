package io.tidemark.model;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Where a run stands. The table of edges below is the only place that says what may follow. */
public enum RunState {
  /** Recorded; nothing has touched a table. */
  PLANNED,
  /** Inputs are being leased, slices built and verified on the branch. */
  RUNNING,
  /** All evidence is there and nothing stands against publishing. */
  READY,
  /** All evidence is there, and it stops the publish: unexplained rows or a failed check. */
  BLOCKED,
  /** Tables are being switched one by one; a crash here is completed or inverted. */
  PUBLISHING,
  /** Main has every slice. */
  PUBLISHED,
  /** Slices are being put back. */
  REVERTING,
  /** Every published slice was put back. */
  REVERTED,
  /** Stopped by an error that a retry may pass; its candidate is kept. */
  FAILED,
  /** Given up; branch and leases are gone. */
  ABANDONED;

  private static final Map<RunState, Set<RunState>> EDGES = new EnumMap<>(RunState.class);

  static {
    EDGES.put(PLANNED, EnumSet.of(RUNNING, ABANDONED));
    EDGES.put(RUNNING, EnumSet.of(READY, BLOCKED, FAILED, ABANDONED));
    EDGES.put(FAILED, EnumSet.of(RUNNING, PUBLISHING, ABANDONED));
    EDGES.put(READY, EnumSet.of(PUBLISHING, RUNNING, ABANDONED));
    EDGES.put(BLOCKED, EnumSet.of(RUNNING, ABANDONED));
    EDGES.put(PUBLISHING, EnumSet.of(PUBLISHED, FAILED, READY));
    EDGES.put(PUBLISHED, EnumSet.of(REVERTING));
    EDGES.put(REVERTING, EnumSet.of(REVERTED, PUBLISHED));
    EDGES.put(REVERTED, EnumSet.noneOf(RunState.class));
    EDGES.put(ABANDONED, EnumSet.noneOf(RunState.class));
  }

  /** The states that may come next. */
  public Set<RunState> successors() {
    return Set.copyOf(EDGES.get(this));
  }

  /** Whether a process is at work on the run, or was when it ended. */
  public boolean isUnderWay() {
    return this == RUNNING || this == PUBLISHING || this == REVERTING;
  }

  /** Whether nothing more can happen to the run. */
  public boolean isFinal() {
    return EDGES.get(this).isEmpty();
  }
}
