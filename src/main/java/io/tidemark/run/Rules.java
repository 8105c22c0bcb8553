package io.tidemark.run;

import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Dataset;
import io.tidemark.model.Expectation;
import io.tidemark.model.Expectation.Rule;
import io.tidemark.model.SliceStats;
import io.tidemark.model.Transform;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Which expectations are checked while slices are written and which need a pass of their own. */
final class Rules {
  private Rules() {}

  /** Those about one row, or about the rows of one slice, as they are written. */
  static List<Expectation> inline(Dataset dataset) {
    return dataset.governance().expectations().stream().filter(Expectation::isInline).toList();
  }

  /** Those that compare rows with each other or with another dataset. */
  static List<Expectation> apart(Dataset dataset, Transform transform) {
    return dataset.governance().expectations().stream()
        .filter(e -> !e.isInline() && !isProved(e.rule(), transform))
        .toList();
  }

  /** Those that hold whatever the rows are, as passed. */
  static List<CheckOutcome> proved(Dataset dataset, Transform transform) {
    return dataset.governance().expectations().stream()
        .filter(e -> isProved(e.rule(), transform))
        .map(e -> new CheckOutcome(e.name(), e.severity(), 0, "follows from the query", List.of()))
        .toList();
  }

  private static boolean isProved(Rule rule, Transform transform) {
    return rule instanceof Expectation.Unique unique
        && transform.analysis().uniqueKeys().stream()
            .anyMatch(key -> !key.isEmpty() && unique.columns().containsAll(key));
  }

  /**
   * Holds what was measured while slices were written against what the candidate's manifests count.
   *
   * @param committed rows by slice
   */
  static CheckOutcome conserved(Collection<SliceStats> built, Map<Long, Long> committed) {
    long off = 0;
    List<Long> broken = new ArrayList<>();
    for (SliceStats slice : built) {
      long rows = committed.getOrDefault(slice.ordinal(), 0L);
      if (rows != slice.rows()) {
        off += Math.abs(rows - slice.rows());
        broken.add(slice.ordinal());
      }
    }
    long written = built.stream().mapToLong(SliceStats::rows).sum();
    return new CheckOutcome(
        CheckOutcome.CONSERVATION,
        Expectation.Severity.ERROR,
        off,
        off == 0
            ? String.format(
                Locale.ROOT,
                "%,d rows in %,d slices, as the branch holds them",
                written,
                built.size())
            : written
                + " rows measured, and other numbers committed to "
                + broken.size()
                + " of "
                + built.size()
                + " slices",
        broken);
  }

  /** Outcomes of the same expectation from several jobs, as one each. */
  static List<CheckOutcome> merge(List<CheckOutcome> outcomes) {
    Map<String, CheckOutcome> merged = new LinkedHashMap<>();
    for (CheckOutcome outcome : outcomes) {
      merged.merge(outcome.expectation(), outcome, Rules::merge);
    }
    return List.copyOf(merged.values());
  }

  private static CheckOutcome merge(CheckOutcome a, CheckOutcome b) {
    Set<Long> slices = new TreeSet<>(a.slices());
    slices.addAll(b.slices());
    List<String> details = new ArrayList<>();
    for (CheckOutcome outcome : List.of(a, b)) {
      if (!outcome.detail().isEmpty() && (!outcome.passed() || a.passed() == b.passed())) {
        details.add(outcome.detail());
      }
    }
    return new CheckOutcome(
        a.expectation(),
        a.severity(),
        a.violations() + b.violations(),
        String.join("; ", new TreeSet<>(details)),
        List.copyOf(slices));
  }
}
