package io.tidemark.job.live;

import io.tidemark.job.append.LiveReport;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveMark;
import io.tidemark.model.Topic;
import java.util.TreeMap;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.util.OutputTag;

/**
 * Behind a topic's decoder: parts rows from dead letters, and tells before each checkpoint what it
 * saw of which partition, and how far it is.
 */
final class TopicSplitter extends AbstractStreamOperator<RowData>
    implements OneInputStreamOperator<RowData, RowData>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  static final OutputTag<RowData> LETTERS =
      new OutputTag<>("dead-letters", InternalTypeInfo.of(Letters.DEAD.type()));
  static final OutputTag<byte[]> REPORTS = new OutputTag<>("taken", SliceReport.TYPE);
  static final OutputTag<long[]> PULSES = new OutputTag<>("pulses", Pulse.TYPE);

  private final String source;
  private final int stream;
  private final int fields;
  private final int[] origin;

  private transient TreeMap<Integer, Seen> seen;
  private transient long complete;
  private transient boolean idle;
  private transient Counter deadLetters;

  /**
   * @param stream the topic's position among the job's streams
   */
  TopicSplitter(DatasetId source, int stream, SourceRows rows) {
    this.source = source.value();
    this.stream = stream;
    this.fields = rows.type().getFieldCount();
    this.origin =
        new int[] {
          rows.type().getFieldIndex(Topic.TOPIC_COLUMN),
          rows.type().getFieldIndex(Topic.PARTITION_COLUMN),
          rows.type().getFieldIndex(Topic.OFFSET_COLUMN),
          rows.type().getFieldIndex(Topic.TIME_COLUMN)
        };
  }

  /** What was seen of one partition since the last report. */
  private static final class Seen {
    private final long from;
    private long to;
    private long records;
    private long letters;

    Seen(long from) {
      this.from = from;
    }
  }

  @Override
  public void open() throws Exception {
    super.open();
    seen = new TreeMap<>();
    complete = Long.MIN_VALUE;
    MetricGroup metrics = getMetricGroup().addGroup("tidemark");
    deadLetters = metrics.counter("dead_letters");
    // The least of all subtasks is shown, and one without a partition never knows.
    metrics.gauge(
        "source_watermark_ms",
        () -> complete == Long.MIN_VALUE ? Long.MAX_VALUE : SliceClock.toFlink(complete));
  }

  @Override
  public void processElement(StreamRecord<RowData> element) {
    RowData decoded = element.getValue();
    RowData row = decoded.getRow(TopicDecoder.ROW, fields);
    int partition = row.getInt(origin[1]);
    long offset = row.getLong(origin[2]);
    Seen of = seen.get(partition);
    if (of == null) {
      of = new Seen(offset);
      seen.put(partition, of);
    }
    of.to = offset + 1;
    of.records++;
    if (decoded.isNullAt(TopicDecoder.REASON)) {
      output.collect(element.replace(row));
    } else {
      of.letters++;
      deadLetters.inc();
      output.collect(LETTERS, new StreamRecord<>(letter(decoded, row)));
    }
  }

  private RowData letter(RowData decoded, RowData row) {
    return GenericRowData.of(
        row.getString(origin[0]),
        row.getInt(origin[1]),
        row.getLong(origin[2]),
        row.isNullAt(origin[3]) ? null : row.getTimestamp(origin[3], 6),
        decoded.getString(TopicDecoder.REASON),
        decoded.isNullAt(TopicDecoder.RAW) ? null : decoded.getBinary(TopicDecoder.RAW));
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    complete = SliceClock.fromFlink(mark.getTimestamp());
    super.processWatermark(mark);
  }

  @Override
  public void processWatermarkStatus(WatermarkStatus status) throws Exception {
    idle = status.isIdle();
    super.processWatermarkStatus(status);
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
    super.prepareSnapshotPreBarrier(checkpoint);
    pulse(complete, idle);
    if (!seen.isEmpty()) {
      TreeMap<Integer, LiveMark.Range> ranges = new TreeMap<>();
      seen.forEach((p, s) -> ranges.put(p, new LiveMark.Range(s.from, s.to, s.records, s.letters)));
      seen.clear();
      output.collect(
          REPORTS,
          new StreamRecord<>(
              new LiveReport.Taken(DatasetId.of(source), checkpoint, ranges).toBytes()));
    }
  }

  @Override
  public void endInput() {
    complete = Long.MAX_VALUE;
    idle = false;
    pulse(complete, idle);
  }

  private void pulse(long complete, boolean idle) {
    int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
    int subtasks = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
    output.collect(
        PULSES, new StreamRecord<>(new Pulse(stream, subtask, subtasks, complete, idle).toLongs()));
  }
}
