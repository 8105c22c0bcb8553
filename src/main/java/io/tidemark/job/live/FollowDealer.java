package io.tidemark.job.live;

import io.tidemark.job.append.LiveReport;
import io.tidemark.job.follow.Closed;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;

/**
 * Deals closed slices of a followed table out to readers, and tells before each checkpoint up to
 * where that table is complete: readers have read everything of before when the checkpoint comes to
 * gates. Parallelism 1.
 */
final class FollowDealer extends AbstractStreamOperator<byte[]>
    implements OneInputStreamOperator<byte[], byte[]> {
  private static final long serialVersionUID = 1;

  static final OutputTag<byte[]> REPORTS = new OutputTag<>("followed", SliceReport.TYPE);
  static final OutputTag<long[]> PULSES = new OutputTag<>("follow-pulses", Pulse.TYPE);

  private final String dataset;
  private final Grain grain;
  private final long first;
  private final int stream;

  private transient long next;
  private transient List<LiveReport.Step> steps;
  private transient ListState<Long> kept;

  /**
   * @param grain of the table's slices
   * @param first ordinal of the first slice that is not history; {@link Closed#NONE} for all
   * @param stream position among the job's streams
   */
  FollowDealer(DatasetId dataset, Grain grain, long first, int stream) {
    this.dataset = dataset.value();
    this.grain = grain;
    this.first = first;
    this.stream = stream;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    next = first;
    kept =
        context.getOperatorStateStore().getListState(new ListStateDescriptor<>("next", Types.LONG));
    for (long earlier : kept.get()) {
      next = Math.max(next, earlier);
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    kept.update(List.of(next));
  }

  @Override
  public void open() throws Exception {
    super.open();
    steps = new ArrayList<>();
    // As sources of topics tell it, for whoever asks how a job does.
    getMetricGroup()
        .addGroup("tidemark")
        .gauge("followed_to_ms", () -> SliceClock.toFlink(Closed.complete(grain, next)));
  }

  @Override
  public void processElement(StreamRecord<byte[]> element) {
    Closed closed = Closed.of(element.getValue());
    closed.parts().forEach(part -> output.collect(new StreamRecord<>(part)));
    steps.add(
        new LiveReport.Step(
            closed.snapshot(),
            closed.from(),
            closed.to(),
            closed.rows() < 0 ? Optional.empty() : Optional.of(closed.rows())));
    next = closed.to();
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
    super.prepareSnapshotPreBarrier(checkpoint);
    Pulse pulse = new Pulse(stream, 0, 1, 1, 1, Closed.complete(grain, next), false);
    output.collect(PULSES, new StreamRecord<>(pulse.toLongs()));
    if (!steps.isEmpty()) {
      LiveReport.Followed report = new LiveReport.Followed(DatasetId.of(dataset), steps);
      output.collect(REPORTS, new StreamRecord<>(report.toBytes()));
      steps = new ArrayList<>();
    }
  }
}
