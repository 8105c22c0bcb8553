package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.control.Report;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What a dataset or column is made from, and what is made from it, as two trees. */
final class LineageText {
  private LineageText() {}

  static String text(Report.LineageShown report, Paint paint) {
    StringBuilder out = new StringBuilder(paint.strong(report.node())).append('\n');
    out.append("\nmade from\n");
    tree(out, report.node(), report.upstream(), Direction.UP, 1, new TreeSet<>());
    out.append("\nused by\n");
    tree(out, report.node(), report.downstream(), Direction.DOWN, 1, new TreeSet<>());
    return out.toString();
  }

  private enum Direction {
    UP,
    DOWN
  }

  /** A node that was printed before is not opened again. */
  private static void tree(
      StringBuilder out,
      String node,
      List<Report.Edge> edges,
      Direction direction,
      int depth,
      Set<String> seen) {
    boolean any = false;
    for (Report.Edge edge : edges) {
      String here = direction == Direction.UP ? edge.to() : edge.from();
      String next = direction == Direction.UP ? edge.from() : edge.to();
      if (here.equals(node)) {
        any = true;
        boolean known = !seen.add(next);
        boolean opens =
            edges.stream()
                .anyMatch(e -> (direction == Direction.UP ? e.to() : e.from()).equals(next));
        out.append("  ".repeat(depth)).append(next);
        out.append(known && opens ? " (see above)" : "").append('\n');
        if (!known) {
          tree(out, next, edges, direction, depth + 1, seen);
        }
      }
    }
    if (!any && depth == 1) {
      out.append("  nothing\n");
    }
  }
}
