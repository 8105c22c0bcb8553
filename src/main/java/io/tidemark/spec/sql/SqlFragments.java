package io.tidemark.spec.sql;

import io.tidemark.model.Column;
import io.tidemark.spec.yaml.Problems;
import io.tidemark.spec.yaml.Snippet;
import java.util.List;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.flink.table.planner.calcite.FlinkTypeFactory;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;

/** Type-checks predicates, totals and bounds over the rows of one table. */
final class SqlFragments {
  private final Problems problems;
  private final SqlPlanner planner;

  SqlFragments(Problems problems, SqlPlanner planner) {
    this.problems = problems;
    this.planner = planner;
  }

  /**
   * @param columns those of the registered table
   */
  void check(SqlCheck check, String table, List<Column> columns) {
    Snippet sql = check.sql();
    int linesBefore = 0;
    try {
      SqlNode parsed = planner.parseExpression(sql.text());
      if (check.kind() == SqlCheck.Kind.BOUND && !isLiteral(parsed)) {
        problems.add(
            sql.start(),
            "TM-SQL-011",
            "'" + sql.text().strip() + "' is no SQL literal",
            "a bound is one value",
            "write a number, or a literal such as \"DATE '2001-01-31'\"");
        return;
      }
      linesBefore = 1;
      SqlPlanner.Planned planned =
          planner.plan(planner.parse(query(check, SqlText.quote(table))).get(0));
      new Refusals(problems).check(planned.query(), sql, linesBefore);
      if (check.kind() == SqlCheck.Kind.AGGREGATE && !isTotal(planned)) {
        problems.add(
            sql.start(),
            "TM-SQL-010",
            "'" + sql.text().strip() + "' is no total",
            "it must give one number over all rows",
            "write an aggregate such as SUM(amount) or COUNT(*)");
      }
    } catch (RuntimeException e) {
      problems.add(
          SqlErrors.problem(
              e, sql, linesBefore, List.of(), columns.stream().map(Column::name).toList()));
    }
  }

  /** The snippet has lines of its own, so that places in it can be told. */
  private static String query(SqlCheck check, String table) {
    String text = "\n" + check.sql().text() + "\n";
    return switch (check.kind()) {
      case PREDICATE -> "SELECT 1 FROM " + table + " WHERE (" + text + ")";
      case AGGREGATE -> "SELECT (" + text + ") FROM " + table;
      case BOUND ->
          "SELECT 1 FROM "
              + table
              + " WHERE "
              + SqlText.quote(check.column().orElseThrow())
              + " <= ("
              + text
              + ")";
    };
  }

  private static boolean isLiteral(SqlNode node) {
    return node instanceof SqlLiteral
        || (node instanceof SqlCall call
            && (call.getKind() == SqlKind.MINUS_PREFIX || call.getKind() == SqlKind.PLUS_PREFIX)
            && isLiteral(call.operand(0)));
  }

  private static boolean isTotal(SqlPlanner.Planned planned) {
    LogicalType type =
        FlinkTypeFactory.toLogicalType(
            planned.root().rel.getRowType().getFieldList().get(0).getType());
    return PlanWalk.isOneRow(planned.root().rel) && type.is(LogicalTypeFamily.NUMERIC);
  }
}
