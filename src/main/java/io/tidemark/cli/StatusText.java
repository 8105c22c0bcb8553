package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.cli.text.TextTable;
import io.tidemark.cli.text.Words;
import io.tidemark.control.Report;
import io.tidemark.control.SliceLine;
import io.tidemark.control.StampedCommit;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Plan;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Every dataset with its fresh and stale slices; the slices and the history of one dataset. */
final class StatusText {
  private static final int HASH_DIGITS = 12;

  private StatusText() {}

  static String text(Report.StatusShown report, Paint paint) {
    TextTable table = new TextTable(paint).left("DATASET", "KIND").right("ROWS", "FILES", "SIZE");
    table.right("SLICES", "FRESH", "STALE").left("WHY");
    for (Report.DatasetStatus d : report.datasets()) {
      boolean derived = d.kind() == Dataset.Kind.DERIVED;
      table
          .row()
          .cell(d.dataset().value(), paint::name)
          .cell(Words.of(d.kind()), s -> s)
          .cell(d.head().isEmpty() ? "-" : Words.count(d.rows()), s -> s)
          .cell(d.head().isEmpty() ? "-" : Words.count(d.files()), s -> s)
          .cell(d.head().isEmpty() ? "-" : Words.bytes(d.bytes()), s -> s)
          .cell(Words.count(d.present().count()), s -> s)
          .cell(derived ? Words.count(d.fresh().count()) : "", paint::good)
          .cell(
              derived ? Words.count(d.stale().count()) : "",
              d.stale().isEmpty() ? paint::faint : paint::warn)
          .cell(why(d), s -> s);
    }
    StringBuilder out = new StringBuilder();
    out.append(paint.strong(report.pipeline())).append("\n\n").append(table);
    for (Report.DatasetStatus d : report.datasets()) {
      if (!d.open().isEmpty()) {
        out.append(out.indexOf("\n  ") < 0 ? "\n" : "")
            .append("  ")
            .append(paint.name(d.dataset().value()))
            .append(": open (live), ")
            .append(Words.countedSlices(d.open()))
            .append('\n');
      }
      for (Plan.Reason reason : d.reasons()) {
        out.append(out.indexOf("\n  ") < 0 ? "\n" : "")
            .append("  ")
            .append(paint.name(d.dataset().value()))
            .append(": ")
            .append(Words.of(reason.kind()))
            .append(reason.slices().isEmpty() ? "" : ", " + Words.countedSlices(reason.slices()))
            .append(reason.detail().isEmpty() ? "" : ": " + Words.safe(reason.detail()))
            .append('\n');
      }
    }
    if (!report.openRuns().isEmpty()) {
      out.append("\nOpen runs:\n").append(RunText.table(report.openRuns(), paint));
    }
    out.append('\n').append(next(report)).append('\n');
    return out.toString();
  }

  private static String why(Report.DatasetStatus d) {
    if (d.kind() != Dataset.Kind.DERIVED) {
      return d.head().isEmpty() ? "nothing loaded" : "";
    }
    return d.reasons().stream()
        .map(r -> Words.of(r.kind()))
        .distinct()
        .collect(Collectors.joining(", "));
  }

  private static String next(Report.StatusShown report) {
    boolean loaded =
        report.datasets().stream()
            .anyMatch(d -> d.kind() == Dataset.Kind.SOURCE && d.head().isPresent());
    List<Report.DatasetStatus> stale =
        report.datasets().stream().filter(d -> !d.stale().isEmpty()).toList();
    if (!loaded && report.datasets().stream().anyMatch(d -> d.kind() == Dataset.Kind.SOURCE)) {
      return "No source holds rows yet. Next: tidemark load DATASET FILE...";
    }
    if (stale.isEmpty()) {
      return "Everything is up to date.";
    }
    return Words.count(stale.size(), "dataset")
        + (stale.size() == 1 ? " has" : " have")
        + " stale slices. Next: tidemark plan";
  }

  static String slices(Report.SlicesShown report, Paint paint) {
    TextTable table = new TextTable(paint).left("SLICE").right("ROWS", "FILES", "SIZE");
    table.left("CONTENT HASH", "MADE BY");
    for (SliceLine s : report.slices()) {
      table.row(
          s.slice(),
          Words.count(s.rows()),
          Words.count(s.files()),
          Words.bytes(s.bytes()),
          s.hash().orElse("-"),
          s.state() == SliceLine.State.OPEN ? "open (live)" : s.maker().orElse("-"));
    }
    return title(report.dataset(), report.table(), report.head(), paint)
        + (table.isEmpty() ? "No slices.\n" : table);
  }

  static String history(Report.HistoryShown report, Paint paint) {
    TextTable table = new TextTable(paint).right("SNAPSHOT").left("WHEN (UTC)", "WHAT", "RUN");
    table.right("SLICES", "ROWS").left("CODE", "FROM", "NOTE");
    for (StampedCommit c : report.commits()) {
      table.row(
          String.valueOf(c.snapshot()),
          Words.time(c.at()),
          Words.of(c.kind()),
          c.run().map(Object::toString).orElse("-"),
          Words.count(c.slices().count()),
          Words.count(c.rows()),
          c.code().map(f -> f.hex().substring(0, HASH_DIGITS)).orElse("-"),
          c.inputs().isEmpty() ? "-" : String.join(", ", c.inputs()),
          c.note());
    }
    return title(report.dataset(), report.table(), report.head(), paint)
        + (table.isEmpty() ? "No commits of Tidemark.\n" : table);
  }

  private static String title(DatasetId dataset, String table, Optional<Long> head, Paint paint) {
    return paint.strong(dataset.value())
        + " ("
        + table
        + ") at "
        + head.map(h -> "snapshot " + h).orElse("no snapshot")
        + "\n\n";
  }
}
