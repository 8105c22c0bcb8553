package io.tidemark.spec.sql;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlJoin;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlMatchRecognize;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlSelect;
import org.apache.calcite.sql.SqlWith;
import org.apache.calcite.sql.SqlWithItem;
import org.apache.calcite.sql.util.SqlBasicVisitor;

/** Finds the tables that a parsed query reads, in the order of the text; not its own WITH names. */
final class TableNames extends SqlBasicVisitor<Void> {
  private final List<SqlIdentifier> found = new ArrayList<>();
  private final Set<String> local = new HashSet<>();

  private TableNames() {}

  static List<SqlIdentifier> in(SqlNode query) {
    TableNames names = new TableNames();
    query.accept(names);
    return names.found;
  }

  @Override
  public Void visit(SqlCall call) {
    if (call instanceof SqlWith with) {
      Set<String> outside = new HashSet<>(local);
      for (SqlNode item : with.withList) {
        ((SqlWithItem) item).query.accept(this);
        local.add(((SqlWithItem) item).name.getSimple());
      }
      with.body.accept(this);
      local.clear();
      local.addAll(outside);
      return null;
    }
    if (call instanceof SqlSelect select) {
      from(select.getFrom());
    } else if (call.getKind() == SqlKind.EXPLICIT_TABLE) {
      from(call.operand(0));
    }
    return super.visit(call);
  }

  private void from(SqlNode node) {
    if (node instanceof SqlIdentifier name) {
      if (!name.isSimple() || !local.contains(name.getSimple())) {
        found.add(name);
      }
    } else if (node instanceof SqlJoin join) {
      from(join.getLeft());
      from(join.getRight());
    } else if (node instanceof SqlMatchRecognize match) {
      from(match.getTableRef());
    } else if (node instanceof SqlCall call) {
      switch (call.getKind()) {
        case AS, TABLE_REF, SNAPSHOT, TABLESAMPLE, PIVOT, UNPIVOT -> from(call.operand(0));
        default -> {
          // Sub-queries and functions are visited as calls.
        }
      }
    }
  }
}
