package io.tidemark.job.live;

import java.time.Duration;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * How far one subtask is in its partitions of a topic. A partition is idle if no record came for
 * some time <em>and</em> a broker said after that time that none is there; so what waits to be read
 * is waited for, however long the brokers were away. Times of the clock are milliseconds of any
 * origin, event times microseconds. Not thread-safe.
 */
final class Standing {
  private final long outOfOrderMicros;
  private final long idleAfterMillis;
  private final TreeMap<Integer, Part> parts = new TreeMap<>();
  private final TreeMap<Integer, Long> before = new TreeMap<>();
  private long complete = Long.MIN_VALUE;

  private static final class Part {
    private long next;
    private long newest = Long.MIN_VALUE;
    private boolean moved = true;
    private long quietSince;
    private boolean idle;
  }

  /**
   * @param idleAfter zero for never
   */
  Standing(Duration outOfOrderness, Duration idleAfter) {
    this.outOfOrderMicros = outOfOrderness.toMillis() * 1000L;
    this.idleAfterMillis = idleAfter.toMillis();
  }

  /** A partition had got to an event of this time when the job failed, whoever read it then. */
  void restored(int partition, long newest) {
    before.merge(partition, newest, Math::max);
  }

  /**
   * The times of the newest events, by partition; without those that had none, and with those that
   * are not assigned to anybody yet.
   */
  SortedMap<Integer, Long> newest() {
    TreeMap<Integer, Long> newest = new TreeMap<>(before);
    parts.forEach(
        (number, part) -> {
          if (part.newest != Long.MIN_VALUE) {
            newest.merge(number, part.newest, Math::max);
          }
        });
    return newest;
  }

  private Part part(int partition) {
    return parts.computeIfAbsent(
        partition,
        p -> {
          Part part = new Part();
          part.newest = before.getOrDefault(p, Long.MIN_VALUE);
          return part;
        });
  }

  /**
   * A partition is this subtask's to read, from an offset on.
   *
   * @return tells the next offset to read; to any thread, a moment late
   */
  LongSupplier assigned(int partition, long next) {
    Part part = part(partition);
    part.next = next;
    return () -> part.next;
  }

  /** A record was read. */
  void record(int partition, long offset) {
    Part part = part(partition);
    part.next = offset + 1;
    part.moved = true;
    part.idle = false;
  }

  /** The last record that was read was an event of this time. */
  void event(int partition, long micros) {
    Part part = parts.get(partition);
    part.newest = Math.max(part.newest, Math.floorDiv(micros, 1000L) * 1000L);
  }

  /** The clock goes on. Gives those to ask a broker about, with the next offset to read. */
  SortedMap<Integer, Long> quiet(long now) {
    TreeMap<Integer, Long> quiet = new TreeMap<>();
    parts.forEach(
        (number, part) -> {
          if (part.moved) {
            part.moved = false;
            part.quietSince = now;
          } else if (idleAfterMillis > 0 && now - part.quietSince >= idleAfterMillis) {
            quiet.put(number, part.next);
          }
        });
    return quiet;
  }

  /**
   * A broker's answer. Those that it was not asked about, or that went on since, are not idle.
   *
   * @param asked as {@link #quiet} gave them
   * @param atEnd those of them with nothing left to read; empty if no broker answered
   */
  void answered(SortedMap<Integer, Long> asked, Set<Integer> atEnd) {
    parts.forEach(
        (number, part) -> {
          Long position = asked.get(number);
          part.idle = position != null && position == part.next && atEnd.contains(number);
        });
  }

  /** How many partitions are this subtask's. */
  int partitions() {
    return parts.size();
  }

  /** Whether nobody needs to wait for any of them. */
  boolean isIdle() {
    return !parts.isEmpty() && parts.values().stream().allMatch(p -> p.idle);
  }

  /**
   * Up to where no more rows are waited for: that of the slowest that is not idle; where all are,
   * of the furthest. Never goes back.
   */
  long complete() {
    boolean idle = isIdle();
    long reached = idle || parts.isEmpty() ? Long.MIN_VALUE : Long.MAX_VALUE;
    for (Part part : parts.values()) {
      long at = part.newest == Long.MIN_VALUE ? part.newest : part.newest - outOfOrderMicros;
      if (idle) {
        reached = Math.max(reached, at);
      } else if (!part.idle) {
        reached = Math.min(reached, at);
      }
    }
    complete = Math.max(complete, reached);
    return complete;
  }
}
