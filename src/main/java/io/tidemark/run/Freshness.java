package io.tidemark.run;

import io.tidemark.lake.Lake;
import io.tidemark.model.Changes;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.Pin;
import io.tidemark.model.Plan;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import io.tidemark.release.Runs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a plan's outputs still are what it was made on. Commits elsewhere in a table, and
 * compactions, leave a plan as good as it was; a plan whose slices somebody else changed would do
 * work again that is done, or undo it.
 */
final class Freshness {
  private Freshness() {}

  /**
   * @throws TidemarkException USER, with every output that is not, if the plan has gone stale
   */
  static void require(Lake lake, Graph graph, Plan plan) {
    List<Problem> problems = new ArrayList<>();
    Reach reach = new Reach(graph, plan);
    for (Step step : plan.steps()) {
      if (step instanceof Step.PrepareV2 prepare) {
        for (Map.Entry<DatasetId, Long> then : prepare.heads().entrySet()) {
          Dataset dataset = graph.dataset(then.getKey());
          SliceSet planned = reach.planned(then.getKey());
          live(lake, dataset, planned).ifPresent(problems::add);
          SliceSet changed = changed(lake, dataset, then.getValue(), planned);
          if (!changed.isEmpty()) {
            problems.add(stale(dataset, changed));
          }
        }
      }
    }
    if (!problems.isEmpty()) {
      throw TidemarkException.user(problems);
    }
  }

  /** A live job may have been started since the plan was made. */
  private static Optional<Problem> live(Lake lake, Dataset dataset, SliceSet planned) {
    return lake.liveMark(dataset.table(), "main")
        .filter(mark -> !mark.open(planned).isEmpty())
        .map(
            mark ->
                Problem.of(
                    "TM-RUN-017",
                    "slices " + mark.open(planned) + " of " + dataset.id() + " are open",
                    "they belong to live job " + mark.job() + ", which writes to them",
                    "make the plan again: it leaves them out until they close"));
  }

  private static SliceSet changed(Lake lake, Dataset dataset, long then, SliceSet planned) {
    long now = lake.head(dataset.table(), "main").orElse(0L);
    if (now == then) {
      return SliceSet.empty(planned.grain());
    }
    if (then == 0) {
      return planned.intersect(Runs.occupied(lake, dataset));
    }
    if (now == 0) {
      return planned;
    }
    Changes changes = lake.changesSince(dataset, Pin.main(then));
    if (!changes.unknown().isEmpty()) {
      return planned;
    }
    List<TimeRange> ranges = changes.touched().stream().map(Changes.Touched::range).toList();
    return Runs.overlapping(planned, new TimeRanges(ranges));
  }

  private static Problem stale(Dataset dataset, SliceSet changed) {
    return Problem.of(
        "TM-RUN-016",
        "the plan is older than what " + dataset.id() + " holds in slices " + changed,
        "somebody changed them on main after the plan was made, so what it says is stale may be"
            + " fresh by now",
        "make it again: tidemark plan --out FILE");
  }
}
