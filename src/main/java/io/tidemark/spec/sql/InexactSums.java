package io.tidemark.spec.sql;

import java.util.List;
import java.util.Set;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.core.Filter;
import org.apache.calcite.rel.core.Project;
import org.apache.calcite.rel.core.Sort;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.type.SqlTypeName;

/**
 * Tells sums of floating point numbers whose last bits depend on the order of the rows from those
 * that are exact: whole numbers that were cast add up without rounding below 2^53.
 */
final class InexactSums {
  private static final Set<String> SUMS =
      Set.of(
          "SUM",
          "$SUM0",
          "AVG",
          "STDDEV",
          "STDDEV_POP",
          "STDDEV_SAMP",
          "VARIANCE",
          "VAR_POP",
          "VAR_SAMP");

  private InexactSums() {}

  /**
   * @param function an aggregate function's name
   * @param column of the input, which it adds up
   */
  static boolean isOne(String function, RelNode input, int column) {
    RelDataType type = input.getRowType().getFieldList().get(column).getType();
    return SUMS.contains(function) && isFloating(type) && !isWhole(input, column);
  }

  /** The same for an expression over a node. */
  static boolean isOne(String function, RexNode added) {
    return SUMS.contains(function) && isFloating(added.getType()) && !isWhole(added, null);
  }

  private static boolean isFloating(RelDataType type) {
    return SqlTypeName.APPROX_TYPES.contains(type.getSqlTypeName());
  }

  private static boolean isWhole(RelNode rel, int column) {
    if (rel instanceof Project project) {
      return isWhole(project.getProjects().get(column), project.getInput());
    }
    return (rel instanceof Filter || rel instanceof Sort) && isWhole(rel.getInput(0), column);
  }

  /**
   * @param input what the expression's columns are of; null if nothing is known of them
   */
  private static boolean isWhole(RexNode rex, RelNode input) {
    if (rex instanceof RexLiteral literal) {
      return literal.isNull()
          || literal.getValueAs(java.math.BigDecimal.class).stripTrailingZeros().scale() <= 0;
    } else if (rex instanceof RexInputRef ref) {
      return input != null && isWhole(input, ref.getIndex());
    } else if (rex instanceof RexCall call && call.getKind() == SqlKind.CAST) {
      RexNode from = call.getOperands().get(0);
      return SqlTypeName.INT_TYPES.contains(from.getType().getSqlTypeName())
          || isWhole(from, input);
    } else if (rex instanceof RexCall call && call.getKind() == SqlKind.CASE) {
      List<RexNode> operands = call.getOperands();
      for (int i = 0; i < operands.size(); i++) {
        boolean value = i % 2 == 1 || i == operands.size() - 1;
        if (value && !isWhole(operands.get(i), input)) {
          return false;
        }
      }
      return true;
    }
    return false;
  }
}
