package io.tidemark.spec.sql;

import io.tidemark.spec.yaml.Problems;
import io.tidemark.spec.yaml.Snippet;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlDynamicParam;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlTableRef;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.util.SqlBasicVisitor;

/**
 * Finds what makes validated SQL depend on more than its inputs, by the functions' own metadata.
 */
final class Refusals {
  private final Problems problems;

  Refusals(Problems problems) {
    this.problems = problems;
  }

  /**
   * @param linesBefore how many lines were put before the snippet when it was parsed
   */
  void check(SqlNode query, Snippet sql, int linesBefore) {
    query.accept(
        new SqlBasicVisitor<Void>() {
          @Override
          public Void visit(SqlCall call) {
            if (isUnstable(call)) {
              report(
                  call,
                  "TM-SQL-007",
                  call.getOperator().getName() + " is not deterministic",
                  "a slice that is recomputed would differ although nothing changed",
                  "take the value from an input column");
            }
            if (call instanceof SqlTableRef ref && !((SqlNodeList) ref.operand(1)).isEmpty()) {
              report(
                  call,
                  "TM-SQL-004",
                  "a dataset cannot have a table hint",
                  "Tidemark itself chooses what is read",
                  "remove the hint");
            }
            return super.visit(call);
          }

          @Override
          public Void visit(SqlDynamicParam param) {
            report(
                param,
                "TM-SQL-004",
                "a query cannot have a parameter '?'",
                "nobody would give it a value",
                "write the value");
            return null;
          }

          private void report(SqlNode node, String code, String what, String why, String fix) {
            SqlParserPos pos = node.getParserPosition();
            problems.add(
                sql.at(pos.getLineNum() - linesBefore, pos.getColumnNum()), code, what, why, fix);
          }
        });
  }

  private static boolean isUnstable(SqlCall call) {
    // Flink gives both forms of UNIX_TIMESTAMP one entry; only the one without arguments is a
    // clock.
    boolean conversion =
        call.getOperator().getName().equals("UNIX_TIMESTAMP") && call.operandCount() > 0;
    return !conversion
        && (!call.getOperator().isDeterministic() || call.getOperator().isDynamicFunction());
  }
}
