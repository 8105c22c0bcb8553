package io.tidemark.job.live;

import io.tidemark.job.slice.EventTime;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.TimeRange;
import io.tidemark.model.Transform;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The clocks of all tasks of a job, each made from those of the tasks that it reads. */
final class Clocks {
  private final LiveSpec spec;
  private final Map<DatasetId, SliceClock> clocks = new HashMap<>();

  private Clocks(LiveSpec spec) {
    this.spec = spec;
  }

  static Clocks of(LiveSpec spec) {
    Clocks clocks = new Clocks(spec);
    Set<DatasetId> topics =
        spec.sources().stream().map(s -> s.dataset().id()).collect(Collectors.toSet());
    for (LiveSpec.Task task : spec.tasks()) {
      Grain grain = task.output().layout().slice();
      Transform.Window window = task.transform().window();
      List<SliceClock> upstream = new ArrayList<>();
      task.transform().inputs().stream()
          .filter(clocks::isTask)
          .forEach(input -> upstream.add(clocks.of(input)));
      long first = task.openFrom().map(o -> EventTime.start(grain, o)).orElse(Long.MIN_VALUE);
      long back = micros(window.lookback());
      long ahead = micros(window.lookahead());
      boolean reads = task.transform().inputs().stream().anyMatch(topics::contains);
      clocks.clocks.put(
          task.output().name(),
          reads
              ? SliceClock.ofTopics(grain, back, ahead, first, upstream)
              : SliceClock.ofTasks(grain, back, ahead, first, upstream));
    }
    return clocks;
  }

  private static long micros(Duration duration) {
    return Math.addExact(
        Math.multiplyExact(duration.getSeconds(), 1_000_000L), (duration.getNano() + 999) / 1000);
  }

  boolean isTask(DatasetId dataset) {
    return clocks.containsKey(dataset);
  }

  SliceClock of(DatasetId task) {
    return clocks.get(task);
  }

  /** Of a task's slices that are closed at the start, what others are made from. */
  Optional<TimeRange> closedRowsNeededOf(DatasetId task) {
    long first = of(task).first();
    long from =
        spec.tasks().stream()
            .filter(other -> other.transform().inputs().contains(task))
            .mapToLong(other -> of(other.output().name()).readFrom())
            .min()
            .orElse(Long.MAX_VALUE);
    return from < first
        ? Optional.of(new TimeRange(instant(from), instant(first)))
        : Optional.empty();
  }

  private static Instant instant(long micros) {
    return micros == Long.MIN_VALUE
        ? Instant.MIN
        : Instant.ofEpochSecond(
            Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1000);
  }
}
