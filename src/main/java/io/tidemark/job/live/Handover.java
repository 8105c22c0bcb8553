package io.tidemark.job.live;

import io.tidemark.job.append.LiveReport;
import io.tidemark.job.slice.EventTime;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.model.DatasetId;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.OutputTag;

/**
 * Hands the rows that one task wrote on to another. They are complete up to the first slice that is
 * open there, which moves just before a barrier as in a {@link Gate}; rows from before are dropped,
 * as they are not in the table either.
 */
final class Handover extends AbstractStreamOperator<RowData>
    implements OneInputStreamOperator<RowData, RowData> {
  private static final long serialVersionUID = 1;

  static final OutputTag<byte[]> REPORTS = new OutputTag<>("handed-over", SliceReport.TYPE);

  private final String task;
  private final SliceClock upstream;
  private final SliceClock clock;
  private final EventTime time;

  private transient ListState<long[]> kept;
  private transient long settled;
  private transient long openFrom;
  private transient long taken;

  /**
   * @param task that the rows are handed to
   * @param upstream of the task that wrote them
   * @param clock of the task they are handed to
   */
  Handover(DatasetId task, SliceClock upstream, SliceClock clock, EventTime time) {
    this.task = task.value();
    this.upstream = upstream;
    this.clock = clock;
    this.time = time;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    settled = upstream.first();
    openFrom = clock.first();
    kept =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("handed-over", Pulse.TYPE));
    for (long[] earlier : kept.get()) {
      settled = Math.max(settled, earlier[0]);
      openFrom = Math.max(openFrom, earlier[1]);
    }
  }

  /** The writer of the rows keeps the same: what it drops after a restart is dropped here. */
  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    kept.update(List.of(new long[] {settled, openFrom}));
  }

  @Override
  public void processElement(StreamRecord<RowData> element) {
    long at = time.micros(element.getValue());
    if (at >= settled && at >= clock.readFrom()) {
      taken++;
      output.collect(element);
    }
  }

  @Override
  public void processWatermark(Watermark mark) {
    settled = Math.max(settled, upstream.floor(SliceClock.fromFlink(mark.getTimestamp())));
    openFrom = Math.max(openFrom, clock.floor(settled));
    long watermark = clock.watermark(openFrom);
    if (watermark != Long.MIN_VALUE) {
      output.emitWatermark(new Watermark(SliceClock.toFlink(watermark)));
    }
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
    super.prepareSnapshotPreBarrier(checkpoint);
    boolean none = openFrom == Long.MIN_VALUE || openFrom == Long.MAX_VALUE;
    LiveReport.Gated report =
        new LiveReport.Gated(
            DatasetId.of(task),
            checkpoint,
            taken,
            0,
            none ? Optional.empty() : Optional.of(EventTime.ordinal(clock.grain(), openFrom)),
            List.of());
    taken = 0;
    output.collect(REPORTS, new StreamRecord<>(report.toBytes()));
  }
}
