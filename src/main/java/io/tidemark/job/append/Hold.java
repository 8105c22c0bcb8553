package io.tidemark.job.append;

import io.tidemark.job.slice.EventTime;
import io.tidemark.job.slice.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.Collector;

/**
 * Keeps rows that may still be taken back, as a multiset per key, until their slice closes; then
 * gives out those that are left, as inserts. A change that comes later goes out at once: whoever is
 * behind knows that its slice is closed, too, and counts it as a stray.
 *
 * <p>A row may be taken back before it comes, where two streams of changes meet: counts below zero
 * are kept like others.
 */
final class Hold extends KeyedProcessFunction<Long, RowData, RowData> {
  private static final long serialVersionUID = 1;

  private final RowType type;
  private final EventTime time;
  private final Closing closing;

  private transient RowDataSerializer serializer;
  private transient MapState<RowData, Long> held;

  Hold(Rows rows, Closing closing) {
    this.type = rows.type();
    this.time = rows.eventTime().isPresent() ? rows.time() : null;
    this.closing = closing;
  }

  @Override
  public void open(OpenContext context) {
    serializer = new RowDataSerializer(type);
    held =
        getRuntimeContext()
            .getMapState(new MapStateDescriptor<>("held", InternalTypeInfo.of(type), Types.LONG));
  }

  private long slice(RowData row) {
    if (time == null) {
      return 0;
    } else if (time.isMissing(row)) {
      throw Rows.withoutTime();
    }
    return EventTime.ordinal(closing.grain(), time.micros(row));
  }

  @Override
  public void processElement(RowData row, Context context, Collector<RowData> out)
      throws Exception {
    long slice = slice(row);
    if (slice < closing.ownedFrom()) {
      return;
    }
    long closes = closing.watermark(slice);
    long step =
        row.getRowKind() == RowKind.INSERT || row.getRowKind() == RowKind.UPDATE_AFTER ? 1 : -1;
    // State on the heap compares rows by their bytes, so all must be of the one binary form.
    BinaryRowData copy = serializer.toBinaryRow(row).copy();
    copy.setRowKind(RowKind.INSERT);
    if (closes <= context.timerService().currentWatermark()) {
      out.collect(copy);
      return;
    }
    Long before = held.get(copy);
    long count = (before == null ? 0 : before) + step;
    if (count == 0) {
      held.remove(copy);
    } else {
      held.put(copy, count);
      context.timerService().registerEventTimeTimer(closes);
    }
  }

  @Override
  public void onTimer(long timestamp, OnTimerContext context, Collector<RowData> out)
      throws Exception {
    List<RowData> done = new ArrayList<>();
    for (Map.Entry<RowData, Long> entry : held.entries()) {
      RowData row = entry.getKey();
      if (closing.watermark(slice(row)) <= timestamp) {
        done.add(row);
        for (long i = 0; i < entry.getValue(); i++) {
          out.collect(row);
        }
      }
    }
    for (RowData row : done) {
      held.remove(row);
    }
  }
}
