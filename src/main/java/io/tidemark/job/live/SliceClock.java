package io.tidemark.job.live;

import io.tidemark.job.slice.EventTime;
import io.tidemark.model.Grain;
import io.tidemark.model.SliceSet;
import java.io.Serializable;
import java.util.List;

/**
 * How far a task's slices are closed when all sources are complete up to a time: a function of that
 * time alone, so that whoever knows the time knows the same. Times are microseconds since 1970;
 * {@link Long#MIN_VALUE} is before and {@link Long#MAX_VALUE} after all time. Immutable.
 */
final class SliceClock implements Serializable {
  private static final long serialVersionUID = 1;

  private final Grain grain;
  private final long lookback;
  private final long lookahead;
  private final long first;
  private final boolean topics;
  private final List<SliceClock> upstream;

  private SliceClock(
      Grain grain,
      long lookback,
      long lookahead,
      long first,
      boolean topics,
      List<SliceClock> upstream) {
    this.grain = grain;
    this.lookback = lookback;
    this.lookahead = lookahead;
    this.first = first;
    this.topics = topics;
    this.upstream = List.copyOf(upstream);
  }

  /**
   * Of a task that reads topics.
   *
   * @param first where its first open slice starts; the least long if it owns all
   * @param upstream the tasks that it reads as well
   */
  static SliceClock ofTopics(
      Grain grain, long lookback, long lookahead, long first, List<SliceClock> upstream) {
    return new SliceClock(grain, lookback, lookahead, first, true, upstream);
  }

  /** Of a task that reads other tasks alone. */
  static SliceClock ofTasks(
      Grain grain, long lookback, long lookahead, long first, List<SliceClock> upstream) {
    return new SliceClock(grain, lookback, lookahead, first, false, upstream);
  }

  /** Where the first slice starts that is open at the start of the job. */
  long first() {
    return first;
  }

  /** From where rows are needed for the slices that are open at the start. */
  long readFrom() {
    return first == Long.MIN_VALUE ? first : first - lookback;
  }

  /** Where the first open slice starts, all sources being complete up to a time. */
  long openFrom(long complete) {
    long inputs = topics ? complete : Long.MAX_VALUE;
    for (SliceClock clock : upstream) {
      inputs = Math.min(inputs, clock.openFrom(complete));
    }
    return floor(inputs);
  }

  /** The same, all inputs of this task being complete up to a time. */
  long floor(long inputs) {
    if (inputs == Long.MAX_VALUE) {
      return Long.MAX_VALUE;
    } else if (grain == Grain.ALL || inputs < Long.MIN_VALUE + lookahead) {
      return first;
    }
    long time = inputs - lookahead;
    return Math.max(first, EventTime.start(grain, EventTime.ordinal(grain, time)));
  }

  /** Up to where the task is told that its inputs are complete, for this first open slice. */
  long watermark(long openFrom) {
    return openFrom == Long.MIN_VALUE || openFrom == Long.MAX_VALUE
        ? openFrom
        : openFrom + lookahead;
  }

  /**
   * The open slices that a row is needed for.
   *
   * @param openFrom where the first open slice starts
   * @param time of the row
   */
  SliceSet reached(long openFrom, long time) {
    long last = time + lookback;
    if (grain == Grain.ALL || last < openFrom || openFrom == Long.MAX_VALUE) {
      return SliceSet.empty(grain);
    }
    return SliceSet.range(
        grain,
        EventTime.ordinal(grain, Math.max(openFrom, time - lookahead)),
        EventTime.ordinal(grain, last) + 1);
  }

  Grain grain() {
    return grain;
  }

  /** As Flink counts: the last millisecond that is complete, from the first that is not. */
  static long toFlink(long micros) {
    return micros == Long.MIN_VALUE || micros == Long.MAX_VALUE
        ? micros
        : Math.floorDiv(micros, 1000L) - 1;
  }

  /** The first microsecond that is not complete, from the last millisecond that is. */
  static long fromFlink(long millis) {
    return millis == Long.MIN_VALUE || millis >= Long.MAX_VALUE / 1000 - 1
        ? (millis == Long.MIN_VALUE ? millis : Long.MAX_VALUE)
        : Math.max(millis, Long.MIN_VALUE / 1000) * 1000 + 1000;
  }
}
