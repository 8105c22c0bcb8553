package io.tidemark.cli;

import io.tidemark.control.Report;
import io.tidemark.model.Plan;
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
      return "Nothing to do: every slice is up to date.";
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
        + "); time: "
        + Words.seconds(cost.seconds())
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
  static String steps(Report.Planned report, Paint paint) {
    if (report.explained().isEmpty()) {
      return "";
    }
    StringBuilder out = new StringBuilder("\n").append(paint.faint("STEPS")).append('\n');
    int width = String.valueOf(report.explained().size()).length();
    int number = 1;
    for (String line : report.explained()) {
      out.append(String.format("%" + (width + 2) + "d  %s\n", number++, Words.safe(line)));
    }
    return out.toString();
  }
}
