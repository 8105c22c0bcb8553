package io.tidemark.plan;

import io.tidemark.model.Plan;
import io.tidemark.model.Plan.Cost;
import io.tidemark.model.Plan.Impact;
import io.tidemark.model.Plan.Reason;
import io.tidemark.model.SliceSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A plan as a table for people: what is rebuilt, why, in which stage, what is reused, the cost. */
public final class PlanText {
  private static final int SPANS_SHOWN = 3;
  private static final List<String> HEADER =
      List.of("STAGE", "DATASET", "REBUILD", "REUSE", "INPUT", "FILES", "TIME", "WHY");

  /** Columns of numbers, set flush right. */
  private static final List<Integer> NUMBERS = List.of(0, 2, 3, 4, 5, 6);

  private PlanText() {}

  /** Lines without trailing blanks, each ended by a line feed. */
  public static String render(Plan plan) {
    StringBuilder out = new StringBuilder("pipeline " + plan.pipeline());
    plan.change().ifPresent(c -> out.append(", held against expected change ").append(c));
    out.append("\n\n");
    if (!plan.impacts().isEmpty()) {
      List<List<String>> rows = new ArrayList<>();
      rows.add(HEADER);
      plan.impacts().forEach(impact -> rows.addAll(rows(impact)));
      align(rows, out);
      out.append('\n');
    }
    return out.append(total(plan)).append('\n').toString();
  }

  /** Slices with their number, long sets cut short: {@code 2001-01..2001-03,2001-05 (4 slices)}. */
  static String slices(SliceSet slices) {
    String[] spans = slices.toString().split(",");
    String shown = String.join(",", List.of(spans).subList(0, Math.min(SPANS_SHOWN, spans.length)));
    String rest = spans.length > SPANS_SHOWN ? ",.." : "";
    return shown + rest + " (" + counted(slices.count(), "slice") + ")";
  }

  private static List<List<String>> rows(Impact impact) {
    List<List<String>> rows = new ArrayList<>();
    boolean built = !impact.stale().isEmpty();
    List<String> why = impact.reasons().stream().map(PlanText::why).toList();
    rows.add(
        List.of(
            built ? Integer.toString(impact.stage()) : "-",
            impact.dataset().value(),
            Long.toString(impact.stale().count()),
            Long.toString(impact.reused().count()),
            built ? bytes(impact.cost().bytes()) : "-",
            built ? Long.toString(impact.cost().files()) : "-",
            built ? impact.cost().seconds().map(PlanText::time).orElse("?") : "-",
            why.isEmpty() ? "up to date" : why.get(0)));
    for (String more : why.subList(Math.min(1, why.size()), why.size())) {
      rows.add(List.of("", "", "", "", "", "", "", more));
    }
    return rows;
  }

  private static String why(Reason reason) {
    String kind = reason.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    String where = reason.slices().isEmpty() ? "" : " in " + slices(reason.slices());
    return kind + where + ": " + reason.detail();
  }

  private static String total(Plan plan) {
    long datasets = plan.impacts().stream().filter(i -> !i.stale().isEmpty()).count();
    if (datasets == 0) {
      return "nothing to rebuild";
    }
    Cost cost = plan.cost();
    Optional<String> time = cost.seconds().map(PlanText::time);
    return "rebuild "
        + counted(cost.slices(), "slice")
        + " of "
        + counted(datasets, "dataset")
        + " in "
        + counted(plan.steps().size(), "step")
        + ", reading "
        + bytes(cost.bytes())
        + " in "
        + counted(cost.files(), "file")
        + time.map(t -> ", about " + t).orElse("; no earlier build to estimate the time from");
  }

  private static void align(List<List<String>> rows, StringBuilder out) {
    int[] widths = new int[HEADER.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        String pad = " ".repeat(widths[i] - row.get(i).length());
        line.append(NUMBERS.contains(i) ? pad + row.get(i) : row.get(i) + pad).append("  ");
      }
      out.append(line.toString().stripTrailing()).append('\n');
    }
  }

  private static String counted(long count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }

  private static String bytes(long bytes) {
    String[] units = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = bytes;
    int unit = 0;
    while (value >= 999.5 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 || value >= 99.95 ? "%.0f" : "%.1f", value)
        + " "
        + units[unit];
  }

  private static String time(double seconds) {
    long s = Math.max(1, Math.round(seconds));
    if (s < 60) {
      return s + " s";
    } else if (s < 3600) {
      return s / 60 + " min " + s % 60 + " s";
    }
    return s / 3600 + " h " + s % 3600 / 60 + " min";
  }
}
