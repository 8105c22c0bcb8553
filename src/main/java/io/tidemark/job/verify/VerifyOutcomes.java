package io.tidemark.job.verify;

import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Expectation;
import io.tidemark.model.JobSpec;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Decides checks by the numbers that {@link VerifyChecks} and {@link GoldenCheck} told. */
final class VerifyOutcomes {
  private final Map<String, TreeMap<Long, String>> told = new HashMap<>();

  void add(VerifyPart.Tallied part) {
    told.computeIfAbsent(part.source(), s -> new TreeMap<>())
        .merge(part.slice(), part.value(), VerifyOutcomes::sum);
  }

  /** Golden counts come from every task; everything else is told once. */
  private static String sum(String a, String b) {
    return Long.toString(Long.parseLong(a) + Long.parseLong(b));
  }

  List<CheckOutcome> decide(JobSpec.Verify spec, DiffColumns columns) {
    List<CheckOutcome> outcomes = new ArrayList<>();
    for (Expectation check : spec.checks()) {
      if (check.rule() instanceof Expectation.Unique unique) {
        String of = String.join(", ", unique.columns());
        outcomes.add(broken(check, "values of " + of + " occur more than once in a slice"));
      } else if (check.rule() instanceof Expectation.References references) {
        String to = references.dataset() + "." + references.referenced();
        outcomes.add(broken(check, "rows whose " + references.column() + " is not in " + to));
      } else if (check.rule() instanceof Expectation.RowCount count) {
        outcomes.add(rowCount(check, count, spec));
      } else if (check.rule() instanceof Expectation.Conserve conserve) {
        outcomes.add(conserve(check, conserve));
      } else if (check.rule() instanceof Expectation.Golden) {
        outcomes.add(golden(check, GoldenCheck.of(check, columns, spec.output()).size()));
      }
    }
    return outcomes;
  }

  private SortedMap<Long, String> told(Expectation check, String what) {
    return told.getOrDefault(check.name() + "/" + what, new TreeMap<>());
  }

  private static long total(Map<Long, String> counts) {
    return counts.values().stream().mapToLong(Long::parseLong).sum();
  }

  private CheckOutcome broken(Expectation check, String what) {
    SortedMap<Long, String> broken = told(check, VerifyChecks.BROKEN);
    long violations = total(broken);
    return new CheckOutcome(
        check.name(),
        check.severity(),
        violations,
        violations == 0 ? "passed" : violations + " " + what,
        List.copyOf(broken.keySet()));
  }

  private CheckOutcome rowCount(
      Expectation check, Expectation.RowCount count, JobSpec.Verify spec) {
    SortedMap<Long, String> out = told(check, VerifyChecks.OUTPUT);
    SortedMap<Long, String> in = told(check, VerifyChecks.INPUT);
    boolean perSlice =
        spec.inputs().get(0).layout().eventTime().isPresent()
            && spec.output().layout().eventTime().isPresent();
    List<Long> broken = new ArrayList<>();
    TreeSet<Long> slices = new TreeSet<>(out.keySet());
    if (perSlice) {
      slices.addAll(in.keySet());
    }
    for (long slice : slices) {
      double rows = Double.parseDouble(out.getOrDefault(slice, "0"));
      double read = Double.parseDouble(in.getOrDefault(perSlice ? slice : 0L, "0"));
      // Rows out of nothing are more than any ratio allows.
      double ratio = read > 0 ? rows / read : rows > 0 ? Double.POSITIVE_INFINITY : 0;
      if ((read > 0 && count.min().isPresent() && ratio < count.min().get())
          || (count.max().isPresent() && ratio > count.max().get())) {
        broken.add(slice);
      }
    }
    String found = total(out) + " rows of " + total(in) + " read";
    return new CheckOutcome(
        check.name(),
        check.severity(),
        broken.size(),
        broken.isEmpty() ? found : broken.size() + " slices out of bounds; " + found,
        broken);
  }

  private CheckOutcome conserve(Expectation check, Expectation.Conserve conserve) {
    String out = told(check, VerifyChecks.OUTPUT).getOrDefault(0L, "");
    String in = told(check, VerifyChecks.INPUT).getOrDefault(0L, "");
    boolean equal = out.equals(in) || close(orZero(out), orZero(in), conserve.tolerance());
    return new CheckOutcome(
        check.name(),
        check.severity(),
        equal ? 0 : 1,
        String.format(
            "input %s, output %s", in.isEmpty() ? "NULL" : in, out.isEmpty() ? "NULL" : out),
        List.of());
  }

  /** A sum over no rows is NULL where a count is 0: both say that there is nothing. */
  private static String orZero(String total) {
    return total.isEmpty() ? "0" : total;
  }

  private static boolean close(String a, String b, double tolerance) {
    try {
      BigDecimal x = new BigDecimal(a);
      BigDecimal y = new BigDecimal(b);
      BigDecimal most = x.abs().max(y.abs()).multiply(new BigDecimal(tolerance));
      return x.subtract(y).abs().compareTo(most) <= 0;
    } catch (NumberFormatException e) {
      // Missing or not finite on one side only.
      return false;
    }
  }

  private CheckOutcome golden(Expectation check, long expected) {
    SortedMap<Long, String> wrong = told(check, GoldenCheck.WRONG);
    long found = total(told(check, GoldenCheck.FOUND));
    long differing = total(wrong);
    // A key found more than once is one of its rows too many.
    long missing = Math.abs(expected - found);
    List<Long> slices =
        wrong.entrySet().stream()
            .filter(e -> !e.getValue().equals("0"))
            .map(Map.Entry::getKey)
            .toList();
    return new CheckOutcome(
        check.name(),
        check.severity(),
        differing + missing,
        String.format(
            "%d rows expected, %d found, %d of them with other values", expected, found, differing),
        slices);
  }
}
