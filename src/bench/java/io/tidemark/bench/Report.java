package io.tidemark.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Collects ratios and prints them against their goals, as Markdown. */
final class Report {
  private final PrintStream out;
  private final List<String> rows = new ArrayList<>();

  Report(PrintStream out) {
    this.out = out;
  }

  /** Says at once what was measured. */
  void line(String format, Object... arguments) {
    out.println(String.format(Locale.ROOT, format, arguments));
  }

  void usages(String title, Map<String, Usage> usages) {
    out.println();
    out.println("| " + title + " | wall s | CPU s | peak MB |");
    out.println("| --- | --- | --- | --- |");
    usages.forEach(
        (who, u) -> line("| %s | %.1f | %.1f | %.0f |", who, u.wall(), u.cpu(), u.peakMb()));
    out.println();
  }

  /**
   * @param value what was measured; lower is better
   * @param goal where we are going
   * @param milestone what this milestone must reach
   */
  void goal(String id, String measure, double value, double goal, double milestone, String unit) {
    String verdict = value <= goal ? "met (goal)" : value <= milestone ? "met" : "short";
    rows.add(
        String.format(
            Locale.ROOT,
            "| %s | %s | %.2f%s | %s%s | %s%s | %s |",
            id,
            measure,
            value,
            unit,
            goal,
            unit,
            milestone,
            unit,
            verdict));
  }

  /** As above, for a ratio. */
  void goal(String id, String measure, double ratio, double goal, double milestone) {
    goal(id, measure, ratio, goal, milestone, "×");
  }

  void print() {
    out.println();
    out.println("| # | measure | measured | goal | milestone | |");
    out.println("| --- | --- | --- | --- | --- | --- |");
    rows.forEach(out::println);
  }

  static String text(Usage usage) {
    return String.format(
        Locale.ROOT, "%.1f s wall, %.1f s CPU, %.0f MB", usage.wall(), usage.cpu(), usage.peakMb());
  }
}
