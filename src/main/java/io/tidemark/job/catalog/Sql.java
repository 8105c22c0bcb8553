package io.tidemark.job.catalog;

import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/** Pieces of Flink SQL text, quoted so that any name and value is only that. */
public final class Sql {
  private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LAST = Instant.parse("9999-12-31T00:00:00Z");
  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS", Locale.ROOT);

  private Sql() {}

  /** An identifier. */
  public static String name(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  /** A string literal. */
  public static String text(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /**
   * Rows whose event time is in one of the ranges; ends beyond the years that SQL can write are
   * open.
   *
   * @param type DATE, TIMESTAMP or TIMESTAMP_LTZ
   */
  static String in(String column, LogicalType type, TimeRanges ranges) {
    List<String> any = new ArrayList<>();
    for (TimeRange range : ranges.ranges()) {
      List<String> both = new ArrayList<>();
      if (range.from().isAfter(FIRST)) {
        both.add(name(column) + " >= " + time(range.from(), type));
      }
      if (range.to().isBefore(LAST)) {
        both.add(name(column) + " < " + time(range.to(), type));
      }
      any.add(both.isEmpty() ? name(column) + " IS NOT NULL" : String.join(" AND ", both));
    }
    return any.isEmpty() ? "FALSE" : "(" + String.join(" OR ", any) + ")";
  }

  private static String time(Instant instant, LogicalType type) {
    LocalDateTime utc = LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
    if (type.getTypeRoot() == LogicalTypeRoot.DATE) {
      // A date is in a range when its midnight is, so both ends round up.
      LocalDateTime up = utc.toLocalDate().atStartOfDay();
      return "DATE '" + (up.isBefore(utc) ? up.plusDays(1) : up).toLocalDate() + "'";
    }
    String literal = "TIMESTAMP '" + TIMESTAMP.format(utc) + "'";
    return type.getTypeRoot() == LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE
        ? "CAST(" + literal + " AS TIMESTAMP_LTZ(6))"
        : literal;
  }
}
