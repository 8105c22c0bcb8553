package io.tidemark.spec.sql;

import io.tidemark.model.Column;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BinaryType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;

/**
 * Flink SQL data types as Iceberg tables can hold them. A type is always written in one form
 * (STRING, TIMESTAMP_LTZ(6)), so that equal types are equal texts.
 */
public final class SqlTypes {
  private static final int MICROS = 6;
  private static final int MILLIS = 3;

  private SqlTypes() {}

  /** A type that cannot be used; the message says why. */
  public static final class TypeException extends Exception {
    private static final long serialVersionUID = 1;

    TypeException(String message) {
      super(message);
    }
  }

  /** Reads a declared column type, such as {@code STRING NOT NULL}. */
  public static Column column(String name, String text) throws TypeException {
    LogicalType type = parse(text);
    Optional<LogicalType> stored = stored(type);
    if (stored.isEmpty()) {
      throw new TypeException("Iceberg has no type for " + type.copy(true).asSummaryString());
    }
    if (!stored.get().equals(type) && !isWithinMicros(type)) {
      throw new TypeException("Iceberg stores it as " + stored.get().copy(true).asSummaryString());
    }
    return column(name, type);
  }

  static LogicalType parse(String text) throws TypeException {
    try {
      return LogicalTypeParser.parse(text, SqlTypes.class.getClassLoader());
    } catch (ValidationException e) {
      throw new TypeException(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }
  }

  /** A column of a query's output; nullable if its type is. */
  public static Column column(String name, LogicalType type) {
    String text = text(type);
    return type.isNullable() ? Column.nullable(name, text) : Column.required(name, text);
  }

  /**
   * Whether the type is a time of fewer digits than Iceberg's microseconds. Tables hold such values
   * exactly, and queries see them in the declared precision.
   */
  static boolean isWithinMicros(LogicalType type) {
    return isTimestamp(type) && LogicalTypeChecks.getPrecision(type) < MICROS;
  }

  /** Whether the type is a time that Flink can take for a time attribute: it has milliseconds. */
  public static boolean isTimeAttribute(LogicalType type) {
    return isTimestamp(type) && LogicalTypeChecks.getPrecision(type) <= MILLIS;
  }

  /** As above, of a column's type; false for what is no type. */
  public static boolean isTimeAttribute(Column column) {
    try {
      return isTimeAttribute(parse(column.type()));
    } catch (TypeException e) {
      return false;
    }
  }

  private static boolean isTimestamp(LogicalType type) {
    return type.is(LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE)
        || type.is(LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE);
  }

  /** Whether a query's column has digits that a column of the declared type has not. */
  public static boolean isFiner(LogicalType given, Column declared) {
    try {
      LogicalType type = parse(declared.type());
      return isTimestamp(given)
          && isTimestamp(type)
          && LogicalTypeChecks.getPrecision(given) > LogicalTypeChecks.getPrecision(type);
    } catch (TypeException e) {
      return false;
    }
  }

  /** How a table gives a declared type back, in the one form. */
  public static String storedText(String type) {
    try {
      LogicalType parsed = parse(type);
      return isWithinMicros(parsed) ? stored(parsed).map(SqlTypes::text).orElse(type) : type;
    } catch (TypeException e) {
      return type;
    }
  }

  /** The type without its nullability, in the one form. */
  public static String text(LogicalType type) {
    return type.copy(true).asSummaryString();
  }

  /** What comes back from an Iceberg table that this type was written to; empty if none can. */
  public static Optional<LogicalType> stored(LogicalType type) {
    boolean nullable = type.isNullable();
    return switch (type.getTypeRoot()) {
      case BOOLEAN, INTEGER, BIGINT, FLOAT, DOUBLE, DECIMAL, DATE -> Optional.of(type);
      case TINYINT, SMALLINT -> Optional.of(new IntType(nullable));
      case CHAR, VARCHAR -> Optional.of(new VarCharType(nullable, VarCharType.MAX_LENGTH));
      case BINARY -> Optional.of(new BinaryType(nullable, ((BinaryType) type).getLength()));
      case VARBINARY -> Optional.of(new VarBinaryType(nullable, VarBinaryType.MAX_LENGTH));
      case TIME_WITHOUT_TIME_ZONE -> Optional.of(new TimeType(nullable, 0));
      case TIMESTAMP_WITHOUT_TIME_ZONE -> Optional.of(new TimestampType(nullable, MICROS));
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          Optional.of(new LocalZonedTimestampType(nullable, MICROS));
      case ARRAY ->
          stored(((ArrayType) type).getElementType()).map(e -> new ArrayType(nullable, e));
      case MAP ->
          stored(((MapType) type).getKeyType())
              .flatMap(
                  k ->
                      stored(((MapType) type).getValueType())
                          .map(v -> new MapType(nullable, k, v)));
      case ROW -> row((RowType) type);
      default -> Optional.empty();
    };
  }

  private static Optional<LogicalType> row(RowType row) {
    List<RowType.RowField> fields =
        row.getFields().stream()
            .flatMap(
                f -> stored(f.getType()).map(t -> new RowType.RowField(f.getName(), t)).stream())
            .toList();
    return fields.size() == row.getFieldCount()
        ? Optional.of(new RowType(row.isNullable(), fields))
        : Optional.empty();
  }
}
