package io.tidemark.spec.sql;

import io.tidemark.model.DatasetId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.calcite.rel.core.CorrelationId;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexCorrelVariable;
import org.apache.calcite.rex.RexFieldAccess;
import org.apache.calcite.rex.RexFieldCollation;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexOver;
import org.apache.calcite.rex.RexSubQuery;
import org.apache.calcite.rex.RexWindow;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.type.SqlTypeName;

/** Takes row expressions apart, over the parts of their inputs. */
final class RexWalk {
  /** Their result depends on the order in which rows arrive, which no table promises. */
  private static final Set<String> ORDER_DEPENDENT =
      Set.of("FIRST_VALUE", "LAST_VALUE", "LISTAGG", "ARRAY_AGG", "JSON_ARRAYAGG", "COLLECT");

  private static final List<SqlTypeName> INTEGERS =
      List.of(SqlTypeName.TINYINT, SqlTypeName.SMALLINT, SqlTypeName.INTEGER, SqlTypeName.BIGINT);

  /** Of the same meaning, since the session's zone is always UTC. */
  private static final Set<SqlTypeName> TIMES =
      Set.of(SqlTypeName.TIMESTAMP, SqlTypeName.TIMESTAMP_WITH_LOCAL_TIME_ZONE);

  private final PlanWalk plan;
  private final Map<CorrelationId, List<Part>> outer = new HashMap<>();

  RexWalk(PlanWalk plan) {
    this.plan = plan;
  }

  static boolean isOrderDependent(String aggregate) {
    return ORDER_DEPENDENT.contains(aggregate);
  }

  /** Says what the columns of an enclosing row are. */
  void bind(CorrelationId id, List<Part> columns) {
    outer.put(id, columns);
  }

  static String literal(RexLiteral literal) {
    return literal.getTypeName() + "|" + literal + "|" + literal.getType().getFullTypeString();
  }

  /** The column that an expression repeats, untouched or cast to a type that keeps all values. */
  static Optional<RexInputRef> sameValue(RexNode rex) {
    if (rex instanceof RexInputRef ref) {
      return Optional.of(ref);
    }
    if (rex instanceof RexCall call && call.getKind() == SqlKind.CAST) {
      RexNode from = call.getOperands().get(0);
      return isWidening(from.getType(), call.getType()) ? sameValue(from) : Optional.empty();
    }
    return Optional.empty();
  }

  private static boolean isWidening(RelDataType from, RelDataType to) {
    int integer = INTEGERS.indexOf(from.getSqlTypeName());
    if (integer >= 0) {
      return INTEGERS.indexOf(to.getSqlTypeName()) >= integer;
    }
    boolean times =
        (TIMES.contains(from.getSqlTypeName()) && TIMES.contains(to.getSqlTypeName()))
            || (from.getSqlTypeName() == SqlTypeName.VARCHAR
                && to.getSqlTypeName() == SqlTypeName.VARCHAR);
    return times && to.getPrecision() >= from.getPrecision();
  }

  Part walk(RexNode rex, List<Part> inputs) {
    if (rex instanceof RexInputRef ref) {
      return inputs.get(ref.getIndex());
    } else if (rex instanceof RexLiteral literal) {
      return Part.constant("literal", literal(literal));
    } else if (rex instanceof RexOver over) {
      return over(over, inputs);
    } else if (rex instanceof RexSubQuery query) {
      return subQuery(query, inputs);
    } else if (rex instanceof RexCall call) {
      return call(call, inputs);
    } else if (rex instanceof RexFieldAccess access) {
      if (access.getReferenceExpr() instanceof RexCorrelVariable variable) {
        return outer(variable).get(access.getField().getIndex()).seenAs("outer");
      }
      return Part.of(
          List.of("field", access.getField().getName()),
          List.of(walk(access.getReferenceExpr(), inputs)));
    } else if (rex instanceof RexCorrelVariable variable) {
      return Part.of(List.of("outer row"), outer(variable));
    }
    return Part.of(List.of("expression", rex.getClass().getSimpleName(), rex.toString()), inputs);
  }

  private List<Part> outer(RexCorrelVariable variable) {
    List<Part> columns = outer.get(variable.id);
    if (columns == null) {
      throw new IllegalStateException("[BUG] no row for " + variable.id);
    }
    return columns;
  }

  private Part call(RexCall call, List<Part> inputs) {
    WindowFunctions.grouped(call).ifPresent(plan::use);
    List<Part> operands = parts(call.getOperands(), inputs);
    return Part.of(words("call", call), operands).withMoment(Moments.of(call, operands));
  }

  private static List<String> words(String kind, RexCall call) {
    return new ArrayList<>(
        List.of(kind, call.getOperator().getName(), call.getType().getFullTypeString()));
  }

  private List<Part> parts(List<RexNode> operands, List<Part> inputs) {
    List<Part> parts = new ArrayList<>();
    operands.forEach(o -> parts.add(walk(o, inputs)));
    return parts;
  }

  private Part over(RexOver over, List<Part> inputs) {
    plan.shuffles();
    RexWindow window = over.getWindow();
    if (window.orderKeys.isEmpty()
        && (isOrderDependent(over.getAggOperator().getName())
            || over.getAggOperator().getName().equals("ROW_NUMBER"))) {
      plan.orderDependent().add(over.getAggOperator().getName());
    }
    String name = over.getAggOperator().getName();
    if (window.orderKeys.isEmpty()
        && over.getOperands().stream().anyMatch(o -> InexactSums.isOne(name, o))) {
      plan.inexactSums().add(name);
    }
    if (isSpanOfTime(window)) {
      plan.spansOfTime().add(name);
    }
    List<String> words = words("over", over);
    words.add(Boolean.toString(over.isDistinct()));
    words.add(Boolean.toString(over.ignoreNulls()));
    words.add(window.isRows() ? "rows" : "range");
    words.add(window.getLowerBound().toString());
    words.add(window.getUpperBound().toString());
    words.add(Integer.toString(window.partitionKeys.size()));
    List<Part> parts = parts(over.getOperands(), inputs);
    window.partitionKeys.forEach(key -> parts.add(walk(key, inputs)));
    for (RexFieldCollation key : window.orderKeys) {
      words.add(key.getDirection().name() + " " + key.getNullDirection().name());
      parts.add(walk(key.left, inputs));
    }
    plan.group(
        "a function with OVER",
        window.partitionKeys.stream().map(key -> walk(key, inputs)).toList(),
        parts);
    return Part.of(words, parts);
  }

  private static boolean isSpanOfTime(RexWindow window) {
    return !window.isRows()
        && (window.getLowerBound().getOffset() != null
            || window.getUpperBound().getOffset() != null)
        && window.orderKeys.stream()
            .anyMatch(key -> TIMES.contains(key.left.getType().getSqlTypeName()));
  }

  private Part subQuery(RexSubQuery query, List<Part> inputs) {
    plan.shuffles();
    plan.joins().enter();
    PlanWalk.Facts facts = plan.walk(query.rel);
    List<Part> parts = parts(query.getOperands(), inputs);
    Set<DatasetId> outside = new TreeSet<>();
    inputs.forEach(i -> i.reads().forEach(c -> outside.add(c.dataset())));
    plan.joins()
        .leave("a sub-query", outside, query.rel, Joins.inPairs(query, parts, facts.columns()));
    parts.addAll(facts.columns());
    List<String> words = words("subquery", query);
    words.add(facts.rows().digest());
    return Part.of(words, parts).dependingOn(List.of(facts.rows()));
  }
}
