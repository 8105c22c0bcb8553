package io.tidemark.job.live;

import io.tidemark.job.append.LiveReport;
import io.tidemark.job.slice.EventTime;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveMark;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Topic;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedMultiInput;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.util.OutputTag;

/**
 * Decides which rows of a topic a transform is given, and when its slices close. Its watermark
 * moves only just before a checkpoint's barrier, from slice end to slice end; a row from before it
 * is late and goes aside. Pulses of all streams of the job come by the second input, so that with
 * aligned checkpoints all subtasks of all gates know the same and close the same.
 *
 * <p>Watermarks and idleness of the rows' own stream mean nothing here.
 */
final class Gate extends AbstractStreamOperator<RowData>
    implements TwoInputStreamOperator<RowData, long[], RowData>, BoundedMultiInput {
  private static final long serialVersionUID = 1;

  static final OutputTag<byte[]> REPORTS = new OutputTag<>("gated", SliceReport.TYPE);
  static final OutputTag<RowData> LATE =
      new OutputTag<>("late-rows", InternalTypeInfo.of(Letters.LATE.type()));

  private static final String DOUBT = "late rows that open slices are made from as well";

  private final String task;
  private final String source;
  private final SliceClock clock;
  private final EventTime time;
  private final int streams;
  private final int[] origin;
  private final boolean fromTopic;

  private transient Pulses pulses;
  private transient ListState<long[]> kept;
  private transient long complete;
  private transient long openFrom;
  private transient long watermark;
  private transient long taken;
  private transient long late;
  private transient SliceSet doubted;
  private transient Counter lateRows;
  private transient int ended;

  /**
   * @param clock the task's
   * @param streams how many streams of the job send pulses
   */
  Gate(DatasetId task, DatasetId source, SliceClock clock, SourceRows rows, int streams) {
    this.task = task.value();
    this.source = source.value();
    this.clock = clock;
    this.time = rows.time();
    this.streams = streams;
    this.fromTopic = rows.isFromTopic();
    this.origin =
        new int[] {
          rows.type().getFieldIndex(Topic.TOPIC_COLUMN),
          rows.type().getFieldIndex(Topic.PARTITION_COLUMN),
          rows.type().getFieldIndex(Topic.OFFSET_COLUMN),
          rows.type().getFieldIndex(Topic.TIME_COLUMN)
        };
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    pulses = new Pulses(streams);
    complete = Long.MIN_VALUE;
    kept =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("pulses", Pulse.TYPE));
    for (long[] longs : kept.get()) {
      if (longs.length == 1) {
        complete = longs[0];
      } else {
        pulses.take(Pulse.of(longs));
      }
    }
    openFrom = clock.openFrom(complete);
    watermark = clock.watermark(openFrom);
  }

  /** All subtasks know the same, so one keeps it. */
  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    kept.clear();
    if (getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0) {
      kept.add(new long[] {complete});
      for (Pulse pulse : pulses.all()) {
        kept.add(pulse.toLongs());
      }
    }
  }

  @Override
  public void open() throws Exception {
    super.open();
    doubted = SliceSet.empty(clock.grain());
    MetricGroup metrics = getMetricGroup().addGroup("tidemark");
    lateRows = metrics.counter("late_rows");
    metrics.gauge("open_from_ms", () -> millis(openFrom));
    metrics.gauge("watermark_ms", () -> millis(complete));
  }

  private static long millis(long micros) {
    return micros == Long.MIN_VALUE || micros == Long.MAX_VALUE
        ? micros
        : Math.floorDiv(micros, 1000L);
  }

  @Override
  public void processElement1(StreamRecord<RowData> element) {
    RowData row = element.getValue();
    long at = time.micros(row);
    if (at >= watermark) {
      taken++;
      output.collect(element);
      return;
    }
    if (!fromTopic) {
      throw new IllegalStateException("[BUG] a late row of " + source + ", which is no topic's");
    }
    late++;
    lateRows.inc();
    doubted = doubted.union(clock.reached(openFrom, at));
    output.collect(LATE, new StreamRecord<>(letter(row, at)));
  }

  private RowData letter(RowData row, long at) {
    return GenericRowData.of(
        row.getString(origin[0]),
        row.getInt(origin[1]),
        row.getLong(origin[2]),
        row.isNullAt(origin[3]) ? null : row.getTimestamp(origin[3], 6),
        StringData.fromString(source),
        timestamp(at),
        timestamp(Math.min(watermark, EventTime.MICROS_PER_DAY * 2_932_896L)));
  }

  private static TimestampData timestamp(long micros) {
    return TimestampData.fromEpochMillis(
        Math.floorDiv(micros, 1000L), (int) Math.floorMod(micros, 1000L) * 1000);
  }

  @Override
  public void processElement2(StreamRecord<long[]> element) {
    pulses.take(Pulse.of(element.getValue()));
  }

  @Override
  public void processWatermark(Watermark mark) {
    // Pulses say more.
  }

  @Override
  protected void processWatermarkStatus(WatermarkStatus status, int index) {
    // A gate that waits holds its watermark, which nobody behind it can do without.
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
    super.prepareSnapshotPreBarrier(checkpoint);
    advance();
    boolean none = openFrom == Long.MIN_VALUE || openFrom == Long.MAX_VALUE;
    LiveReport.Gated report =
        new LiveReport.Gated(
            DatasetId.of(task),
            checkpoint,
            taken,
            late,
            none ? Optional.empty() : Optional.of(EventTime.ordinal(clock.grain(), openFrom)),
            doubted.isEmpty() ? List.of() : List.of(new LiveMark.Doubt(doubted, DOUBT)));
    taken = 0;
    late = 0;
    doubted = SliceSet.empty(clock.grain());
    output.collect(REPORTS, new StreamRecord<>(report.toBytes()));
  }

  /** Sent again after a restart, when those behind have forgotten it. */
  private void advance() {
    complete = Math.max(complete, pulses.complete());
    openFrom = Math.max(openFrom, clock.openFrom(complete));
    watermark = clock.watermark(openFrom);
    if (watermark != Long.MIN_VALUE) {
      output.emitWatermark(new Watermark(SliceClock.toFlink(watermark)));
    }
  }

  @Override
  public void endInput(int input) {
    ended++;
    if (ended == 2) {
      advance();
    }
  }
}
