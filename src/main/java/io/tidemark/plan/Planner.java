package io.tidemark.plan;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.Limits;
import io.tidemark.model.Facts;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.Plan.ChangeKind;
import io.tidemark.model.Plan.Cost;
import io.tidemark.model.Plan.Impact;
import io.tidemark.model.Plan.Reason;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** From a graph and what is known of the world to a plan. */
public final class Planner {
  private Planner() {}

  /**
   * What is stale, whether or not it can be rebuilt.
   *
   * @param plan without steps if there are problems
   * @param problems what stands in the way of rebuilding it
   */
  public record Assessment(Plan plan, List<Problem> problems) {
    public Assessment {
      problems = List.copyOf(problems);
    }
  }

  /**
   * A plan that can be run. Empty if nothing that was selected is stale.
   *
   * @throws TidemarkException USER, with every problem, if what is stale cannot be rebuilt
   */
  public static Plan plan(Graph graph, Facts facts, Selection selection) {
    Assessment assessment = assess(graph, facts, selection);
    if (!assessment.problems().isEmpty()) {
      throw TidemarkException.user(assessment.problems());
    }
    return assessment.plan();
  }

  /**
   * A plan that makes slices of one dataset once more from what its inputs hold now, though nothing
   * says that they are stale: what comes out is held against main as strictly as new code is.
   *
   * @param slices such that main answers for them
   */
  public static Plan again(
      Graph graph, Facts facts, DatasetId dataset, SliceSet slices, Limits limits) {
    Transform transform = graph.transformOf(dataset).orElseThrow();
    Finding finding =
        new Finding(ChangeKind.LOGIC, slices, "made once more to be compared", Columns.ANY);
    Work work =
        new Work(
            graph.dataset(dataset),
            transform,
            slices,
            slices,
            SliceSet.empty(slices.grain()),
            List.of(finding),
            1);
    Estimator.Sized sized = new Estimator(graph, facts, limits.batchBytes()).size(work);
    List<Step> steps = new Stepper(facts).steps(List.of(work), Map.of(dataset, sized.batches()));
    return new Plan(
        Plan.VERSION,
        graph.name(),
        graph.revision(),
        Optional.empty(),
        List.of(impact(facts, work, sized.cost())),
        steps,
        sized.cost());
  }

  /**
   * What is stale and why, also where it cannot be rebuilt.
   *
   * @throws TidemarkException USER if the selection names what does not exist
   */
  public static Assessment assess(Graph graph, Facts facts, Selection selection) {
    List<Problem> wrong = selection.check(graph);
    if (!wrong.isEmpty()) {
      throw TidemarkException.user(wrong);
    }
    Detector detector = new Detector(graph, facts, selection);
    Estimator estimator = new Estimator(graph, facts, selection.limits().batchBytes());
    Map<DatasetId, Estimator.Sized> sizes = new HashMap<>();
    for (Transform transform : graph.transforms()) {
      detector.detect(transform);
      DatasetId output = transform.output();
      sizes.put(output, estimator.size(detector.works().get(output)));
    }

    List<Work> works = detector.works().values().stream().sorted(Work.ORDER).toList();
    List<Work> rebuilt = works.stream().filter(Work::isRebuilt).toList();
    List<Problem> problems = new Obstacles(graph, facts, selection).find(rebuilt);

    List<Impact> impacts = new ArrayList<>();
    for (Work work : works) {
      if (work.isRebuilt() || selection.includes(work.dataset().id())) {
        impacts.add(impact(facts, work, sizes.get(work.dataset().id()).cost()));
      }
    }
    impacts.addAll(Bystanders.removed(graph, facts.published()));

    Map<DatasetId, List<Batches.Batch>> batches = new HashMap<>();
    sizes.forEach((id, sized) -> batches.put(id, sized.batches()));
    List<Step> steps = problems.isEmpty() ? new Stepper(facts).steps(rebuilt, batches) : List.of();
    Cost cost = impacts.stream().map(Impact::cost).reduce(Cost.ZERO, Cost::plus);
    return new Assessment(
        new Plan(
            Plan.VERSION, graph.name(), graph.revision(), selection.change(), impacts, steps, cost),
        problems);
  }

  private static Impact impact(Facts facts, Work work, Cost cost) {
    List<Reason> reasons = new ArrayList<>(work.findings().stream().map(Finding::reason).toList());
    Bystanders.metadata(facts.previous(), work).ifPresent(reasons::add);
    return new Impact(
        work.dataset().id(), work.stage(), work.stale(), work.reused(), reasons, cost);
  }
}
