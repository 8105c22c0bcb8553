package io.tidemark.job.value;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.Locale;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;

/** Reads a value of a flat type from text, exactly or not at all: nothing is rounded or cut. */
public final class TextValues {
  private TextValues() {}

  /** Whether {@link #parse} knows the type. */
  public static boolean canParse(LogicalType type) {
    return switch (type.getTypeRoot()) {
      case CHAR,
          VARCHAR,
          BOOLEAN,
          BINARY,
          VARBINARY,
          DECIMAL,
          TINYINT,
          SMALLINT,
          INTEGER,
          BIGINT,
          FLOAT,
          DOUBLE,
          DATE,
          TIME_WITHOUT_TIME_ZONE,
          TIMESTAMP_WITHOUT_TIME_ZONE,
          TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          true;
      default -> false;
    };
  }

  /**
   * @return in Flink's internal form
   * @throws IllegalArgumentException if the text is no such value; the message is the reason,
   *     without the text
   */
  public static Object parse(String text, LogicalType type) {
    try {
      return switch (type.getTypeRoot()) {
        case CHAR, VARCHAR -> StringData.fromString(text);
        case BOOLEAN -> flag(text);
        case BINARY, VARBINARY -> Base64.getDecoder().decode(text);
        case DECIMAL -> decimal(new BigDecimal(text), (DecimalType) type);
        case TINYINT -> Byte.parseByte(text);
        case SMALLINT -> Short.parseShort(text);
        case INTEGER -> Integer.parseInt(text);
        case BIGINT -> Long.parseLong(text);
        case FLOAT -> Float.parseFloat(text);
        case DOUBLE -> Double.parseDouble(text);
        case DATE -> Math.toIntExact(LocalDate.parse(text).toEpochDay());
        case TIME_WITHOUT_TIME_ZONE -> (int) (LocalTime.parse(text).toNanoOfDay() / 1_000_000);
        case TIMESTAMP_WITHOUT_TIME_ZONE -> local(text);
        case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> instant(text);
        default -> throw new IllegalArgumentException("cannot be written as text");
      };
    } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException(expected(type), e);
    } catch (IllegalArgumentException e) {
      throw e.getMessage() != null && e.getMessage().startsWith("is ")
          ? e
          : new IllegalArgumentException(expected(type), e);
    }
  }

  /** What is told where a value is not of a type. */
  public static String expected(LogicalType type) {
    String example =
        switch (type.getTypeRoot()) {
          case DATE -> ", such as 2001-02-03";
          case TIMESTAMP_WITHOUT_TIME_ZONE -> ", such as 2001-02-03T04:05:06.789";
          case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> ", such as 2001-02-03T04:05:06.789Z";
          case BINARY, VARBINARY -> " in base64";
          case BOOLEAN -> ": true or false";
          default -> "";
        };
    return "is no " + type.copy(true).asSummaryString() + example;
  }

  /**
   * @throws ArithmeticException if it has more digits behind the point than the type
   * @throws IllegalArgumentException if it is too large
   */
  public static DecimalData decimal(BigDecimal value, DecimalType type) {
    BigDecimal scaled = value.setScale(type.getScale(), java.math.RoundingMode.UNNECESSARY);
    DecimalData data = DecimalData.fromBigDecimal(scaled, type.getPrecision(), type.getScale());
    if (data == null) {
      throw new IllegalArgumentException("is too large for " + type.copy(true).asSummaryString());
    }
    return data;
  }

  private static boolean flag(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("is no BOOLEAN: true or false");
    };
  }

  private static TimestampData local(String text) {
    return micros(TimestampData.fromLocalDateTime(LocalDateTime.parse(iso(text))));
  }

  private static TimestampData instant(String text) {
    Instant instant = OffsetDateTime.parse(iso(text)).toInstant();
    return micros(TimestampData.fromInstant(instant));
  }

  /** With a T between date and time, as ISO 8601 has it, or with the space of SQL. */
  private static String iso(String text) {
    return text.length() > 10 && text.charAt(10) == ' '
        ? text.substring(0, 10) + 'T' + text.substring(11)
        : text;
  }

  private static TimestampData micros(TimestampData value) {
    if (value.getNanoOfMillisecond() % 1000 != 0) {
      throw new IllegalArgumentException("is finer than a microsecond");
    }
    return value;
  }
}
