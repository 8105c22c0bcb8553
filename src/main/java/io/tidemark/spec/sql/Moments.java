package io.tidemark.spec.sql;

import io.tidemark.model.Grain;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.calcite.avatica.util.TimeUnitRange;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.sql.type.SqlTypeName;

/**
 * What is left of a time after a function. Only what is proven counts: CEIL, weeks, and conversions
 * between zones put times of two units together, and so does a unit of a shifted time.
 */
final class Moments {
  private static final Set<SqlTypeName> TIMESTAMPS =
      Set.of(SqlTypeName.TIMESTAMP, SqlTypeName.TIMESTAMP_WITH_LOCAL_TIME_ZONE);

  private static final Set<SqlTypeName> WHOLE_NUMBERS =
      Set.of(SqlTypeName.INTEGER, SqlTypeName.BIGINT);

  /** Of fixed width, so that fields next to each other stay apart. */
  private static final Pattern FORMAT =
      Pattern.compile(
          "(?<YEAR>yyyy|uuuu)|(?<MONTH>MM)|(?<DAY>dd)|(?<HOUR>HH)|mm|ss|S{1,9}"
              + "|'[^']*'|[^A-Za-z'\\[\\]{}#]");

  private Moments() {}

  static Optional<Moment> of(RexCall call, List<Part> operands) {
    String name = call.getOperator().getName().toUpperCase(Locale.ROOT);
    return switch (name) {
      case "CAST", "TRY_CAST", "REINTERPRET" -> time(operands, 0, call).flatMap(m -> cast(call, m));
      case "FLOOR" -> time(operands, 0, call).filter(Moment::isTime).flatMap(m -> floor(call, m));
      case "EXTRACT" ->
          time(operands, 1, call).filter(Moment::isTime).flatMap(m -> extract(call, m));
      case "DATE_FORMAT" ->
          time(operands, 0, call).filter(Moment::isTime).flatMap(m -> format(call, m));
      case "+", "-" -> time(operands, 0, call).filter(Moment::isTime).flatMap(m -> shift(call, m));
      case "$TUMBLE", "$HOP", "TUMBLE", "HOP" ->
          time(operands, 0, call)
              .filter(m -> m.isTime() && WindowFunctions.grouped(call).isPresent());
      case "TUMBLE_START", "HOP_START" -> time(operands, 0, call).filter(Moment::isTime);
      default -> Optional.empty();
    };
  }

  private static Optional<Moment> time(List<Part> operands, int at, RexCall call) {
    return call.getOperands().size() > at ? operands.get(at).moment() : Optional.empty();
  }

  private static Optional<Moment> cast(RexCall call, Moment moment) {
    RelDataType from = call.getOperands().get(0).getType();
    RelDataType to = call.getType();
    SqlTypeName type = to.getSqlTypeName();
    if (!moment.isTime()) {
      boolean kept =
          (WHOLE_NUMBERS.contains(from.getSqlTypeName()) && WHOLE_NUMBERS.contains(type))
              || (from.getSqlTypeName() == type && to.getPrecision() >= from.getPrecision());
      return kept ? Optional.of(moment) : Optional.empty();
    } else if (TIMESTAMPS.contains(type)) {
      return Optional.of(moment);
    } else if (type == SqlTypeName.DATE) {
      boolean same = from.getSqlTypeName() == SqlTypeName.DATE;
      return Optional.of(same ? moment : moment.only(Moment.downTo(Grain.DAY)));
    }
    boolean whole = type == SqlTypeName.VARCHAR && to.getPrecision() == Integer.MAX_VALUE;
    return whole ? Optional.of(moment.as("text")) : Optional.empty();
  }

  private static Optional<Moment> floor(RexCall call, Moment moment) {
    return unit(call, 1)
        .flatMap(
            unit ->
                switch (unit) {
                  case YEAR, QUARTER -> Optional.of(moment.only(Moment.downTo(Grain.YEAR)));
                  case MONTH -> Optional.of(moment.only(Moment.downTo(Grain.MONTH)));
                  case DAY -> Optional.of(moment.only(Moment.downTo(Grain.DAY)));
                  case HOUR, MINUTE, SECOND, MILLISECOND -> Optional.of(moment);
                  default -> Optional.empty();
                });
  }

  private static Optional<Moment> extract(RexCall call, Moment moment) {
    return unit(call, 0)
        .flatMap(
            unit ->
                switch (unit) {
                  case YEAR -> Optional.of(moment.only(Set.of(Grain.YEAR)));
                  case MONTH -> Optional.of(moment.only(Set.of(Grain.MONTH)));
                  case DAY -> Optional.of(moment.only(Set.of(Grain.DAY)));
                  case DOY -> Optional.of(moment.only(Set.of(Grain.MONTH, Grain.DAY)));
                  case HOUR -> Optional.of(moment.only(Set.of(Grain.HOUR)));
                  default -> Optional.<Moment>empty();
                })
        .map(m -> m.as(unit(call, 0).orElseThrow().name()));
  }

  private static Optional<TimeUnitRange> unit(RexCall call, int at) {
    return call.getOperands().size() > at
            && call.getOperands().get(at) instanceof RexLiteral literal
            && literal.getValue() instanceof TimeUnitRange unit
        ? Optional.of(unit)
        : Optional.empty();
  }

  private static Optional<Moment> format(RexCall call, Moment moment) {
    if (!(call.getOperands().get(1) instanceof RexLiteral literal)
        || !SqlTypeName.CHAR_TYPES.contains(literal.getType().getSqlTypeName())) {
      return Optional.empty();
    }
    String pattern = String.valueOf(literal.getValueAs(String.class));
    EnumSet<Grain> units = EnumSet.noneOf(Grain.class);
    Matcher field = FORMAT.matcher(pattern);
    int at = 0;
    while (at < pattern.length() && field.find(at) && field.start() == at) {
      for (Grain unit : Moment.downTo(Grain.HOUR)) {
        if (field.group(unit.name()) != null) {
          units.add(unit);
        }
      }
      at = field.end();
    }
    return at == pattern.length()
        ? Optional.of(moment.only(units).as("format " + pattern))
        : Optional.empty();
  }

  private static Optional<Moment> shift(RexCall call, Moment moment) {
    List<RexNode> operands = call.getOperands();
    boolean constant =
        operands.size() == 2
            && operands.get(1) instanceof RexLiteral by
            && SqlTypeName.DAY_INTERVAL_TYPES.contains(by.getType().getSqlTypeName())
            && TIMESTAMPS.contains(operands.get(0).getType().getSqlTypeName())
            && TIMESTAMPS.contains(call.getType().getSqlTypeName());
    return constant
        ? Optional.of(
            moment.as(call.getOperator().getName() + RexWalk.literal((RexLiteral) operands.get(1))))
        : Optional.empty();
  }
}
