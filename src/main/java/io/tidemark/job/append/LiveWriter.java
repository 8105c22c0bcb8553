package io.tidemark.job.append;

import io.tidemark.job.slice.EventTime;
import io.tidemark.job.slice.PartitionFiles;
import io.tidemark.job.slice.Rows;
import io.tidemark.job.slice.SliceMeter;
import io.tidemark.job.slice.SliceTotals;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Table;

/**
 * Writes rows into data files and reports them to the committer before each checkpoint: one file
 * per partition and checkpoint, more where they grow large. Of a task it also measures what it
 * writes per slice, and drops rows for slices that are closed. Nothing it writes is visible before
 * the committer commits it; files that are not reported are deleted when the task fails.
 */
final class LiveWriter extends AbstractStreamOperator<byte[]>
    implements OneInputStreamOperator<RowData, byte[]>, BoundedOneInput {
  private static final long serialVersionUID = 1;
  private static final int MAX_OPEN = 16;

  private final Table table;
  private final Rows rows;
  private final String tableJson;
  private final String label;

  /** Both null for a table without slices. */
  private final String schemaJson;

  private final Closing closing;

  private final boolean held;
  private transient TableRef ref;
  private transient SliceMeter meter;
  private transient EventTime time;
  private transient PartitionFiles files;
  private transient TreeMap<Long, Long> strays;
  private transient long openFrom;
  private transient long incompleteFrom;
  private transient ListState<Long> open;
  private transient int attempt;

  private LiveWriter(
      Table table,
      Rows rows,
      TableRef ref,
      String job,
      Optional<LiveSpec.Task> task,
      Changes kind) {
    this.table = table;
    this.rows = rows;
    this.tableJson = RecordJson.write(ref, TableRef.class);
    this.label = "live-" + job;
    this.schemaJson =
        task.map(t -> RecordJson.write(t.output().schema(), Schema.class)).orElse(null);
    this.closing = task.map(Closing::of).orElse(null);
    this.held = kind == Changes.UPDATING;
  }

  /** Writes every row. */
  static LiveWriter ofAnything(Table table, Rows rows, TableRef ref, String job) {
    return new LiveWriter(table, rows, ref, job, Optional.empty(), Changes.INSERT_ONLY);
  }

  /**
   * Writes the rows of open slices that the job owns.
   *
   * @param kind of what the transform makes: what was held comes when its slice closes
   */
  static LiveWriter ofTask(Table table, Rows rows, LiveSpec.Task task, String job, Changes kind) {
    return new LiveWriter(table, rows, task.output().table(), job, Optional.of(task), kind);
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    openFrom = Closing.NONE;
    incompleteFrom = Closing.NONE;
    open =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("open-from", Types.LONG));
    for (long earlier : open.get()) {
      openFrom = Math.max(openFrom, earlier);
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    open.update(openFrom == Closing.NONE ? List.of() : List.of(openFrom));
  }

  @Override
  public void open() throws Exception {
    super.open();
    ref = RecordJson.read(tableJson, TableRef.class);
    strays = new TreeMap<>();
    attempt = getRuntimeContext().getTaskInfo().getAttemptNumber();
    if (closing != null) {
      time = rows.eventTime().isPresent() ? rows.time() : null;
      meter =
          new SliceMeter(
              rows, RecordJson.read(schemaJson, Schema.class), closing.grain(), Optional.empty());
      restrict();
    }
  }

  private void restrict() {
    long from = Math.max(openFrom, closing.ownedFrom());
    if (from > Closing.NONE) {
      meter.restrict(SliceSet.range(closing.grain(), from, Long.MAX_VALUE));
    }
  }

  @Override
  public void processElement(StreamRecord<RowData> element) {
    RowData row = element.getValue();
    if (row.getRowKind() != RowKind.INSERT) {
      throw new SuppressRestartsException(changed());
    }
    if (meter != null && !meter.add(row)) {
      long slice = EventTime.ordinal(closing.grain(), time.micros(row));
      if (slice >= closing.ownedFrom()) {
        strays.merge(slice, 1L, Long::sum);
      }
      return;
    }
    if (files == null) {
      files =
          new PartitionFiles(
              table,
              rows,
              label,
              getRuntimeContext().getTaskInfo().getIndexOfThisSubtask(),
              attempt,
              MAX_OPEN);
    }
    files.write(row);
  }

  /** Held rows are inserts; others come from a query whose rows Flink's planner took for final. */
  private TidemarkException changed() {
    return TidemarkException.user(
        Problem.of(
            "TM-LIVE-037",
            "the query of '" + ref + "' changes rows that Flink's planner took for final",
            "they would stay in the table beside those that replace them, so the job ends",
            "rewrite the query; ROW_NUMBER() <= 1 without its number in the result does this"));
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    if (closing != null) {
      incompleteFrom =
          (held
                  ? closing.openFrom(mark.getTimestamp())
                  : closing.incompleteFrom(mark.getTimestamp()))
              .orElse(incompleteFrom);
      long next = closing.openFrom(mark.getTimestamp()).orElse(Closing.NONE);
      if (next > openFrom) {
        openFrom = next;
        restrict();
      }
    }
    super.processWatermark(mark);
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
    super.prepareSnapshotPreBarrier(checkpoint);
    report();
  }

  @Override
  public void endInput() {
    report();
  }

  private void report() {
    List<DataFile> done = files == null ? List.of() : List.copyOf(files.complete());
    List<Stamp.SliceDigest> slices = new ArrayList<>();
    if (meter != null) {
      meter.drain().stream()
          .sorted(Comparator.comparingLong(SliceTotals::ordinal))
          .map(SliceTotals::digest)
          .forEach(slices::add);
    } else if (done.isEmpty()) {
      return;
    }
    LiveReport.Written written =
        new LiveReport.Written(
            ref,
            done.stream().mapToLong(DataFile::recordCount).sum(),
            slices,
            strays.entrySet().stream()
                .map(e -> new LiveReport.Stray(e.getKey(), e.getValue()))
                .toList(),
            incompleteFrom == Closing.NONE ? Optional.empty() : Optional.of(incompleteFrom),
            done);
    output.collect(new StreamRecord<>(written.toBytes()));
    files = null;
    strays.clear();
  }

  @Override
  public void close() throws Exception {
    if (files != null) {
      files.abort();
    }
    super.close();
  }
}
