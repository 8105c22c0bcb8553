package io.tidemark.job.value;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;

/** Reads a value from parsed JSON, exactly or not at all. */
public final class JsonValues {
  private JsonValues() {}

  /**
   * @param json as {@code Json.parse} returns it
   * @return in Flink's internal form; null for null
   * @throws IllegalArgumentException if it is no such value; the message is the reason
   */
  public static Object parse(Object json, LogicalType type) {
    if (json == null) {
      return null;
    }
    return switch (type.getTypeRoot()) {
      case TINYINT, SMALLINT, INTEGER, BIGINT, FLOAT, DOUBLE -> {
        expect(json instanceof Number, type);
        yield TextValues.parse(number(json, type), type);
      }
      case DECIMAL -> {
        expect(json instanceof Number || json instanceof String, type);
        yield TextValues.parse(json.toString(), (DecimalType) type);
      }
      case BOOLEAN -> {
        expect(json instanceof Boolean, type);
        yield json;
      }
      case ARRAY -> {
        expect(json instanceof List, type);
        LogicalType element = ((ArrayType) type).getElementType();
        yield new GenericArrayData(((List<?>) json).stream().map(v -> parse(v, element)).toArray());
      }
      case MAP -> map(json, (MapType) type);
      case ROW -> row(json, (RowType) type);
      default -> {
        expect(json instanceof String, type);
        yield TextValues.parse((String) json, type);
      }
    };
  }

  /** 1.0 and 1e3 are whole numbers too, as JSON has only one kind. */
  private static String number(Object json, LogicalType type) {
    boolean whole =
        type.getTypeRoot() != LogicalTypeRoot.FLOAT && type.getTypeRoot() != LogicalTypeRoot.DOUBLE;
    if (whole && json instanceof BigDecimal decimal) {
      BigDecimal stripped = decimal.stripTrailingZeros();
      return stripped.scale() <= 0 && stripped.scale() > -20
          ? stripped.toPlainString()
          : decimal.toString();
    }
    return json.toString();
  }

  private static GenericMapData map(Object json, MapType type) {
    expect(json instanceof Map && type.getKeyType().getTypeRoot() == LogicalTypeRoot.VARCHAR, type);
    Map<Object, Object> map = new HashMap<>();
    ((Map<?, ?>) json)
        .forEach(
            (k, v) -> map.put(StringData.fromString((String) k), parse(v, type.getValueType())));
    return new GenericMapData(map);
  }

  private static GenericRowData row(Object json, RowType type) {
    expect(json instanceof Map, type);
    GenericRowData row = new GenericRowData(type.getFieldCount());
    for (int i = 0; i < type.getFieldCount(); i++) {
      Object value = parse(((Map<?, ?>) json).get(type.getFieldNames().get(i)), type.getTypeAt(i));
      if (value == null && !type.getTypeAt(i).isNullable()) {
        throw new IllegalArgumentException(
            "misses its field '" + type.getFieldNames().get(i) + "'");
      }
      row.setField(i, value);
    }
    return row;
  }

  private static void expect(boolean holds, LogicalType type) {
    if (!holds) {
      throw new IllegalArgumentException(TextValues.expected(type));
    }
  }
}
