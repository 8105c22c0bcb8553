package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.cli.text.TextTable;
import io.tidemark.cli.text.Words;
import io.tidemark.control.Report;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.RunState;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** One run with its datasets, or a list of runs. */
final class RunText {
  private RunText() {}

  static String text(Report.RunShown report, Paint paint) {
    return report
        .run()
        .map(run -> text(run, report.datasets(), paint))
        .orElse("Nothing to do: no slice is stale.\n");
  }

  private static String text(
      Report.RunLine run, List<Report.DatasetOutcome> datasets, Paint paint) {
    StringBuilder out = new StringBuilder();
    out.append(paint.strong("Run " + run.run()))
        .append(" is ")
        .append(state(run.state(), paint))
        .append(run.change().map(c -> ", expecting change " + c).orElse(""))
        .append('\n');
    if (!run.reason().isEmpty()) {
      out.append(Words.sentence(Words.safe(run.reason()))).append('\n');
    }
    TextTable table = new TextTable(paint).left("DATASET").right("SLICES", "IDENTICAL", "ROWS");
    table.right("ADDED", "REMOVED", "CHANGED", "UNEXPLAINED").left("VERDICT");
    for (Report.DatasetOutcome d : datasets) {
      DatasetDiff.Counts counts = d.counts();
      table
          .row()
          .cell(d.dataset().value(), paint::name)
          .cell(Words.count(d.built().count()), s -> s)
          .cell(Words.count(d.identical().count()), s -> s)
          .cell(Words.count(d.rows()), s -> s)
          .cell(Words.count(counts.added()), s -> s)
          .cell(Words.count(counts.removed()), s -> s)
          .cell(Words.count(counts.changed()), s -> s)
          .cell(
              Words.count(counts.unexplained()),
              counts.unexplained() == 0 ? paint::faint : paint::bad)
          .cell(verdict(d.verdict()) + failed(d.failed()), colour(d.verdict(), paint));
    }
    if (!table.isEmpty()) {
      out.append('\n').append(table);
    }
    String next = next(run);
    if (!next.isEmpty()) {
      out.append('\n').append(next).append('\n');
    }
    return out.toString();
  }

  private static String failed(List<String> failed) {
    return failed.isEmpty() ? "" : ": " + String.join(", ", failed);
  }

  private static String next(Report.RunLine run) {
    return switch (run.state()) {
      case READY -> "Next: tidemark diff " + run.run() + ", then tidemark publish " + run.run();
      case BLOCKED ->
          "Main is untouched. See why: tidemark diff "
              + run.run()
              + ". Give it up: tidemark runs --abandon "
              + run.run();
      case FAILED, PLANNED ->
          "Try again from where it stopped: tidemark run. Give it up: tidemark runs --abandon "
              + run.run();
      case RUNNING, PUBLISHING, REVERTING ->
          "If nobody works on it any more, the next command that changes something resumes it.";
      case PUBLISHED -> "Undo all or some of it: tidemark revert " + run.run();
      case REVERTED, ABANDONED -> "";
    };
  }

  static String list(Report.RunsListed report, Paint paint) {
    return report.runs().isEmpty() ? "No runs yet.\n" : table(report.runs(), paint).toString();
  }

  static TextTable table(List<Report.RunLine> runs, Paint paint) {
    TextTable table = new TextTable(paint).left("RUN", "STATE", "CREATED (UTC)").right("SLICES");
    table.left("CHANGE", "DATASETS", "REASON");
    for (Report.RunLine run : runs) {
      table
          .row(run.run().value())
          .cell(Words.of(run.state()), colour(run.state(), paint))
          .cell(Words.time(run.created()), s -> s)
          .cell(Words.count(run.slices()), s -> s)
          .cell(run.change().orElse("-"), s -> s)
          .cell(
              run.datasets().stream().map(Object::toString).collect(Collectors.joining(", ")),
              s -> s)
          .cell(run.reason(), s -> s);
    }
    return table;
  }

  static String state(RunState state, Paint paint) {
    return colour(state, paint).apply(Words.of(state));
  }

  private static UnaryOperator<String> colour(RunState state, Paint paint) {
    return switch (state) {
      case READY, PUBLISHED -> paint::good;
      case BLOCKED, FAILED -> paint::bad;
      case PLANNED, RUNNING, PUBLISHING, REVERTING -> paint::warn;
      case REVERTED, ABANDONED -> paint::faint;
    };
  }

  static String verdict(Report.Verdict verdict) {
    return Words.of(verdict);
  }

  static UnaryOperator<String> colour(Report.Verdict verdict, Paint paint) {
    return switch (verdict) {
      case FIRST_BUILD, UNCHANGED, EXPLAINED -> paint::good;
      case UNEXPLAINED, CHECK_FAILED -> paint::bad;
      case UNVERIFIED -> paint::warn;
    };
  }
}
