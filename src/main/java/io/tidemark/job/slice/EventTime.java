package io.tidemark.job.slice;

import io.tidemark.model.Grain;
import java.io.Serializable;
import java.time.Instant;
import java.time.LocalDate;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/**
 * Reads a row's event time and says which slice it falls in, without making an object. Times are
 * microseconds since 1970-01-01T00:00Z, negative before; local timestamps are read as if UTC.
 */
public final class EventTime implements Serializable {
  private static final long serialVersionUID = 1;

  /** In UTC, which has no other days. */
  public static final long MICROS_PER_DAY = 86_400_000_000L;

  private static final long MICROS_PER_HOUR = 3_600_000_000L;

  private final int index;
  private final boolean date;
  private final int precision;

  /**
   * @param index of the event-time column in the row
   * @param type DATE, TIMESTAMP or TIMESTAMP_LTZ
   */
  public EventTime(int index, LogicalType type) {
    this.index = index;
    switch (type.getTypeRoot()) {
      case DATE -> {
        date = true;
        precision = 0;
      }
      case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE -> {
        date = false;
        precision = LogicalTypeChecks.getPrecision(type);
      }
      default -> throw new IllegalArgumentException("Cannot read event time of type " + type);
    }
  }

  /** Whether the row has no event time. */
  public boolean isMissing(RowData row) {
    return row.isNullAt(index);
  }

  /** A row's event time in microseconds; of a row that has one. */
  public long micros(RowData row) {
    return date ? row.getInt(index) * MICROS_PER_DAY : micros(row.getTimestamp(index, precision));
  }

  static long micros(TimestampData timestamp) {
    return timestamp.getMillisecond() * 1000 + timestamp.getNanoOfMillisecond() / 1000;
  }

  static Instant instant(long micros) {
    return Instant.ofEpochSecond(
        Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1000);
  }

  /** {@link Instant#MIN} and {@link Instant#MAX} become the ends of the range of a long. */
  static long micros(Instant instant) {
    try {
      return Math.addExact(
          Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1000);
    } catch (ArithmeticException e) {
      return instant.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }

  /** As {@link Grain#ordinal}, from microseconds. */
  public static long ordinal(Grain grain, long micros) {
    return switch (grain) {
      case HOUR -> Math.floorDiv(micros, MICROS_PER_HOUR);
      case DAY -> Math.floorDiv(micros, MICROS_PER_DAY);
      case MONTH -> {
        LocalDate day = LocalDate.ofEpochDay(Math.floorDiv(micros, MICROS_PER_DAY));
        yield (day.getYear() - 1970L) * 12 + day.getMonthValue() - 1;
      }
      case YEAR -> LocalDate.ofEpochDay(Math.floorDiv(micros, MICROS_PER_DAY)).getYear() - 1970L;
      case ALL -> 0;
    };
  }

  /** The first microsecond of a slice. */
  public static long start(Grain grain, long ordinal) {
    return micros(grain.start(ordinal));
  }

  /** The first microsecond after a slice. */
  public static long end(Grain grain, long ordinal) {
    return grain == Grain.ALL ? Long.MAX_VALUE : micros(grain.start(ordinal + 1));
  }
}
