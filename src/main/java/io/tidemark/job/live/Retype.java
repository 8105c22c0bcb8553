package io.tidemark.job.live;

import io.tidemark.model.DatasetId;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;

/** Rows of a table's own types as those a live job has them in; the columns are the same. */
final class Retype extends RichMapFunction<RowData, RowData> {
  private static final long serialVersionUID = 1;

  private final RowType held;
  private transient RowData.FieldGetter[] getters;

  Retype(RowType held) {
    this.held = held;
  }

  /** A task's result for those that read it. */
  static DataStream<RowData> of(
      DataStream<RowData> result, RowType held, SourceRows wanted, DatasetId dataset) {
    return result
        .map(new Retype(held))
        .returns(InternalTypeInfo.of(wanted.type()))
        .name("hand on " + dataset)
        .uid("hand-on/" + dataset);
  }

  @Override
  public void open(OpenContext context) {
    open();
  }

  void open() {
    getters = new RowData.FieldGetter[held.getFieldCount()];
    for (int i = 0; i < getters.length; i++) {
      getters[i] = RowData.createFieldGetter(held.getTypeAt(i).copy(true), i);
    }
  }

  @Override
  public RowData map(RowData row) {
    GenericRowData typed = new GenericRowData(getters.length);
    for (int i = 0; i < getters.length; i++) {
      typed.setField(i, getters[i].getFieldOrNull(row));
    }
    return typed;
  }
}
