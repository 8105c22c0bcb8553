package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.cli.text.TextTable;
import io.tidemark.cli.text.Words;
import io.tidemark.control.Report;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.DatasetDiff;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What a run's candidate changes, dataset by dataset. */
final class DiffText {
  private static final int SLICES_SHOWN = 12;
  private static final int SAMPLES_SHOWN = 4;
  private static final int BAR = 30;

  private DiffText() {}

  static String text(Report.DiffShown report, Paint paint) {
    Report.RunLine run = report.run();
    StringBuilder out = new StringBuilder();
    out.append(paint.strong("Diff of run " + run.run()))
        .append(" (")
        .append(RunText.state(run.state(), paint))
        .append(')')
        .append(run.change().map(c -> ", expecting change " + c).orElse(", expecting no change"))
        .append("\n\n");
    TextTable table = new TextTable(paint).left("DATASET").right("SLICES", "IDENTICAL", "ADDED");
    table.right("REMOVED", "CHANGED", "UNCHANGED", "UNEXPLAINED").left("VERDICT");
    for (Report.DatasetDifference d : report.datasets()) {
      DatasetDiff.Counts c = d.diff().counts();
      table
          .row()
          .cell(d.dataset().value(), paint::name)
          .cell(Words.count(d.compared().count()), s -> s)
          .cell(Words.count(d.identical().count()), s -> s)
          .cell(Words.count(c.added()), s -> s)
          .cell(Words.count(c.removed()), s -> s)
          .cell(Words.count(c.changed()), s -> s)
          .cell(Words.count(c.unchanged()), s -> s)
          .cell(Words.count(c.unexplained()), c.unexplained() == 0 ? paint::faint : paint::bad)
          .cell(RunText.verdict(d.verdict()), RunText.colour(d.verdict(), paint));
    }
    out.append(table);
    report.datasets().forEach(d -> dataset(out, d, paint));
    return out.toString();
  }

  private static void dataset(StringBuilder out, Report.DatasetDifference d, Paint paint) {
    DatasetDiff diff = d.diff();
    boolean first = d.verdict() == Report.Verdict.FIRST_BUILD;
    List<CheckOutcome> failed = d.checks().stream().filter(c -> !c.passed()).toList();
    if (failed.isEmpty() && diff.broken().isEmpty() && (first || diff.counts().different() == 0)) {
      return;
    }
    out.append('\n').append(paint.strong(d.dataset().value()));
    out.append(" by ").append(String.join(", ", d.key())).append('\n');
    if (!d.allowed().isEmpty()) {
      out.append("  declared: ").append(String.join("; ", d.allowed())).append('\n');
    }
    for (String reason : diff.broken()) {
      out.append("  ").append(paint.bad("unexplained: " + Words.safe(reason))).append('\n');
    }
    for (CheckOutcome check : failed) {
      String line =
          (check.stops() ? "check failed: " : "warning: ")
              + check.expectation()
              + ", "
              + Words.count(check.violations(), "violation")
              + (check.detail().isEmpty() ? "" : ": " + Words.safe(check.detail()));
      out.append("  ").append(check.stops() ? paint.bad(line) : paint.warn(line)).append('\n');
    }
    if (first) {
      return;
    }
    columns(out, diff, paint);
    slices(out, d, paint);
    samples(out, d, paint);
  }

  private static void columns(StringBuilder out, DatasetDiff diff, Paint paint) {
    if (diff.columns().isEmpty()) {
      return;
    }
    TextTable table = new TextTable(paint).left("  column").right("rows that differ").left("");
    long most = diff.columns().values().stream().mapToLong(n -> n).max().orElse(1);
    for (Map.Entry<String, Long> e : diff.columns().entrySet()) {
      table
          .row("  " + e.getKey())
          .cell(Words.count(e.getValue()), s -> s)
          .cell(bar(e.getValue(), most), paint::name);
    }
    out.append(table);
  }

