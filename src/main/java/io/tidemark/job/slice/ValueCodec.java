package io.tidemark.job.slice;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;

/**
 * The canonical binary form of one value that is not null, in Flink's internal representation. Does
 * not depend on how a value is held, nor on the width of its type: INT and BIGINT, FLOAT and
 * DOUBLE, and decimals of one scale encode equal values equally, so that widening a column keeps
 * content hashes. -0.0 and 0.0 differ, every NaN is the same.
 */
@FunctionalInterface
public interface ValueCodec {
  void encode(Object value, RowBytes out);

  /**
   * @throws TidemarkException USER if values of the type have no canonical form
   */
  static ValueCodec of(String column, LogicalType type) {
    return switch (type.getTypeRoot()) {
      case CHAR, VARCHAR -> (v, out) -> out.putString((StringData) v);
      case BOOLEAN -> (v, out) -> out.putByte((Boolean) v ? 1 : 0);
      case BINARY, VARBINARY -> (v, out) -> out.putBytes((byte[]) v);
      case DECIMAL -> (v, out) -> decimal((DecimalData) v, out);
      case TINYINT, SMALLINT, INTEGER, BIGINT, DATE, TIME_WITHOUT_TIME_ZONE ->
          (v, out) -> out.putLong(((Number) v).longValue());
      case FLOAT, DOUBLE ->
          (v, out) -> out.putLong(Double.doubleToLongBits(((Number) v).doubleValue()));
      case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          (v, out) -> out.putLong(EventTime.micros((TimestampData) v));
      case ARRAY -> array(column, ((ArrayType) type).getElementType());
      case MAP -> map(column, ((MapType) type).getKeyType(), ((MapType) type).getValueType());
      case ROW -> row(column, (RowType) type);
      default ->
          throw TidemarkException.user(
              Problem.of(
                  "TM-JOB-010",
                  "column '" + column + "' has type " + type.asSummaryString(),
                  "its values have no canonical form to hash and compare",
                  "cast it to a type that Iceberg can store"));
    };
  }

  /** As a long where it fits, so that a wider precision changes nothing. */
  static void decimal(DecimalData value, RowBytes out) {
    if (value.isCompact()) {
      out.putLong(value.toUnscaledLong());
      return;
    }
    byte[] unscaled = value.toUnscaledBytes();
    if (unscaled.length <= 8) {
      long compact = unscaled[0];
      for (int i = 1; i < unscaled.length; i++) {
        compact = compact << 8 | (unscaled[i] & 0xffL);
      }
      out.putLong(compact);
    } else {
      out.putBytes(unscaled);
    }
  }

  /** Stands for a column or field in the encoding, whatever its position. */
  static int tag(String name) {
    RowBytes bytes = new RowBytes();
    bytes.putBytes(name.getBytes(StandardCharsets.UTF_8));
    bytes.hash();
    return (int) bytes.low();
  }

  private static void nullable(Object value, ValueCodec codec, RowBytes out) {
    out.putByte(value == null ? 0 : 1);
    if (value != null) {
      codec.encode(value, out);
    }
  }

  private static ValueCodec array(String column, LogicalType type) {
    ValueCodec codec = of(column, type);
    ArrayData.ElementGetter getter = ArrayData.createElementGetter(type.copy(true));
    return (v, out) -> {
      ArrayData array = (ArrayData) v;
      out.putInt(array.size());
      for (int i = 0; i < array.size(); i++) {
        nullable(getter.getElementOrNull(array, i), codec, out);
      }
    };
  }

  /** The sum of the entries' hashes: maps have no order. */
  private static ValueCodec map(String column, LogicalType keyType, LogicalType valueType) {
    ValueCodec keyCodec = of(column, keyType);
    ValueCodec valueCodec = of(column, valueType);
    ArrayData.ElementGetter keys = ArrayData.createElementGetter(keyType.copy(true));
    ArrayData.ElementGetter values = ArrayData.createElementGetter(valueType.copy(true));
    return (v, out) -> {
      MapData map = (MapData) v;
      ArrayData keyArray = map.keyArray();
      ArrayData valueArray = map.valueArray();
      long high = 0;
      long low = 0;
      int start = out.size();
      for (int i = 0; i < map.size(); i++) {
        nullable(keys.getElementOrNull(keyArray, i), keyCodec, out);
        nullable(values.getElementOrNull(valueArray, i), valueCodec, out);
        out.hash(start);
        out.truncate(start);
        low += out.low();
        high += out.high() + (Long.compareUnsigned(low, out.low()) < 0 ? 1 : 0);
      }
      out.putInt(map.size());
      out.putLong(low);
      out.putLong(high);
    };
  }

  private static ValueCodec row(String column, RowType type) {
    List<RowType.RowField> fields = type.getFields();
    Integer[] order = new Integer[fields.size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparing(i -> fields.get(i).getName()));
    int[] tags = new int[order.length];
    ValueCodec[] codecs = new ValueCodec[order.length];
    RowData.FieldGetter[] getters = new RowData.FieldGetter[order.length];
    for (int i = 0; i < order.length; i++) {
      RowType.RowField field = fields.get(order[i]);
      tags[i] = tag(field.getName());
      codecs[i] = of(column + "." + field.getName(), field.getType());
      getters[i] = RowData.createFieldGetter(field.getType().copy(true), order[i]);
    }
    return (v, out) -> {
      RowData row = (RowData) v;
      int present = 0;
      for (RowData.FieldGetter getter : getters) {
        present += getter.getFieldOrNull(row) == null ? 0 : 1;
      }
      out.putInt(present);
      for (int i = 0; i < getters.length; i++) {
        Object field = getters[i].getFieldOrNull(row);
        if (field != null) {
          out.putInt(tags[i]);
          codecs[i].encode(field, out);
        }
      }
    };
  }
}
