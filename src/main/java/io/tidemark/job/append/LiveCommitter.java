package io.tidemark.job.append;

import io.tidemark.model.LiveSpec;
import io.tidemark.model.RecordJson;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Tells {@link Commits} what Flink says of checkpoints. Parallelism 1. A commit that may not happen
 * ends the job for good.
 */
final class LiveCommitter extends AbstractStreamOperator<byte[]>
    implements OneInputStreamOperator<byte[], byte[]> {
  private static final long serialVersionUID = 1;

  private final String specJson;
  private final TopicIds topics;

  private transient Commits commits;
  private transient LongCounter left;
  private transient ListState<byte[]> state;
  private transient ListState<byte[]> held;
  private transient ListState<byte[]> pending;

  LiveCommitter(LiveSpec spec, TopicIds topics) {
    this.topics = topics;
    this.specJson = RecordJson.write(spec, LiveSpec.class);
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    state = list(context, "state");
    held = list(context, "held");
    pending = list(context, "pending");
    LiveSpec spec = RecordJson.read(specJson, LiveSpec.class);
    commits =
        context.isRestored()
            ? Commits.restored(
                spec,
                topics,
                context.getRestoredCheckpointId().orElse(0),
                new Commits.Stored(all(state), all(held), all(pending)))
            : Commits.started(spec, topics);
  }

  private static ListState<byte[]> list(StateInitializationContext context, String name)
      throws Exception {
    return context
        .getOperatorStateStore()
        .getListState(
            new ListStateDescriptor<>(name, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
  }

  private static List<byte[]> all(ListState<byte[]> state) throws Exception {
    List<byte[]> all = new ArrayList<>();
    state.get().forEach(all::add);
    return all;
  }

  @Override
  public void open() throws Exception {
    super.open();
    left = new LongCounter();
    // Flink forgets gauges when a job has ended, and keeps accumulators.
    getRuntimeContext().addAccumulator(LiveSpec.PENDING_CHECKPOINTS, left);
    // A group and not a prefix: Flink's REST API puts an underscore in place of a name's dot.
    MetricGroup metrics = getMetricGroup().addGroup("tidemark");
    metrics.gauge("pending_checkpoints", commits::pendingCheckpoints);
    metrics.gauge("commits_waiting_since_ms", commits::waitingSince);
    metrics.gauge("commit_conflicts", commits::conflicts);
    metrics.gauge("last_commit_ms", commits::lastCommit);
    metrics.gauge("clock_is_behind", () -> commits.isClockBehind() ? 1 : 0);
    metrics.gauge("clock_jumped_ms", new ClockJumps()::millis);
    try {
      commits.open();
    } catch (TidemarkException e) {
      throw new SuppressRestartsException(e);
    }
  }

  @Override
  public void processElement(StreamRecord<byte[]> element) {
    commits.add(LiveReport.decode(element.getValue()));
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    Commits.Stored stored = commits.snapshot(context.getCheckpointId());
    state.update(stored.state());
    held.update(stored.held());
    pending.update(stored.pending());
  }

  @Override
  public void notifyCheckpointComplete(long checkpoint) throws Exception {
    super.notifyCheckpointComplete(checkpoint);
    try {
      long waiting = commits.complete(checkpoint);
      left.resetLocal();
      left.add(waiting);
    } catch (TidemarkException e) {
      throw new SuppressRestartsException(e);
    }
  }

  @Override
  public void close() throws Exception {
    if (commits != null) {
      commits.close();
    }
    super.close();
  }
}
