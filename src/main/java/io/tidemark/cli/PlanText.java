package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.cli.text.TextTable;
import io.tidemark.cli.text.Words;
import io.tidemark.control.Report;
import io.tidemark.model.Plan;
import io.tidemark.model.Step;
import java.util.stream.Collectors;

/** A plan: what is stale, why, in which stage, what is reused and what it costs. */
final class PlanText {
  private PlanText() {}

  static String text(Report.Planned report, Paint paint) {
    Plan plan = report.plan();
    StringBuilder out = new StringBuilder();
    out.append(paint.strong("Plan " + report.hash().abbreviated()))
        .append(" of ")
        .append(plan.pipeline())
        .append(plan.change().map(c -> ", expecting change " + c).orElse(""))
        .append("\n\n");
    TextTable table = new TextTable(paint).right("STAGE").left("DATASET").right("STALE", "REUSED");
    table.right("FILES", "READS").left("WHY");
    for (Plan.Impact impact : plan.impacts()) {
      table
          .row(impact.stage() == 0 ? "-" : String.valueOf(impact.stage()))
          .cell(impact.dataset().value(), paint::name)
          .cell(
              Words.count(impact.stale().count()),
              impact.stale().isEmpty() ? paint::faint : paint::warn)
          .cell(Words.count(impact.reused().count()), paint::good)
          .cell(Words.count(impact.cost().files()), s -> s)
          .cell(Words.bytes(impact.cost().bytes()), s -> s)
          .cell(kinds(impact), s -> s);
    }
    out.append(table);
    String reasons = reasons(plan, paint);
    if (!reasons.isEmpty()) {
      out.append('\n').append(reasons);
    }
    out.append('\n').append(summary(plan)).append('\n');
    report.file().ifPresent(f -> out.append("Written to ").append(f).append('\n'));
    return out.toString();
  }

  private static String summary(Plan plan) {
    if (plan.isEmpty()) {
      return "Nothing to do: no slice is stale.";
    }
    Plan.Cost cost = plan.cost();
    return "In total "
        + Words.count(cost.slices(), "slice")
        + " in "
        + Words.count(plan.steps().size(), "step")
        + ", reading "
        + Words.count(cost.files(), "file")
        + " ("
        + Words.bytes(cost.bytes())
        + "), "
        + cost.seconds().map(s -> "about " + Words.seconds(s)).orElse("time not measured yet")
        + ".";
  }

  private static String kinds(Plan.Impact impact) {
    return impact.reasons().stream()
        .map(r -> Words.of(r.kind()))
        .distinct()
        .collect(Collectors.joining(", "));
  }

  private static String reasons(Plan plan, Paint paint) {
    StringBuilder out = new StringBuilder();
    for (Plan.Impact impact : plan.impacts()) {
      for (Plan.Reason reason : impact.reasons()) {
        out.append("  ")
            .append(paint.name(impact.dataset().value()))
            .append(": ")
            .append(Words.of(reason.kind()))
            .append(reason.slices().isEmpty() ? "" : ", " + Words.countedSlices(reason.slices()))
            .append(reason.detail().isEmpty() ? "" : ": " + Words.safe(reason.detail()))
            .append('\n');
      }
    }
    return out.toString();
  }

  /** The list of steps that a run of this plan carries out. */
  static String steps(Plan plan, Paint paint) {
    TextTable table = new TextTable(paint).right("#").left("STEP", "DOES");
    int number = 1;
    for (Step step : plan.steps()) {
      table
          .row(String.valueOf(number++))
          .cell(step.id(), paint::name)
          .cell(step.accept(new Sentence()), s -> s);
    }
    return table.isEmpty() ? "" : "\n" + table;
  }

  private static final class Sentence implements Step.Visitor<String> {
    @Override
    public String prepare(Step.PrepareV2 step) {
      String pins =
          step.pins().entrySet().stream()
              .map(e -> e.getKey() + "@" + e.getValue())
              .collect(Collectors.joining(", "));
      return "lease "
          + (pins.isEmpty() ? "no inputs" : pins)
          + "; cut the run's branch on "
          + step.outputs().stream().map(Object::toString).collect(Collectors.joining(", "));
    }

    @Override
    public String build(Step.BuildV1 step) {
      String inputs =
          step.inputs().entrySet().stream()
              .map(
                  e ->
                      e.getValue() instanceof Step.MainSnapshot main
                          ? e.getKey() + "@" + main.snapshot()
                          : e.getKey() + " of this run")
              .collect(Collectors.joining(", "));
      return "recompute " + Words.countedSlices(step.slices()) + " from " + inputs;
    }

    @Override
    public String verify(Step.VerifyV1 step) {
      return "check and diff " + Words.countedSlices(step.slices());
    }

    @Override
    public String publish(Step.PublishV1 step) {
      return "switch what changed of " + Words.countedSlices(step.slices()) + " on main";
    }
  }
}
