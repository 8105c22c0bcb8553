package io.tidemark.job.verify;

import io.tidemark.model.DatasetDiff.Counts;
import io.tidemark.model.DatasetDiff.Kind;
import io.tidemark.model.DatasetDiff.Verdict;
import io.tidemark.model.ExpectedChange.Allowed;
import io.tidemark.model.ExpectedChange.Bounds;
import io.tidemark.model.ExpectedChange.Total;
import io.tidemark.model.Stamp;
import java.io.Serializable;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which differences are explained. Three cases: main held nothing, so nobody depended on anything
 * and every row is explained; nothing was declared, so no difference is; or the declaration
 * decides.
 */
final class DiffVerdict implements Serializable {
  private static final long serialVersionUID = 1;

  private final boolean first;
  private final String[] columns;
  private final Limit added;
  private final Limit removed;
  private final ArrayList<Range> totals = new ArrayList<>();

  private record Limit(long min, long max) implements Serializable {
    static Limit of(Bounds bounds) {
      return new Limit(bounds.min(), bounds.max());
    }
  }

  private record Range(String column, double min, double max) implements Serializable {}

  private DiffVerdict(boolean first, List<String> columns, Bounds added, Bounds removed) {
    this.first = first;
    this.columns = columns.toArray(String[]::new);
    this.added = Limit.of(added);
    this.removed = Limit.of(removed);
  }

  /** Main held no row of the dataset. */
  static DiffVerdict ofFirstBuild() {
    return new DiffVerdict(true, Stamp.Content.ANY_COLUMN, Bounds.ANY, Bounds.ANY);
  }

  static DiffVerdict of(Optional<Allowed> allowed) {
    if (allowed.isEmpty()) {
      return new DiffVerdict(false, List.of(), Bounds.NONE, Bounds.NONE);
    }
    Allowed a = allowed.get();
    DiffVerdict verdict = new DiffVerdict(false, a.columns(), a.added(), a.removed());
    for (Total total : a.totals()) {
      verdict.totals.add(new Range(total.column(), total.min(), total.max()));
    }
    return verdict;
  }

  /** The columns whose totals are bounded. */
  Set<String> totals() {
    return totals.stream().map(Range::column).collect(java.util.stream.Collectors.toSet());
  }

  boolean mayChange(String column) {
    return List.of(columns).contains(column) || List.of(columns).contains("*");
  }

  Verdict ofChanged(boolean columnsCovered, DiffTally.Holds holds) {
    return verdict(columnsCovered && holds.where() && holds.relation());
  }

  /** A row of a kind that is not expected at all is unexplained; too many are told as broken. */
  Verdict ofSingle(Kind kind, DiffTally.Holds holds) {
    Limit limit = kind == Kind.ADDED ? added : removed;
    return verdict(limit.max() > 0 && holds.where());
  }

  private Verdict verdict(boolean explained) {
    return first || explained ? Verdict.EXPLAINED : Verdict.UNEXPLAINED;
  }

  /** Bounds and totals that the whole diff breaks. */
  List<String> broken(Counts counts, Map<String, Optional<BigDecimal>> grown) {
    List<String> broken = new ArrayList<>();
    if (first) {
      return broken;
    }
    bound("added", counts.added(), added, broken);
    bound("removed", counts.removed(), removed, broken);
    for (Range total : totals) {
      Optional<BigDecimal> by = grown.get(total.column());
      if (by.isEmpty()) {
        broken.add("the total of " + total.column() + " cannot be told: a value is not finite");
      } else if (by.get().compareTo(new BigDecimal(total.min())) < 0
          || by.get().compareTo(new BigDecimal(total.max())) > 0) {
        broken.add(
            String.format(
                Locale.ROOT,
                "the total of %s changed by %s, expected %s to %s",
                total.column(),
                new BigDecimal(by.get().doubleValue(), java.math.MathContext.DECIMAL64)
                    .stripTrailingZeros()
                    .toPlainString(),
                text(total.min()),
                text(total.max())));
      }
    }
    return broken;
  }

  private static String text(double value) {
    return new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
  }

  private static void bound(String what, long rows, Limit limit, List<String> broken) {
    if (rows > limit.max() && limit.max() > 0) {
      broken.add(rows + " rows " + what + ", at most " + limit.max() + " expected");
    } else if (rows < limit.min()) {
      broken.add(rows + " rows " + what + ", at least " + limit.min() + " expected");
    }
  }
}
