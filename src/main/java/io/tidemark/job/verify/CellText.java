package io.tidemark.job.verify;

import io.tidemark.model.Grain;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.HexFormat;
import java.util.Locale;
import java.util.StringJoiner;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;

/** Values as people read them in samples and write them in golden files. Instants end in Z. */
final class CellText {
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .toFormatter(Locale.ROOT);

  private CellText() {}

  /** A value in Flink's internal form; not null. */
  static String of(Object value, LogicalType type) {
    return switch (type.getTypeRoot()) {
      case BOOLEAN -> value.toString().toUpperCase(Locale.ROOT);
      case DECIMAL -> ((DecimalData) value).toBigDecimal().toPlainString();
      case DATE -> LocalDate.ofEpochDay((Integer) value).toString();
      case TIME_WITHOUT_TIME_ZONE ->
          TIME.format(LocalTime.ofNanoOfDay(((Integer) value) * 1_000_000L));
      case TIMESTAMP_WITHOUT_TIME_ZONE -> timestamp(((TimestampData) value).toLocalDateTime());
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          timestamp(((TimestampData) value).toLocalDateTime()) + "Z";
      case BINARY, VARBINARY -> "x'" + HexFormat.of().formatHex((byte[]) value) + "'";
      case ARRAY -> array((ArrayData) value, ((ArrayType) type).getElementType());
      case MAP ->
          array(((MapData) value).keyArray(), ((MapType) type).getKeyType())
              + "="
              + array(((MapData) value).valueArray(), ((MapType) type).getValueType());
      case ROW -> row((RowData) value, type);
      default -> value.toString();
    };
  }

  /**
   * Brings a cell that a person wrote into the form of {@link #of}.
   *
   * @throws RuntimeException if it is no value of the type; its message is not for people
   */
  static String canonical(String cell, LogicalType type) {
    String text = cell.strip();
    return switch (type.getTypeRoot()) {
      case CHAR, VARCHAR -> cell;
      case BOOLEAN -> {
        if (!text.equalsIgnoreCase("true") && !text.equalsIgnoreCase("false")) {
          throw new IllegalArgumentException("Cannot read a boolean");
        }
        yield text.toUpperCase(Locale.ROOT);
      }
      case DECIMAL ->
          new BigDecimal(text)
              .setScale(((DecimalType) type).getScale(), RoundingMode.UNNECESSARY)
              .toPlainString();
      case TINYINT, SMALLINT, INTEGER, BIGINT ->
          new BigDecimal(text).toBigIntegerExact().toString();
      case FLOAT -> Float.toString(Float.parseFloat(text));
      case DOUBLE -> Double.toString(Double.parseDouble(text));
      case DATE -> LocalDate.parse(text).toString();
      case TIME_WITHOUT_TIME_ZONE -> TIME.format(LocalTime.parse(text));
      case TIMESTAMP_WITHOUT_TIME_ZONE -> timestamp(local(text));
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> timestamp(local(text)) + "Z";
      default -> throw new IllegalArgumentException("Cannot read a " + type.asSummaryString());
    };
  }

  /** The slice of an event time in the form of {@link #of}. */
  static long ordinal(String canonical, LogicalType type, Grain grain) {
    Instant instant =
        type.is(LogicalTypeRoot.DATE)
            ? LocalDate.parse(canonical).atStartOfDay().toInstant(ZoneOffset.UTC)
            : local(canonical).toInstant(ZoneOffset.UTC);
    return grain.ordinal(instant);
  }

  private static LocalDateTime local(String text) {
    String plain = text.endsWith("Z") ? text.substring(0, text.length() - 1) : text;
    return LocalDateTime.parse(plain.replace(' ', 'T'));
  }

  private static String timestamp(LocalDateTime time) {
    return time.toLocalDate() + " " + TIME.format(time.toLocalTime());
  }

  private static String nullable(Object value, LogicalType type) {
    return value == null ? "NULL" : of(value, type);
  }

  private static String array(ArrayData array, LogicalType type) {
    ArrayData.ElementGetter getter = ArrayData.createElementGetter(type.copy(true));
    StringJoiner text = new StringJoiner(", ", "[", "]");
    for (int i = 0; i < array.size(); i++) {
      text.add(nullable(getter.getElementOrNull(array, i), type));
    }
    return text.toString();
  }

  private static String row(RowData row, LogicalType type) {
    StringJoiner text = new StringJoiner(", ", "(", ")");
    for (int i = 0; i < row.getArity(); i++) {
      LogicalType field = type.getChildren().get(i);
      RowData.FieldGetter getter = RowData.createFieldGetter(field.copy(true), i);
      text.add(nullable(getter.getFieldOrNull(row), field));
    }
    return text.toString();
  }
}
