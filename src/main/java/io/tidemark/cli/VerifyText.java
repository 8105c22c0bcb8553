package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.cli.text.TextTable;
import io.tidemark.cli.text.Words;
import io.tidemark.control.Verified;
import io.tidemark.model.Plan;

/** Counts per partition, what recomputation found, and the verdict in the last line. */
final class VerifyText {
  private VerifyText() {}

  static String text(Verified report, Paint paint) {
    StringBuilder out = new StringBuilder();
    out.append(paint.strong(report.dataset().value())).append(" (").append(report.table());
    out.append(")\n\n");
    for (Verified.Source source : report.sources()) {
      source(out, source, paint);
    }
    report.slices().ifPresent(s -> slices(out, s, paint));
    String verdict =
        Words.count(report.lost())
            + " lost, "
            + Words.count(report.doubled())
            + " doubled, "
            + Words.count(report.unexplained())
            + " unexplained"
            + (report.untold() == 0
                ? ""
                : ", " + Words.count(report.untold(), "offset") + " that no mark speaks of")
            + (report.expired() == 0
                ? ""
                : ", " + Words.count(report.expired(), "offset") + " expired unread");
    return out.append(report.isClean() ? paint.good(verdict) : paint.warn(verdict))
        .append('\n')
        .toString();
  }

  private static void source(StringBuilder out, Verified.Source source, Paint paint) {
    out.append(paint.name(source.dataset().value())).append(" from topic ");
    out.append(Words.safe(source.topic())).append('\n');
    TextTable table = new TextTable(paint).right("PARTITION").left("OFFSETS");
    table.right("TAKEN", "ROWS", "DEAD LETTERS", "LOST", "DOUBLED");
    for (Verified.Partition p : source.partitions()) {
      table
          .row()
          .cell(String.valueOf(p.partition()), s -> s)
          .cell(p.to() == p.from() ? "none" : p.from() + ".." + (p.to() - 1), s -> s)
          .cell(Words.count(p.taken()), s -> s)
          .cell(Words.count(p.rows()), s -> s)
          .cell(Words.count(p.deadLetters()), s -> s)
          .cell(Words.count(p.lost()), p.lost() == 0 ? s -> s : paint::warn)
          .cell(Words.count(p.doubled()), p.doubled() == 0 ? s -> s : paint::warn);
    }
    out.append(table.isEmpty() ? "No live job has taken anything from it.\n" : table.toString());
    for (Verified.Partition p : source.partitions()) {
      for (String note : p.notes()) {
        out.append("  partition ").append(p.partition()).append(": ").append(note).append('\n');
      }
    }
    out.append('\n');
  }

  private static void slices(StringBuilder out, Verified.Slices slices, Paint paint) {
    out.append("Made once more: ").append(Words.countedSlices(slices.compared())).append('\n');
    if (!slices.differing().isEmpty()) {
      out.append("  ")
          .append(paint.warn("differ: " + Words.countedSlices(slices.differing())))
          .append(": ")
          .append(Words.count(slices.diff().added(), "row"))
          .append(" missing, ")
          .append(Words.count(slices.diff().removed()))
          .append(" too many, ")
          .append(Words.count(slices.diff().changed()))
          .append(" different\n");
    }
    if (!slices.open().isEmpty()) {
      out.append("Open (live), not compared: ");
      out.append(Words.countedSlices(slices.open())).append('\n');
    }
    if (!slices.stale().isEmpty()) {
      out.append("Stale, not compared: ");
      out.append(Words.countedSlices(slices.stale())).append('\n');
      for (Plan.Reason reason : slices.reasons()) {
        out.append("  ")
            .append(Words.of(reason.kind()))
            .append(reason.detail().isEmpty() ? "" : ": " + Words.safe(reason.detail()))
            .append('\n');
      }
    }
    out.append('\n');
  }
}
