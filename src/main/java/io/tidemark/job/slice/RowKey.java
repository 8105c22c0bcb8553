package io.tidemark.job.slice;

import java.util.List;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;

/**
 * A number for the values of some columns of a row, the same for equal values. Different values may
 * share one, so it says where a row goes, and not which row it is.
 */
public final class RowKey implements KeySelector<RowData, Long> {
  private static final long serialVersionUID = 1;

  private final Rows rows;
  private final List<String> columns;

  private transient RowBytes bytes;
  private transient RowData.FieldGetter[] getters;
  private transient ValueCodec[] codecs;

  public RowKey(Rows rows, List<String> columns) {
    this.rows = rows;
    this.columns = List.copyOf(columns);
  }

  private void open() {
    bytes = new RowBytes();
    getters = new RowData.FieldGetter[columns.size()];
    codecs = new ValueCodec[columns.size()];
    for (int i = 0; i < columns.size(); i++) {
      int index = rows.type().getFieldIndex(columns.get(i));
      LogicalType type = rows.type().getTypeAt(index);
      getters[i] = RowData.createFieldGetter(type, index);
      codecs[i] = ValueCodec.of(columns.get(i), type);
    }
  }

  @Override
  public Long getKey(RowData row) {
    if (bytes == null) {
      open();
    }
    bytes.clear();
    for (int i = 0; i < getters.length; i++) {
      Object value = getters[i].getFieldOrNull(row);
      if (value != null) {
        bytes.putByte(i);
        codecs[i].encode(value, bytes);
      }
    }
    bytes.hash();
    return bytes.low();
  }
}
