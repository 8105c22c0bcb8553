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
    subtasks.put(pulse.subtask(), pulse);
  }

  /**
   * Up to where no more rows come from any stream; before all time while one has not told, or while
   * all are idle and have told nothing.
   */
  long complete() {
    if (last.size() < streams) {
      return Long.MIN_VALUE;
    }
    long complete = Long.MAX_VALUE;
    boolean active = false;
    for (Map<Integer, Pulse> subtasks : last.values()) {
      for (Pulse pulse : subtasks.values()) {
        if (subtasks.size() < pulse.subtasks()) {
          return Long.MIN_VALUE;
        } else if (!pulse.idle()) {
          active |= pulse.complete() != Long.MAX_VALUE;
          complete = Math.min(complete, pulse.complete());
        }
      }
    }
    boolean idle = last.values().stream().anyMatch(s -> s.values().stream().anyMatch(Pulse::idle));
    return active || !idle ? complete : Long.MIN_VALUE;
  }

  /** All of them, to be kept. */
  List<Pulse> all() {
    List<Pulse> all = new ArrayList<>();
    last.values().forEach(subtasks -> all.addAll(subtasks.values()));
    return all;
  }
}
