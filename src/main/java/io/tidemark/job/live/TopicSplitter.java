package io.tidemark.job.live;

import io.tidemark.job.append.LiveReport;
import io.tidemark.job.slice.EventTime;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.function.LongSupplier;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.util.OutputTag;

/**
 * Behind a topic's decoder: parts rows from dead letters, and tells before each checkpoint what it
 * saw of which partition, and how far it is. Asks brokers whether quiet partitions hold more.
 */
final class TopicSplitter extends AbstractStreamOperator<RowData>
    implements OneInputStreamOperator<RowData, RowData>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  static final OutputTag<RowData> LETTERS =
      new OutputTag<>("dead-letters", InternalTypeInfo.of(Letters.DEAD.type()));
  static final OutputTag<byte[]> REPORTS = new OutputTag<>("taken", SliceReport.TYPE);
  static final OutputTag<long[]> PULSES = new OutputTag<>("pulses", Pulse.TYPE);

  /** Between two questions to a broker, at most; at least a quarter of the time to be idle. */
  private static final long LOOK_MILLIS = 5_000;

  private final String source;
  private final String topic;
  private final Duration outOfOrderness;
  private final Duration idleAfter;
  private final TreeMap<String, String> kafka;
  private final int partitions;
  private final int stream;
  private final EventTime time;
  private final int fields;
  private final int[] origin;

  private transient TreeMap<Integer, Seen> seen;
  private transient Standing standing;
  private transient ListState<long[]> kept;
  private transient long reached;
  private transient boolean ended;
  private transient TopicEnds ends;
  private transient SortedMap<Integer, Long> asked;
  private transient CompletableFuture<Set<Integer>> answer;
  private transient Counter deadLetters;
  private transient Set<Integer> told;

  /**
   * @param stream the topic's position among the job's streams
   */
  TopicSplitter(
      LiveSpec.Source source, SortedMap<String, String> kafka, int stream, SourceRows rows) {
    this.source = source.dataset().id().value();
    Topic read = source.dataset().topic().orElseThrow();
    this.topic = read.name();
    this.outOfOrderness = read.outOfOrderness();
    this.idleAfter = read.idleAfter();
    this.kafka = new TreeMap<>(kafka);
    this.partitions = (int) source.partitions();
    this.stream = stream;
    this.time = rows.time();
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

  /**
   * How far each partition was is kept: on a topic that stays silent after a failure nothing else
   * would tell, and what had passed before it would never close.
   */
  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    standing = new Standing(outOfOrderness, idleAfter);
    kept =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("newest", Pulse.TYPE));
    for (long[] newest : kept.get()) {
      standing.restored((int) newest[0], newest[1]);
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    List<long[]> newest = new ArrayList<>();
    standing.newest().forEach((partition, micros) -> newest.add(new long[] {partition, micros}));
    kept.update(newest);
  }

  @Override
  public void open() throws Exception {
    super.open();
    seen = new TreeMap<>();
    told = new HashSet<>();
    reached = Long.MIN_VALUE;
    if (!idleAfter.isZero()) {
      ends = new TopicEnds(topic, kafka);
      long every = Math.max(50, Math.min(LOOK_MILLIS, idleAfter.toMillis() / 4));
      ScheduledFuture<?> ignored =
          getProcessingTimeService().scheduleWithFixedDelay(this::look, every, every);
    }
    MetricGroup metrics = getMetricGroup().addGroup("tidemark");
    deadLetters = metrics.counter("dead_letters");
    // The least of all subtasks is shown, and one without a partition never knows.
    metrics.gauge(
        "source_watermark_ms",
        () -> reached == Long.MIN_VALUE ? Long.MAX_VALUE : SliceClock.toFlink(reached));
  }

  /** Takes a broker's answer, and asks again as long as a partition is quiet. */
  private void look(long now) {
    SortedMap<Integer, Long> quiet = standing.quiet(now);
    if (answer != null && answer.isDone()) {
      standing.answered(asked, answer.exceptionally(e -> Set.of()).join());
      answer = null;
    }
    if (answer == null && !quiet.isEmpty()) {
      asked = quiet;
      answer = ends.readToTheEnd(quiet);
    }
  }

  @Override
  public void processElement(StreamRecord<RowData> element) {
    RowData decoded = element.getValue();
    if (decoded.isNullAt(TopicDecoder.ROW)) {
      TopicDecoder.assigned(decoded).forEach(this::assigned);
      return;
    }
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
    standing.record(partition, offset);
    if (decoded.isNullAt(TopicDecoder.REASON)) {
      standing.event(partition, time.micros(row));
      output.collect(element.replace(row));
    } else {
      of.letters++;
      deadLetters.inc();
      output.collect(LETTERS, new StreamRecord<>(letter(decoded, row)));
    }
  }

  /** What is read of each partition is told by position: a reader tells nothing before a record. */
  private void assigned(int partition, long next) {
    LongSupplier position = standing.assigned(partition, next);
    if (told.add(partition)) {
      getMetricGroup().addGroup("tidemark").gauge("next_offset_" + partition, position::getAsLong);
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
  public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
    super.prepareSnapshotPreBarrier(checkpoint);
    pulse();
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
    ended = true;
    pulse();
  }

  private void pulse() {
    int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
    int subtasks = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
    reached = ended ? Long.MAX_VALUE : standing.complete();
    Pulse pulse =
        new Pulse(
            stream,
            subtask,
            subtasks,
            standing.partitions(),
            partitions,
            reached,
            !ended && standing.isIdle());
    output.collect(PULSES, new StreamRecord<>(pulse.toLongs()));
  }

  @Override
  public void close() throws Exception {
    if (ends != null) {
      ends.close();
    }
    super.close();
  }
}
