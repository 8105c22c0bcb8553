package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.cli.text.TextTable;
import io.tidemark.cli.text.Words;
import io.tidemark.model.LiveStatus.Lag;
import io.tidemark.model.ShadowStatus;
import io.tidemark.model.ShadowStatus.Compared;
import io.tidemark.model.SliceSet;
import java.util.function.UnaryOperator;

/** How a shadow does beside its live job. */
final class ShadowText {
  private ShadowText() {}

  static String text(ShadowStatus shadow, Paint paint) {
    StringBuilder out = new StringBuilder("Shadow: ");
    out.append(LiveText.state(shadow.health(), paint))
        .append(shadow.change().map(name -> ", held against the change " + name).orElse(""))
        .append(
            shadow
                .grace()
                .map(at -> ", the version before; it goes on until " + Words.time(at) + " UTC")
                .orElse(""))
        .append("\n  lag ")
        .append(lag(shadow.lag()))
        .append("; of the live job ")
        .append(lag(shadow.mainLag()))
        .append('\n');
    if (shadow.datasets().isEmpty()) {
      return out.toString();
    }
    TextTable table = new TextTable(paint).left("DATASET");
    table.right("COMPARED", "IDENTICAL", "EXPLAINED", "UNEXPLAINED", "LATE EVENTS", "WAITING");
    table.right("ROWS THAT DIFFER");
    for (Compared c : shadow.datasets()) {
      UnaryOperator<String> bad = c.unexplained().isEmpty() ? paint::faint : paint::bad;
      table
          .row()
          .cell(c.dataset().value(), paint::name)
          .cell(count(c.all().minus(c.waiting())), s -> s)
          .cell(count(c.identical()), s -> s)
          .cell(count(c.explained()), s -> s)
          .cell(count(c.unexplained()), bad)
          .cell(count(c.incomparable()), s -> s)
          .cell(count(c.waiting()), s -> s)
          .cell(rows(c), s -> s);
    }
    out.append('\n').append(table);
    for (Compared c : shadow.datasets()) {
      if (!c.unexplained().isEmpty()) {
        out.append("\n  ")
            .append(c.dataset())
            .append(": rows that no expected change covers in ")
            .append(Words.countedSlices(c.unexplained()))
            .append('\n');
      }
    }
    return out.toString();
  }

  private static String count(SliceSet slices) {
    return Words.count(slices.count());
  }

  private static String rows(Compared compared) {
    long unexplained = compared.counts().unexplained();
    return Words.count(compared.counts().different())
        + (unexplained == 0 ? "" : ", " + Words.count(unexplained) + " unexplained");
  }

  private static String lag(Lag lag) {
    return lag.events().map(n -> Words.count(n, "event")).orElse("unknown")
        + lag.time().filter(t -> !t.isZero()).map(t -> ", " + LiveText.time(t)).orElse("");
  }
}
