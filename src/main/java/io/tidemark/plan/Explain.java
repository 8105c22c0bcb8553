package io.tidemark.plan;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Plan;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Says what each step of a plan does: the very list that a run executes, in its order. */
public final class Explain implements Step.Visitor<String> {
  private Explain() {}

  /** One line per step, in order. */
  public static List<String> lines(Plan plan) {
    Explain explain = new Explain();
    return plan.steps().stream().map(s -> s.id() + ": " + s.accept(explain)).toList();
  }

  @Override
  public String prepare(Step.PrepareV1 step) {
    String pins =
        step.pins().entrySet().stream()
            .map(e -> e.getKey() + "@" + e.getValue())
            .collect(Collectors.joining(", "));
    String outputs =
        step.outputs().stream().map(DatasetId::value).collect(Collectors.joining(", "));
    return (pins.isEmpty() ? "" : "pin " + pins + "; ") + "branch " + outputs;
  }

  @Override
  public String build(Step.BuildV1 step) {
    String inputs =
        step.inputs().entrySet().stream().map(Explain::input).collect(Collectors.joining(", "));
    return "recompute " + slices(step.dataset(), step.slices()) + " from " + inputs;
  }

  @Override
  public String verify(Step.VerifyV1 step) {
    return "check and diff " + slices(step.dataset(), step.slices()) + " against main";
  }

  @Override
  public String publish(Step.PublishV1 step) {
    return "put " + slices(step.dataset(), step.slices()) + " on main in one commit";
  }

  private static String input(Map.Entry<DatasetId, Step.InputRef> input) {
    return input.getValue() instanceof Step.MainSnapshot main
        ? input.getKey() + "@" + main.snapshot()
        : input.getKey() + " of this run";
  }

  private static String slices(DatasetId dataset, SliceSet slices) {
    return dataset + " " + PlanText.slices(slices);
  }
}
