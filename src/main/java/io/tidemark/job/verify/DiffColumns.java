package io.tidemark.job.verify;

import io.tidemark.job.slice.RowBytes;
import io.tidemark.job.slice.ValueCodec;
import io.tidemark.model.Schema;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * The columns of a dataset under verification, and how two of their values are compared: a missing
 * value equals a missing value, every NaN is the same, 0.0 and -0.0 differ.
 */
final class DiffColumns implements Serializable {
  private static final long serialVersionUID = 1;

  private final String[] names;
  private final LogicalType[] types;
  private final int[] key;

  /**
   * @param row the columns, in the dataset's order
   * @param key names of the key columns; empty: all columns together are the key
   */
  DiffColumns(RowType row, List<String> key) {
    this.names = row.getFieldNames().toArray(String[]::new);
    this.types = row.getChildren().stream().map(t -> t.copy(true)).toArray(LogicalType[]::new);
    this.key =
        (key.isEmpty() ? row.getFieldNames() : key)
            .stream().mapToInt(row.getFieldNames()::indexOf).toArray();
  }

  int size() {
    return names.length;
  }

  String name(int column) {
    return names[column];
  }

  LogicalType type(int column) {
    return types[column];
  }

  int[] key() {
    return key.clone();
  }

  int indexOf(String name) {
    return List.of(names).indexOf(name);
  }

  /** Reads the columns of a row in which {@code offset} other fields come first. */
  RowData.FieldGetter[] getters(int offset) {
    RowData.FieldGetter[] getters = new RowData.FieldGetter[names.length];
    for (int i = 0; i < getters.length; i++) {
      getters[i] = RowData.createFieldGetter(types[i], offset + i);
    }
    return getters;
  }

  ValueCodec[] codecs() {
    ValueCodec[] codecs = new ValueCodec[names.length];
    for (int i = 0; i < codecs.length; i++) {
      codecs[i] = ValueCodec.of(names[i], types[i]);
    }
    return codecs;
  }

  /** Puts the canonical form of some columns, missing values included. */
  static void encode(
      RowData row,
      int[] columns,
      RowData.FieldGetter[] getters,
      ValueCodec[] codecs,
      RowBytes out) {
    for (int column : columns) {
      Object value = getters[column].getFieldOrNull(row);
      out.putByte(value == null ? 0 : 1);
      if (value != null) {
        codecs[column].encode(value, out);
      }
    }
  }

  /** Compares two values of a column; {@code scratch} is overwritten. */
  boolean same(int column, Object a, Object b, ValueCodec[] codecs, RowBytes scratch) {
    if (a == null || b == null) {
      return a == b;
    }
    switch (types[column].getTypeRoot()) {
      case BINARY, VARBINARY, ARRAY, MAP, ROW -> {
        scratch.clear();
        codecs[column].encode(a, scratch);
        byte[] first = scratch.toArray();
        scratch.clear();
        codecs[column].encode(b, scratch);
        return java.util.Arrays.equals(first, scratch.toArray());
      }
      default -> {
        return Objects.equals(a, b);
      }
    }
  }

  /** The Flink row type that a table's schema makes, read by name. */
  static RowType select(RowType table, Schema wanted) {
    List<RowType.RowField> fields = new ArrayList<>();
    for (String name : wanted.names()) {
      int at = table.getFieldIndex(name);
      if (at >= 0) {
        fields.add(new RowType.RowField(name, table.getTypeAt(at).copy(true)));
      }
    }
    return new RowType(fields);
  }
}
