package io.tidemark.spec.sql;

import io.tidemark.spec.sql.Part.Edge;
import io.tidemark.spec.sql.PlanWalk.Facts;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.calcite.rel.core.TableFunctionScan;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.sql.type.SqlTypeName;

/** Table functions, of which windows are understood column by column. */
final class WindowFunctions {
  private static final Set<String> ROW_WISE = Set.of("TUMBLE", "HOP", "CUMULATE");

  private final PlanWalk plan;
  private final RexWalk expressions;

  WindowFunctions(PlanWalk plan, RexWalk expressions) {
    this.plan = plan;
    this.expressions = expressions;
  }

  Facts walk(TableFunctionScan scan) {
    List<Facts> inputs = scan.getInputs().stream().map(plan::walk).toList();
    RexCall call = (RexCall) scan.getCall();
    String name = call.getOperator().getName().toUpperCase(Locale.ROOT);
    int width = scan.getRowType().getFieldCount();
    boolean window =
        ROW_WISE.contains(name)
            && inputs.size() == 1
            && width == inputs.get(0).columns().size() + 3;
    return window ? window(scan, call, name, inputs.get(0)) : other(scan, call, name, inputs);
  }

  private Facts window(TableFunctionScan scan, RexCall call, String name, Facts input) {
    // Windows that overlap repeat rows; a row without a time is in no window.
    plan.drops();
    List<String> names = scan.getInput(0).getRowType().getFieldNames();
    List<String> words = new ArrayList<>(List.of("window", name));
    List<Part> parts = new ArrayList<>();
    for (RexNode operand : call.getOperands()) {
      if (operand instanceof RexLiteral literal) {
        words.add(RexWalk.literal(literal));
      } else if (operand instanceof RexCall descriptor
          && descriptor.getOperator().getName().equals("DESCRIPTOR")) {
        descriptor.getOperands().forEach(o -> parts.add(described(o, names, input)));
      } else {
        words.add(operand.getClass().getSimpleName());
      }
    }
    Part bounds = Part.of(words, parts);
    Optional<WindowUse> use = use(name, millis(call));
    use.ifPresent(plan::use);
    Optional<Moment> time =
        use.isPresent() && parts.size() == 1
            ? parts.get(0).moment().filter(Moment::isTime)
            : Optional.empty();
    List<Part> columns = new ArrayList<>(input.columns());
    for (Edge.Kind kind : Edge.Kind.values()) {
      columns.add(
          Part.of(List.of("bound", kind.name()), List.of(bounds))
              .withEdge(kind, bounds.digest())
              .withMoment(kind == Edge.Kind.END ? time.map(t -> t.as("end of " + use)) : time));
    }
    return new Facts(
        Part.of(List.of("windowed"), List.of(input.rows(), bounds)), columns, Set.of());
  }

  private Part described(RexNode operand, List<String> names, Facts input) {
    if (operand instanceof RexLiteral literal) {
      int at = names.indexOf(literal.getValueAs(String.class));
      if (at >= 0) {
        return input.columns().get(at);
      }
    }
    return expressions.walk(operand, input.columns());
  }

  private Facts other(TableFunctionScan scan, RexCall call, String name, List<Facts> inputs) {
    plan.shuffles();
    List<Part> columns = inputs.stream().flatMap(f -> f.columns().stream()).toList();
    List<Part> all = new ArrayList<>();
    inputs.forEach(i -> all.addAll(i.all()));
    if (!inputs.isEmpty()) {
      // A function of a whole table, such as SESSION, may bring any of its rows together.
      plan.group(name, List.of(), all);
    }
    all.add(expressions.walk(call, columns));
    Part rows = Part.of(List.of("table function", name), all);
    List<Part> out = new ArrayList<>();
    for (int i = 0; i < scan.getRowType().getFieldCount(); i++) {
      out.add(Part.of(List.of("output", Integer.toString(i)), List.of(rows)));
    }
    return new Facts(rows, out, Set.of());
  }

  /** The window of a grouped call such as {@code $TUMBLE(ts, INTERVAL '1' DAY)}. */
  static Optional<WindowUse> grouped(RexCall call) {
    String name = call.getOperator().getName();
    return switch (name) {
      case "$TUMBLE", "TUMBLE" -> use("TUMBLE", millis(call));
      case "$HOP", "HOP" -> use("HOP", millis(call));
      default -> Optional.empty();
    };
  }

  private static List<Long> millis(RexCall call) {
    List<Long> millis = new ArrayList<>();
    for (RexNode operand : call.getOperands()) {
      if (operand instanceof RexLiteral literal
          && SqlTypeName.DAY_INTERVAL_TYPES.contains(literal.getType().getSqlTypeName())) {
        millis.add(literal.getValueAs(BigDecimal.class).longValue());
      }
    }
    return millis;
  }

  private static Optional<WindowUse> use(String name, List<Long> millis) {
    int sizeAt = name.equals("TUMBLE") ? 0 : 1;
    if (millis.size() <= sizeAt) {
      return Optional.empty();
    }
    Duration slide = Duration.ofMillis(millis.get(0));
    Duration size = Duration.ofMillis(millis.get(sizeAt));
    Duration offset = Duration.ofMillis(millis.size() > sizeAt + 1 ? millis.get(sizeAt + 1) : 0);
    return Optional.of(new WindowUse(name, size, name.equals("CUMULATE") ? size : slide, offset));
  }
}
