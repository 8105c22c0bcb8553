package io.tidemark.run;

import io.tidemark.lake.Lake;
import io.tidemark.model.Changes;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Evidence;
import io.tidemark.model.Pin;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import io.tidemark.release.Journal;
import io.tidemark.release.Publisher;
import io.tidemark.store.Store.RunRow;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Decides what a run does again after a conflict, and on what. All inputs are pinned anew, so that
 * one set of pins speaks for all slices of a publish; a slice whose input changed since the old pin
 * is done again for that reason too.
 */
final class Rebase {
  private final Lake lake;
  private final Publisher publisher;

  Rebase(Lake lake, Publisher publisher) {
    this.lake = lake;
    this.publisher = publisher;
  }

  /** The basis of the next attempt; empty if nobody touched anything. */
  Optional<Journal.Basis> next(RunRow run, Journal journal, List<Evidence> evidence) {
    Map<DatasetId, SliceSet> conflicts = publisher.conflicts(run);
    if (conflicts.isEmpty()) {
      return Optional.empty();
    }
    Journal.Basis last = journal.basis().orElseThrow();
    TreeMap<DatasetId, Long> pins = new TreeMap<>();
    last.pins()
        .forEach(
            (input, old) ->
                pins.put(input, lake.head(run.graph().dataset(input).table(), "main").orElse(old)));
    TreeMap<DatasetId, Long> heads = new TreeMap<>();
    TreeMap<DatasetId, SliceSet> slices = new TreeMap<>();
    Reach reach = new Reach(run.graph(), run.plan());
    for (Transform transform : run.graph().transforms()) {
      DatasetId output = transform.output();
      if (!last.heads().containsKey(output)) {
        continue;
      }
      Dataset dataset = run.graph().dataset(output);
      SliceSet planned = reach.planned(output);
      SliceSet again = conflicts.getOrDefault(output, SliceSet.empty(dataset.layout().slice()));
      for (DatasetId input : transform.inputs()) {
        SliceSet upstream = slices.get(input);
        if (upstream != null) {
          again = again.union(Reach.reached(planned, upstream.ranges(), transform));
        } else if (last.pins().containsKey(input)) {
          again = again.union(changed(run, input, last.pins().get(input), planned, transform));
        }
      }
      if (again.isEmpty()) {
        heads.put(output, base(evidence, output).orElse(last.heads().get(output)));
      } else {
        slices.put(output, again);
        heads.put(output, lake.head(dataset.table(), "main").orElse(0L));
      }
    }
    return Optional.of(new Journal.Basis(last.attempt() + 1, heads, pins, slices));
  }

  private SliceSet changed(
      RunRow run, DatasetId input, long pin, SliceSet planned, Transform transform) {
    Changes changes = lake.changesSince(run.graph().dataset(input), Pin.main(pin));
    if (!changes.unknown().isEmpty()) {
      return planned;
    }
    List<TimeRange> ranges = changes.touched().stream().map(Changes.Touched::range).toList();
    return Reach.reached(planned, new TimeRanges(ranges), transform);
  }

  private static Optional<Long> base(List<Evidence> evidence, DatasetId dataset) {
    return evidence.stream()
        .filter(e -> e.dataset().equals(dataset))
        .map(Evidence::base)
        .findFirst();
  }
}