  private static void slices(StringBuilder out, Report.DatasetDifference d, Paint paint) {
    List<DatasetDiff.SliceDiff> slices =
        d.diff().slices().stream().filter(s -> s.counts().different() > 0).toList();
    if (slices.isEmpty()) {
      return;
    }
    TextTable table = new TextTable(paint).left("  slice").right("added", "removed", "changed");
    table.right("unexplained").left("");
    long most = slices.stream().mapToLong(s -> s.counts().different()).max().orElse(1);
    for (DatasetDiff.SliceDiff s : slices.subList(0, Math.min(SLICES_SHOWN, slices.size()))) {
      DatasetDiff.Counts c = s.counts();
      table
          .row("  " + d.compared().grain().label(s.ordinal()))
          .cell(Words.count(c.added()), t -> t)
          .cell(Words.count(c.removed()), t -> t)
          .cell(Words.count(c.changed()), t -> t)
          .cell(Words.count(c.unexplained()), c.unexplained() == 0 ? paint::faint : paint::bad)
          .cell(bar(c.different(), most), c.unexplained() == 0 ? paint::good : paint::bad);
    }
    out.append(table);
    if (slices.size() > SLICES_SHOWN) {
      out.append("  and ")
          .append(Words.count(slices.size() - SLICES_SHOWN, "more slice"))
          .append('\n');
    }
  }

  /** At least one mark for what is not zero. */
  static String bar(long value, long most) {
    long marks = most == 0 ? 0 : Math.max(value > 0 ? 1 : 0, value * BAR / most);
    return "#".repeat((int) marks);
  }

  private static void samples(StringBuilder out, Report.DatasetDifference d, Paint paint) {
    List<DatasetDiff.Sample> samples = d.diff().samples();
    if (samples.isEmpty()) {
      return;
    }
    out.append("  ").append(paint.faint("samples")).append('\n');
    for (DatasetDiff.Sample s : shown(samples)) {
      boolean unexplained = s.verdict() == DatasetDiff.Verdict.UNEXPLAINED;
      String head = Words.of(s.verdict()) + " " + Words.of(s.kind());
      out.append("  ")
          .append(unexplained ? paint.bad(head) : paint.good(head))
          .append("  ")
          .append(key(s))
          .append('\n')
          .append("      ")
          .append(
              s.values().stream()
                  .filter(v -> !s.key().containsKey(v.column()))
                  .map(v -> delta(s, v))
                  .collect(Collectors.joining(", ")))
          .append('\n');
    }
    if (samples.size() > SAMPLES_SHOWN) {
      out.append("  and ")
          .append(Words.count(samples.size() - SAMPLES_SHOWN, "more sample"))
          .append(" in --format json and --html\n");
    }
  }

  /** The first of each kind and verdict, then the next ones, in the order of the diff. */
  private static List<DatasetDiff.Sample> shown(List<DatasetDiff.Sample> samples) {
    Set<String> kinds = new HashSet<>();
    List<DatasetDiff.Sample> firsts = new ArrayList<>();
    List<DatasetDiff.Sample> others = new ArrayList<>();
    for (DatasetDiff.Sample sample : samples) {
      (kinds.add(sample.verdict() + " " + sample.kind()) ? firsts : others).add(sample);
    }
    firsts.addAll(others);
    return firsts.subList(0, Math.min(SAMPLES_SHOWN, firsts.size()));
  }

  private static String key(DatasetDiff.Sample sample) {
    return sample.key().entrySet().stream()
        .map(e -> e.getKey() + "=" + Words.safe(e.getValue()))
        .collect(Collectors.joining(" "));
  }

  private static String delta(DatasetDiff.Sample sample, DatasetDiff.Delta delta) {
    String before = delta.before().map(Words::safe).orElse("NULL");
    String after = delta.after().map(Words::safe).orElse("NULL");
    return switch (sample.kind()) {
      case ADDED -> delta.column() + ": " + after;
      case REMOVED -> delta.column() + ": " + before;
      case CHANGED -> delta.column() + ": " + before + " -> " + after;
    };
  }
}
