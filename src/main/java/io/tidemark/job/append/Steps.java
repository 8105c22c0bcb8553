package io.tidemark.job.append;

import io.tidemark.job.append.Disturbances.Touch;
import io.tidemark.job.append.LiveReport.Step;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRanges;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.Table;

/** What one checkpoint read of a followed table, whose offsets are ordinals of slices. */
final class Steps {
  private final Dataset dataset;
  private final List<Step> steps;
  private final long scanned;

  Steps(Dataset dataset, Tally tally) {
    this.dataset = dataset;
    this.steps = tally.followed(dataset.id());
    this.scanned = tally.scanned(dataset.id());
  }

  boolean isEmpty() {
    return steps.isEmpty();
  }

  /** The newest that was looked at. */
  long snapshot() {
    return steps.get(steps.size() - 1).snapshot();
  }

  /** The slices that closed, as one range of the only partition; nothing if none did. */
  Map<Integer, LiveMark.Range> taken() {
    if (steps.isEmpty() || steps.get(steps.size() - 1).to() == steps.get(0).from()) {
      return Map.of();
    }
    Grain grain = dataset.layout().slice();
    long first = grain.ordinal(Instant.parse("0001-01-01T00:00:00Z"));
    long from = Math.max(first, steps.get(0).from());
    return LiveSpec.Source.slices(
        new LiveMark.Range(from, steps.get(steps.size() - 1).to(), scanned, 0));
  }

  /**
   * @throws TidemarkException REFUSED if other rows were read than the table holds
   */
  void requireScanned() {
    Optional<Long> held = steps.stream().map(Step::rows).reduce(Optional.of(0L), Steps::plus);
    if (held.isPresent() && held.get() != scanned) {
      DatasetId id = dataset.id();
      throw TidemarkException.refused(
          Problem.of(
              "TM-LIVE-039",
              "rows of " + id + " were lost or doubled on the way from its table",
              "the slices that closed hold " + held.get() + " rows, " + scanned + " were read",
              "start the live job anew; nothing of this checkpoint is in its tables"));
    }
  }

  private static Optional<Long> plus(Optional<Long> one, Optional<Long> other) {
    return one.flatMap(a -> other.map(b -> a + b));
  }

  /**
   * What others did to slices after they had been read; what they did before was read.
   *
   * @param seen the snapshot that was looked at before; 0 for none
   */
  List<Touch> touches(Table table, long seen) {
    Grain grain = dataset.layout().slice();
    List<Touch> touches = new ArrayList<>();
    long last = seen;
    for (Step step : steps) {
      if (step.from() != Long.MIN_VALUE) {
        Instant read = grain.start(step.from());
        between(table, last, step.snapshot())
            .forEach(touch -> touch.before(read).ifPresent(touches::add));
      }
      last = step.snapshot();
    }
    return touches;
  }

  /** A commit may have waited for longer than its snapshot is kept. */
  private List<Touch> between(Table table, long last, long snapshot) {
    return table.snapshot(snapshot) == null
        ? List.of(
            new Touch(
                TimeRanges.ALL,
                "snapshot "
                    + snapshot
                    + " of "
                    + dataset.id()
                    + " expired before it was looked at"))
        : Disturbances.between(table, dataset.id().value(), dataset.layout(), last, snapshot);
  }
}
