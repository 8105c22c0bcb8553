package io.tidemark.job.append;

import io.tidemark.model.DatasetId;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Pin;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the inputs of tasks are pinned at.
 *
 * @param snapshots of the tables that the job follows
 */
record Pins(LiveSpec spec, Map<DatasetId, Long> snapshots) {
  SortedMap<DatasetId, Pin> of(LiveSpec.Task task) {
    TreeMap<DatasetId, Pin> pins = new TreeMap<>();
    for (DatasetId input : task.transform().inputs()) {
      Optional<Long> reference =
          spec.references().stream()
              .filter(r -> r.name().equals(input))
              .map(JobSpec.Input::snapshot)
              .findFirst();
      long snapshot = reference.orElseGet(() -> snapshots.getOrDefault(input, 0L));
      if (snapshot != 0) {
        pins.put(input, Pin.main(snapshot));
      }
    }
    return pins;
  }

  /** The first source that a task is made from, also through others. */
  static DatasetId firstSource(LiveSpec spec, LiveSpec.Task task) {
    for (DatasetId input : task.transform().inputs()) {
      if (spec.sources().stream().anyMatch(s -> s.dataset().id().equals(input))) {
        return input;
      }
      for (LiveSpec.Task other : spec.tasks()) {
        if (other.output().name().equals(input)) {
          return firstSource(spec, other);
        }
      }
    }
    throw new IllegalStateException("[BUG] " + task.output().name() + " is made from no source");
  }
}
