package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.cli.text.TextTable;
import io.tidemark.cli.text.Words;
import io.tidemark.control.Maintained;

/** What a round of maintenance did, table by table. */
final class MaintainText {
  private MaintainText() {}

  static String text(Maintained report, Paint paint) {
    TextTable table = new TextTable(paint).left("DATASET", "COMPACTED").right("FILES", "EXPIRED");
    StringBuilder problems = new StringBuilder();
    for (Maintained.Table t : report.tables()) {
      table
          .row()
          .cell(t.dataset().value(), paint::name)
          .cell(t.compacted().isEmpty() ? "-" : Words.countedSlices(t.compacted()), s -> s)
          .cell(t.compacted().isEmpty() ? "-" : t.filesBefore() + " -> " + t.filesAfter(), s -> s)
          .cell(t.expired() == 0 ? "-" : Words.count(t.expired(), "snapshot"), s -> s);
      if (!t.left().isEmpty()) {
        problems.append(paint.warn("left")).append(' ').append(t.dataset().value()).append(": ");
        problems.append(Words.countedSlices(t.left()));
        problems.append(": ").append(Words.safe(String.join("; ", t.problems()))).append('\n');
      }
    }
    return (table.isEmpty() ? "Nothing to do.\n" : table.toString()) + problems;
  }
}
