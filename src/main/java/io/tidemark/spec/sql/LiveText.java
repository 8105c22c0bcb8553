package io.tidemark.spec.sql;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.apache.calcite.sql.JoinType;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlJoin;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlOrderBy;
import org.apache.calcite.sql.SqlSelect;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.util.SqlBasicVisitor;

/**
 * The text of a query as live jobs run it. What joins references gets a column with the processing
 * time, by which Flink takes the join for a lookup; the rest of the text stays as it is. One use.
 */
final class LiveText extends SqlBasicVisitor<Void> {
  /** The column with the processing time. */
  static final String NOW = "tidemark_at";

  private static final String UNNAMED = "tidemark_left";

  private final SqlTokens tokens;
  private final Set<SqlIdentifier> references = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<SqlIdentifier> found = Collections.newSetFromMap(new IdentityHashMap<>());
  private final TreeMap<Integer, String> insertions = new TreeMap<>();
  private final List<Refused> refused = new ArrayList<>();

  private LiveText(SqlTokens tokens) {
    this.tokens = tokens;
  }

  /** A reference that cannot be looked up, and where in the text. */
  record Refused(SqlParserPos at, String what, String why, String fix) {}

  /**
   * @param text for live jobs; of no use if anything is refused
   * @param lookups whether any reference is looked up
   */
  record Rewritten(String text, boolean lookups, List<Refused> refused) {}

  /**
   * @param sql one query
   * @param parsed the same
   * @param references names of datasets
   */
  static Rewritten of(String sql, SqlNode parsed, Set<String> references) {
    LiveText live = new LiveText(new SqlTokens(sql));
    TableNames.in(parsed).stream()
        .filter(n -> n.isSimple() && references.contains(n.getSimple()))
        .forEach(live.references::add);
    parsed.accept(live);
    for (SqlIdentifier name : live.references) {
      if (!live.found.contains(name)) {
        live.refuse(
            name,
            "is read by itself",
            "a live job looks its rows up one by one, and never reads all of them",
            "join it by its name, as in: FROM events AS e LEFT JOIN "
                + name.getSimple()
                + " AS r ON r.x = e.x");
      }
    }
    StringBuilder text = new StringBuilder(sql);
    live.insertions.descendingMap().forEach(text::insert);
    String ordered = text.toString();
    boolean endsInOrder =
        parsed instanceof SqlOrderBy order && order.fetch == null && order.offset == null;
    return new Rewritten(
        endsInOrder ? new SqlTokens(ordered).withoutLastOrder() : ordered,
        !live.insertions.isEmpty(),
        List.copyOf(live.refused));
  }

  @Override
  public Void visit(SqlCall call) {
    if (call instanceof SqlSelect select && select.getFrom() instanceof SqlJoin join) {
      lookUp(join);
    }
    return super.visit(call);
  }

  /** Joins are nested to the left: the last one is the outermost. */
  private void lookUp(SqlJoin last) {
    List<SqlIdentifier> joined = new ArrayList<>();
    SqlNode left = last;
    while (left instanceof SqlJoin join) {
      if (leaf(join.getRight()) instanceof SqlIdentifier name && references.contains(name)) {
        found.add(name);
        if (join.getJoinType() == JoinType.RIGHT || join.getJoinType() == JoinType.FULL) {
          refuse(
              name,
              "is joined by a " + join.getJoinType() + " JOIN",
              "rows of it that match nothing could only be known at the end of all events",
              "use INNER JOIN or LEFT JOIN");
        } else {
          joined.add(name);
        }
      }
      left = join.getLeft();
    }
    SqlNode first = leaf(left);
    if (first instanceof SqlIdentifier name && references.contains(name)) {
      found.add(name);
      refuse(
          name,
          "is the first in a FROM",
          "a live job looks its rows up for each event, so the events come first",
          "name the events first, and join '" + name.getSimple() + "' to them");
      return;
    }
    if (!joined.isEmpty() && named(left, first, joined.get(0))) {
      String time = " FOR SYSTEM_TIME AS OF " + quoted(alias(left)) + "." + NOW;
      joined.forEach(
          name -> insertions.merge(tokens.to(name.getParserPosition()), time, String::concat));
    }
  }

  /** Gives the left-most input the processing time; false if it cannot have it. */
  private boolean named(SqlNode left, SqlNode first, SqlIdentifier reference) {
    if (left.getKind() == SqlKind.AS && ((SqlCall) left).operandCount() > 2) {
      refuse(
          reference,
          "is joined to an input whose columns are renamed in a list",
          "a column with the processing time is added to that input",
          "rename the columns in a sub-query: (SELECT a AS x, ... FROM ...) AS " + alias(left));
      return false;
    }
    int from = tokens.from(first.getParserPosition());
    int to = tokens.to(first.getParserPosition());
    if (first.getKind().belongsTo(SqlKind.QUERY)) {
      int[] brackets = tokens.bracketsBefore(from);
      from = brackets[0];
      to = brackets[1];
    }
    insertions.merge(from, "(SELECT *, PROCTIME() AS " + NOW + " FROM ", String::concat);
    insertions.merge(
        to,
        ")" + (left.getKind() == SqlKind.AS ? "" : " AS " + quoted(alias(left))),
        String::concat);
    return true;
  }

  private static SqlNode leaf(SqlNode node) {
    return switch (node.getKind()) {
      case AS, TABLE_REF -> leaf(((SqlCall) node).operand(0));
      default -> node;
    };
  }

  private static String alias(SqlNode left) {
    if (left.getKind() == SqlKind.AS) {
      return ((SqlIdentifier) ((SqlCall) left).operand(1)).getSimple();
    }
    return leaf(left) instanceof SqlIdentifier name ? name.getSimple() : UNNAMED;
  }

  private static String quoted(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  private void refuse(SqlIdentifier reference, String how, String why, String fix) {
    refused.add(
        new Refused(
            reference.getParserPosition(),
            "reference '" + reference.getSimple() + "' " + how,
            why,
            fix));
  }
}
