package io.tidemark.job.build;

import io.tidemark.job.catalog.Sql;
import io.tidemark.job.slice.SliceTotals;
import io.tidemark.job.transform.OutputQuery.RowCheck;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Expectation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * The expectations that are evaluated in the pass that writes. Those about single rows become SQL
 * predicates that the planner compiles into the job; the sink counts the rows that break them.
 */
final class InlineChecks {
  private final List<Expectation> rowChecks = new ArrayList<>();
  private final List<Expectation> sliceChecks = new ArrayList<>();

  /**
   * @throws IllegalArgumentException if an expectation needs a pass of its own
   */
  InlineChecks(List<Expectation> checks) {
    for (Expectation check : checks) {
      if (!check.isInline()) {
        throw new IllegalArgumentException(
            "[BUG] expectation '" + check.name() + "' needs a pass of its own");
      }
      (predicate(check.rule()).isPresent() ? rowChecks : sliceChecks).add(check);
    }
  }

  /** Those about single rows, in the order of their BOOLEAN columns. */
  List<RowCheck> rowChecks() {
    return rowChecks.stream()
        .map(check -> new RowCheck(check, predicate(check.rule()).orElseThrow()))
        .toList();
  }

  /** SQL that is TRUE for a row that keeps the rule, never NULL; empty if it is not about rows. */
  static Optional<String> predicate(Expectation.Rule rule) {
    if (rule instanceof Expectation.NotNull notNull) {
      return Optional.of(
          notNull.columns().stream()
              .map(c -> Sql.name(c) + " IS NOT NULL")
              .collect(Collectors.joining(" AND ")));
    } else if (rule instanceof Expectation.AcceptedValues accepted) {
      String column = Sql.name(accepted.column());
      String values = accepted.values().stream().map(Sql::text).collect(Collectors.joining(", "));
      return Optional.of(column + " IS NULL OR CAST(" + column + " AS STRING) IN (" + values + ")");
    } else if (rule instanceof Expectation.InRange range) {
      String column = Sql.name(range.column());
      List<String> bounds = new ArrayList<>();
      range.min().ifPresent(min -> bounds.add(column + " >= " + min));
      range.max().ifPresent(max -> bounds.add(column + " <= " + max));
      return Optional.of(
          bounds.isEmpty() ? "TRUE" : column + " IS NULL OR " + String.join(" AND ", bounds));
    } else if (rule instanceof Expectation.SqlPredicate sql) {
      // On lines of its own: a predicate may end in a comment.
      return Optional.of("(\n" + sql.predicate() + "\n) IS TRUE");
    }
    return Optional.empty();
  }

  /**
   * What became of every expectation.
   *
   * @param slices all slices of the job, also those without rows, in order
   */
  List<CheckOutcome> outcomes(List<SliceTotals> slices) {
    List<CheckOutcome> outcomes = new ArrayList<>();
    for (int i = 0; i < rowChecks.size(); i++) {
      int check = i;
      outcomes.add(outcome(rowChecks.get(i), "rows", slices, s -> s.violations(check)));
    }
    for (Expectation check : sliceChecks) {
      Expectation.RowCount count = (Expectation.RowCount) check.rule();
      outcomes.add(outcome(check, "slices", slices, s -> within(count, s.rows()) ? 0 : 1));
    }
    return outcomes;
  }

  private static boolean within(Expectation.RowCount count, long rows) {
    return count.min().map(min -> rows >= min).orElse(true)
        && count.max().map(max -> rows <= max).orElse(true);
  }

  private static CheckOutcome outcome(
      Expectation check, String unit, List<SliceTotals> slices, ToLongFunction<SliceTotals> count) {
    long violations = slices.stream().mapToLong(count).sum();
    List<Long> broken =
        slices.stream().filter(s -> count.applyAsLong(s) > 0).map(SliceTotals::ordinal).toList();
    String detail =
        violations == 0
            ? "held in " + slices.size() + " slices"
            : violations + " " + unit + " in " + broken.size() + " of " + slices.size() + " slices";
    return new CheckOutcome(check.name(), check.severity(), violations, detail, broken);
  }
}
