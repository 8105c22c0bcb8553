package io.tidemark.job.live;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The last pulse of every subtask of every stream of the job. Not thread-safe. */
final class Pulses {
  private final int streams;
  private final Map<Integer, Map<Integer, Pulse>> last = new TreeMap<>();

  /**
   * @param streams how many there are to wait for
   */
  Pulses(int streams) {
    this.streams = streams;
  }

  void take(Pulse pulse) {
    Map<Integer, Pulse> subtasks = last.computeIfAbsent(pulse.stream(), stream -> new TreeMap<>());
    // Of a start with another parallelism.
    subtasks.values().removeIf(p -> p.subtasks() != pulse.subtasks());
    // One that was restored has forgotten how far it was, and may wait long for a row to tell by.
    subtasks.merge(pulse.subtask(), pulse, (before, now) -> now.notBefore(before));
  }

  /**
   * Up to where no more rows come from any stream; before all time while one has not told, or has
   * partitions that nobody reads yet. Nobody waits for the idle, nor for subtasks without a
   * partition: where all are idle, it is as far as the one that was furthest.
   */
  long complete() {
    if (last.size() < streams) {
      return Long.MIN_VALUE;
    }
    long active = Long.MAX_VALUE;
    long idle = Long.MIN_VALUE;
    boolean anyIdle = false;
    for (Map<Integer, Pulse> subtasks : last.values()) {
      long read = subtasks.values().stream().mapToLong(Pulse::partitions).sum();
      for (Pulse pulse : subtasks.values()) {
        if (subtasks.size() < pulse.subtasks() || read < Math.max(1, pulse.all())) {
          return Long.MIN_VALUE;
        } else if (pulse.partitions() > 0 && pulse.idle()) {
          anyIdle = true;
          idle = Math.max(idle, pulse.complete());
        } else if (pulse.partitions() > 0) {
          active = Math.min(active, pulse.complete());
        }
      }
    }
    return active == Long.MAX_VALUE && anyIdle ? idle : active;
  }

  /** All of them, to be kept. */
  List<Pulse> all() {
    List<Pulse> all = new ArrayList<>();
    last.values().forEach(subtasks -> all.addAll(subtasks.values()));
    return all;
  }
}
