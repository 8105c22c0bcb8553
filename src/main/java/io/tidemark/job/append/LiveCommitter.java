package io.tidemark.job.append;

import io.tidemark.job.append.LiveReport.Written;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.RecordJson;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Commits what all subtasks report, checkpoint by checkpoint, once Flink says that a checkpoint is
 * complete. Parallelism 1.
 *
 * <p>While the catalog is away nothing fails: reports wait in Flink's state and are tried again
 * with the next checkpoint. A commit that may not happen, since the table is another job's, ends
 * the job for good.
 */
final class LiveCommitter extends AbstractStreamOperator<byte[]>
    implements OneInputStreamOperator<byte[], byte[]> {
  private static final long serialVersionUID = 1;

  private final String specJson;

  private transient LiveSpec spec;
  private transient LiveTables tables;
  private transient List<LiveReport> current;
  private transient ArrayDeque<Pending> pending;
  private transient CommitState state;
  private transient List<Written> held;
  private transient ListState<byte[]> stored;
  private transient ListState<byte[]> storedHeld;
  private transient ListState<byte[]> storedPending;

  /** The checkpoint that this attempt goes on from; 0 for none. */
  private transient long restored;

  private transient boolean admitted;

  private transient volatile int pendingCheckpoints;
  private transient volatile long waitingSince;
  private transient volatile long lastCommit;

  LiveCommitter(LiveSpec spec) {
    this.specJson = RecordJson.write(spec, LiveSpec.class);
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    spec = RecordJson.read(specJson, LiveSpec.class);
    tables = new LiveTables(spec.catalog());
    current = new ArrayList<>();
    pending = new ArrayDeque<>();
    held = new ArrayList<>();
    state = CommitState.first(spec);
    restored = context.getRestoredCheckpointId().orElse(0);
    stored = list(context, "state");
    storedHeld = list(context, "held");
    storedPending = list(context, "pending");
    for (byte[] json : stored.get()) {
      state = RecordJson.read(new String(json, StandardCharsets.UTF_8), CommitState.class);
    }
    for (byte[] report : storedHeld.get()) {
      held.add((Written) LiveReport.decode(report));
    }
    for (byte[] one : storedPending.get()) {
      pending.add(Pending.decode(one));
    }
  }

  private static ListState<byte[]> list(StateInitializationContext context, String name)
      throws Exception {
    return context
        .getOperatorStateStore()
        .getListState(
            new ListStateDescriptor<>(name, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
  }

  @Override
  public void open() throws Exception {
    super.open();
    getMetricGroup().gauge("tidemark.pending_checkpoints", () -> pendingCheckpoints);
    getMetricGroup().gauge("tidemark.commits_waiting_since_ms", () -> waitingSince);
    getMetricGroup().gauge("tidemark.last_commit_ms", () -> lastCommit);
    // The checkpoint that is restored was complete, though nobody may have come to commit it.
    settle(restored);
  }

  @Override
  public void processElement(StreamRecord<byte[]> element) {
    current.add(LiveReport.decode(element.getValue()));
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    pending.add(new Pending(context.getCheckpointId(), current));
    current.clear();
    pendingCheckpoints = pending.size();
    stored.update(
        List.of(RecordJson.write(state, CommitState.class).getBytes(StandardCharsets.UTF_8)));
    storedHeld.update(held.stream().map(LiveReport::toBytes).toList());
    storedPending.update(pending.stream().map(Pending::toBytes).toList());
  }

  @Override
  public void notifyCheckpointComplete(long checkpoint) throws Exception {
    super.notifyCheckpointComplete(checkpoint);
    settle(checkpoint);
  }

  private void settle(long upTo) throws SuppressRestartsException {
    try {
      admit();
      while (!pending.isEmpty() && pending.peek().checkpoint() <= upTo) {
        Settlement.Done done = new Settlement(spec, tables, state, held, pending.peek()).run();
        state = done.state();
        held = done.held();
        pending.remove();
        lastCommit = System.currentTimeMillis();
      }
      waitingSince = 0;
    } catch (TidemarkException e) {
      if (e.category() != TidemarkException.Category.EXTERNAL) {
        throw new SuppressRestartsException(e);
      }
      await(e);
    } catch (RuntimeException e) {
      if (!isOutside(e)) {
        throw e;
      }
      await(e);
    } finally {
      pendingCheckpoints = pending.size();
    }
  }

  private void await(RuntimeException e) {
    if (waitingSince == 0) {
      waitingSince = System.currentTimeMillis();
    }
    LOG.warn(
        "job={} commits of {} checkpoints wait for the catalog or the storage",
        spec.job(),
        pending.size(),
        e);
  }

  /** Iceberg and JDBC have their own exceptions; others are bugs and must not be waited for. */
  private static boolean isOutside(RuntimeException e) {
    return e instanceof java.io.UncheckedIOException
        || e.getClass().getName().startsWith("org.apache.iceberg.")
        || e.getClass().getName().startsWith("software.amazon.");
  }

  /**
   * Once per attempt, before anything is committed: a job that was put back to a checkpoint that
   * the tables are ahead of would take its own newer commits for its next ones.
   */
  private void admit() {
    if (admitted) {
      return;
    }
    for (LiveSpec.Source source : spec.sources()) {
      if (source.mode() == LiveSpec.Source.Mode.INGEST) {
        TableRef table = source.dataset().table();
        admit(
            new Lease(
                table,
                spec.job(),
                state.sources().get(source.dataset().id()).mark(),
                source.since()),
            "main");
      }
    }
    for (LiveSpec.Task task : spec.tasks()) {
      admit(
          new Lease(
              task.output().table(),
              spec.job(),
              state.tasks().get(task.output().name()).mark(),
              task.since()),
          task.output().branch());
    }
    admitted = true;
  }

  private void admit(Lease lease, String branch) {
    lease
        .brokenAt(restored, tables.ancestors(lease.table(), branch))
        .ifPresent(
            problem -> {
              throw TidemarkException.refused(problem);
            });
    tables.tidy(lease.table());
  }

  @Override
  public void close() throws Exception {
    if (tables != null) {
      tables.close();
    }
    super.close();
  }
}
