package io.tidemark.job.live;

import io.tidemark.job.slice.SliceReport;
import io.tidemark.model.DatasetId;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;

/**
 * Gives what a Java transform makes the watermark of what it is made from, whatever the transform
 * does with watermarks: Flink drops them where a stream becomes a table without saying so. The
 * watermark of the second input is passed on just before the next barrier, since the rows that it
 * set free come by the first input before that barrier.
 */
final class BarrierClock extends AbstractStreamOperator<RowData>
    implements TwoInputStreamOperator<RowData, byte[], RowData> {
  private static final long serialVersionUID = 1;

  private transient long held;

  /** Of a stream its watermarks alone. */
  static DataStream<byte[]> marks(DataStream<RowData> input) {
    return input.flatMap(new Nothing()).returns(SliceReport.TYPE).name("watermarks");
  }

  /**
   * @param rows what the transform makes
   * @param marks watermarks of all that it is given
   */
  static DataStream<RowData> of(
      DataStream<RowData> rows, DataStream<byte[]> marks, DatasetId task) {
    return rows.connect(marks.broadcast())
        .transform("clock of " + task, rows.getType(), new BarrierClock())
        .uid("clock/" + task);
  }

  /** Gives nothing on. */
  private static final class Nothing implements FlatMapFunction<RowData, byte[]> {
    private static final long serialVersionUID = 1;

    @Override
    public void flatMap(RowData row, Collector<byte[]> out) {}
  }

  @Override
  public void open() throws Exception {
    super.open();
    held = Long.MIN_VALUE;
  }

  @Override
  public void processElement1(StreamRecord<RowData> element) {
    output.collect(element);
  }

  @Override
  public void processElement2(StreamRecord<byte[]> element) {
    throw new IllegalStateException("[BUG] a row where only watermarks are");
  }

  @Override
  public void processWatermark2(Watermark mark) throws Exception {
    held = Math.max(held, mark.getTimestamp());
    super.processWatermark2(mark);
  }

  @Override
  public void processWatermark(Watermark mark) {
    if (mark.equals(Watermark.MAX_WATERMARK)) {
      output.emitWatermark(mark);
    }
  }

  @Override
  protected void processWatermarkStatus(WatermarkStatus status, int index) {
    // Gates are never idle.
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
    super.prepareSnapshotPreBarrier(checkpoint);
    if (held != Long.MIN_VALUE && held != Long.MAX_VALUE) {
      output.emitWatermark(new Watermark(held));
    }
  }
}
