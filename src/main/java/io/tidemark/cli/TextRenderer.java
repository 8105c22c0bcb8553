package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.cli.text.TextTable;
import io.tidemark.cli.text.Words;
import io.tidemark.control.Corrected;
import io.tidemark.control.Examined;
import io.tidemark.control.Generated;
import io.tidemark.control.Maintained;
import io.tidemark.control.Ordered;
import io.tidemark.control.Report;
import io.tidemark.control.RolledBack;
import io.tidemark.control.RunsWatched;
import io.tidemark.control.Served;
import io.tidemark.control.Verified;
import io.tidemark.model.DatasetId;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Picks the renderer of a report; prints the short ones itself. */
final class TextRenderer implements Report.Visitor<String> {
  private final Paint paint;

  TextRenderer(Paint paint) {
    this.paint = paint;
  }

  static String text(Report report, Paint paint) {
    return report.accept(new TextRenderer(paint));
  }

  @Override
  public String validated(Report.Validated report) {
    return paint.good("ok")
        + " "
        + report.pipeline()
        + ": "
        + Words.count(report.sources().size(), "source")
        + names(report.sources())
        + ", "
        + Words.count(report.references().size(), "reference")
        + names(report.references())
        + ", "
        + report.derived().size()
        + " derived"
        + names(report.derived())
        + ", "
        + Words.count(report.changes().size(), "expected change")
        + (report.changes().isEmpty() ? "" : " (" + String.join(", ", report.changes()) + ")")
        + "\nNo problems.\n";
  }

  private static String names(List<DatasetId> ids) {
    return ids.isEmpty()
        ? ""
        : " (" + ids.stream().map(DatasetId::value).collect(Collectors.joining(", ")) + ")";
  }

  @Override
  public String graph(Report.GraphShown report) {
    return GraphText.text(report.graph(), paint);
  }

  @Override
  public String initialised(Report.Initialised report) {
    return "Wrote a project to "
        + report.directory()
        + ":\n"
        + report.files().stream().map(f -> "  " + f + "\n").collect(Collectors.joining())
        + "Next: cd "
        + report.directory()
        + " and tidemark validate\n";
  }

  @Override
  public String loaded(Report.Loaded report) {
    TextTable table = new TextTable(paint).left("FILE", "");
    for (Report.FileLoaded file : report.files()) {
      boolean known = file.fate() == Report.FileLoaded.Fate.KNOWN;
      table
          .row(file.file())
          .cell(known ? "loaded before" : "loaded", known ? paint::faint : paint::good);
    }
    StringBuilder out = new StringBuilder(table.toString());
    out.append(Words.count(report.rows(), "row")).append(" into ");
    out.append(paint.name(report.dataset().value())).append(" (").append(report.table());
    out.append(")\n");
    if (report.deadLetters() > 0) {
      out.append(paint.warn(Words.count(report.deadLetters(), "unreadable row")))
          .append(" into ")
          .append(report.deadLetterTable())
          .append('\n');
      for (String problem : report.problems()) {
        out.append("  ").append(Words.safe(problem)).append('\n');
      }
    }
    return out.toString();
  }

  @Override
  public String status(Report.StatusShown report) {
    return StatusText.text(report, paint);
  }

  @Override
  public String slices(Report.SlicesShown report) {
    return StatusText.slices(report, paint);
  }

  @Override
  public String history(Report.HistoryShown report) {
    return StatusText.history(report, paint);
  }

  @Override
  public String planned(Report.Planned report) {
    return PlanText.text(report, paint);
  }

  @Override
  public String run(Report.RunShown report) {
    return RunText.text(report, paint);
  }

  @Override
  public String runs(Report.RunsListed report) {
    return RunText.list(report, paint);
  }

  @Override
  public String diff(Report.DiffShown report) {
    return DiffText.text(report, paint);
  }

