package io.tidemark.job.slice;

import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.time.Instant;
import java.util.List;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Type;

/** Ranges of event time as an Iceberg expression. */
public final class TimeFilter {
  private TimeFilter() {}

  /** Rows whose event time is in one of the ranges. */
  public static Expression of(Schema schema, String column, TimeRanges ranges) {
    boolean date = schema.findField(column).type().typeId() == Type.TypeID.DATE;
    return any(column, date, ranges.ranges());
  }

  /**
   * A balanced tree: Iceberg walks expressions recursively, and a backfill may have many ranges.
   */
  private static Expression any(String column, boolean date, List<TimeRange> ranges) {
    if (ranges.isEmpty()) {
      return Expressions.alwaysFalse();
    } else if (ranges.size() == 1) {
      return one(column, date, ranges.get(0));
    }
    int middle = ranges.size() / 2;
    return Expressions.or(
        any(column, date, ranges.subList(0, middle)),
        any(column, date, ranges.subList(middle, ranges.size())));
  }

  private static Expression one(String column, boolean date, TimeRange range) {
    Expression from =
        range.from().equals(Instant.MIN)
            ? Expressions.alwaysTrue()
            : Expressions.greaterThanOrEqual(column, literal(range.from(), date));
    Expression to =
        range.to().equals(Instant.MAX)
            ? Expressions.alwaysTrue()
            : Expressions.lessThan(column, literal(range.to(), date));
    return Expressions.and(from, to);
  }

  /** A date is in a range when its midnight is, so both ends round up. */
  private static Object literal(Instant instant, boolean date) {
    long micros = EventTime.micros(instant);
    return date
        ? (Object) Math.toIntExact(-Math.floorDiv(-micros, EventTime.MICROS_PER_DAY))
        : (Object) micros;
  }
}
