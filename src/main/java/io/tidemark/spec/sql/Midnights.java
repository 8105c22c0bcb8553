package io.tidemark.spec.sql;

import java.util.Optional;
import java.util.Set;
import org.apache.calcite.avatica.util.TimeUnitRange;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.core.Aggregate;
import org.apache.calcite.rel.core.Filter;
import org.apache.calcite.rel.core.Project;
import org.apache.calcite.rel.core.Sort;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.type.SqlTypeName;

/** Timestamps that are always midnight: as a DATE they keep every value apart. */
final class Midnights {
  private static final Set<TimeUnitRange> DAYS =
      Set.of(
          TimeUnitRange.DAY,
          TimeUnitRange.WEEK,
          TimeUnitRange.MONTH,
          TimeUnitRange.QUARTER,
          TimeUnitRange.YEAR);

  private Midnights() {}

  /** The column of an input that an expression repeats as a date, if that loses nothing. */
  static Optional<RexInputRef> asDate(RexNode rex, RelNode input) {
    if (rex instanceof RexCall call
        && call.getKind() == SqlKind.CAST
        && call.getType().getSqlTypeName() == SqlTypeName.DATE) {
      return RexWalk.sameValue(call.getOperands().get(0))
          .filter(ref -> areAll(input, ref.getIndex()));
    }
    return Optional.empty();
  }

  private static boolean areAll(RelNode rel, int column) {
    if (rel instanceof Project project) {
      RexNode rex = project.getProjects().get(column);
      return isFloor(rex)
          || RexWalk.sameValue(rex)
              .map(ref -> areAll(project.getInput(), ref.getIndex()))
              .orElse(false);
    } else if (rel instanceof Aggregate aggregate) {
      return column < aggregate.getGroupCount()
          && areAll(aggregate.getInput(), aggregate.getGroupSet().nth(column));
    }
    return (rel instanceof Filter || rel instanceof Sort) && areAll(rel.getInput(0), column);
  }

  private static boolean isFloor(RexNode rex) {
    return rex instanceof RexCall call
        && call.getKind() == SqlKind.FLOOR
        && call.getOperands().size() == 2
        && call.getOperands().get(1) instanceof RexLiteral unit
        && unit.getValue() instanceof TimeUnitRange range
        && DAYS.contains(range);
  }
}