  @Override
  public String published(Report.Published report) {
    boolean before = report.when() == Report.Published.When.BEFORE;
    return (before ? "Already published, so nothing was done: run " : "Published run ")
        + paint.strong(report.run().run().value())
        + "\n\n"
        + tables(report.tables(), "Nothing had changed: main is as it was.\n")
        + "\nUndo all or some of it: tidemark revert "
        + report.run().run()
        + "\n";
  }

  @Override
  public String reverted(Report.Reverted report) {
    return "Reverted run "
        + paint.strong(report.run().run().value())
        + "\n\n"
        + tables(report.tables(), "There was nothing to put back.\n");
  }

  private String tables(List<Report.TableChange> changes, String none) {
    TextTable table = new TextTable(paint).left("DATASET", "TABLE").right("SNAPSHOT");
    table.left("SLICES SWITCHED");
    for (Report.TableChange change : changes) {
      table
          .row()
          .cell(change.dataset().value(), paint::name)
          .cell(change.table(), s -> s)
          .cell(String.valueOf(change.snapshot()), s -> s)
          .cell(Words.countedSlices(change.slices()), s -> s);
    }
    return table.isEmpty() ? none : table.toString();
  }

  @Override
  public String rolledBack(RolledBack report) {
    return RollbackText.text(report, paint);
  }

  @Override
  public String examined(Examined report) {
    return DoctorCommand.text(report);
  }

  @Override
  public String lineage(Report.LineageShown report) {
    return LineageText.text(report, paint);
  }

  @Override
  public String live(Report.LiveShown report) {
    return LiveText.text(report, paint);
  }

  @Override
  public String query(Report.QueryShown report) {
    TextTable table = new TextTable(paint).left(report.columns().toArray(String[]::new));
    for (List<Optional<String>> row : report.rows()) {
      table.row();
      for (Optional<String> value : row) {
        table.cell(value.orElse("NULL"), value.isPresent() ? s -> s : paint::faint);
      }
    }
    String count = Words.count(report.rows().size(), "row");
    return table
        + (report.completeness() == Report.Completeness.ALL
            ? "(" + count + ")\n"
            : "(the first " + count + "; there are more: --limit)\n");
  }

  @Override
  public String verified(Verified report) {
    return VerifyText.text(report, paint);
  }

  @Override
  public String maintained(Maintained report) {
    return MaintainText.text(report, paint);
  }

  @Override
  public String corrected(Corrected report) {
    return CorrectText.text(report, paint);
  }

  @Override
  public String runsWatched(RunsWatched report) {
    return runs(
        new Report.RunsListed(report.runs().stream().map(RunsWatched.Watched::run).toList()));
  }

  @Override
  public String served(Served report) {
    return "Served " + report.url() + "\n";
  }

  @Override
  public String ordered(Ordered report) {
    String act = report.outputs().isEmpty() ? "ingest" : "live";
    return "Ordered start "
        + report.epoch()
        + " of live job "
        + paint.name(report.job())
        + " in "
        + report.file()
        + ", which holds the passwords of the environment\n  reads "
        + painted(report.sources())
        + (report.outputs().isEmpty() ? "" : "\n  makes " + painted(report.outputs()))
        + "\n\nNext: flink run -d tidemark-job.jar "
        + act
        + " "
        + report.file()
        + " "
        + report.version()
        + "\n";
  }

  private String painted(List<DatasetId> datasets) {
    return datasets.stream().map(d -> paint.name(d.value())).collect(Collectors.joining(", "));
  }

  @Override
  public String generated(Generated report) {
    return "Sent "
        + Words.count(report.events(), "event")
        + ": "
        + report.topics().entrySet().stream()
            .map(t -> Words.count(t.getValue()) + " to topic " + paint.name(t.getKey()))
            .collect(Collectors.joining(", "))
        + "\nEvent time "
        + Words.time(report.from())
        + " to "
        + Words.time(report.to())
        + " UTC, seed "
        + report.seed()
        + "\nRead them: tidemark live start\n";
  }
}
