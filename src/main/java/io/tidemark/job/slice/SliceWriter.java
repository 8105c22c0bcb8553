package io.tidemark.job.slice;

import io.tidemark.model.JobSpec;
import io.tidemark.model.RecordJson;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;
import org.apache.iceberg.Table;

/**
 * Measures rows, writes them into data files and, at the end of input, reports to the committer.
 * Nothing it writes is visible before that commits. A task that fails or is cancelled deletes its
 * files; one that is lost leaves files that nothing refers to.
 */
final class SliceWriter extends AbstractStreamOperator<byte[]>
    implements OneInputStreamOperator<RowData, byte[]>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  private final Table table;
  private final Rows rows;
  private final String outputJson;
  private final boolean anySlice;
  private final int maxOpen;

  private transient LongCounter progress;
  private transient SliceMeter meter;
  private transient PartitionFiles files;
  private transient boolean reported;
  private transient long started;
  private transient long outside;

  private SliceWriter(
      Table table, Rows rows, JobSpec.Output output, boolean anySlice, int maxOpen) {
    this.table = table;
    this.rows = rows;
    this.outputJson = RecordJson.write(output, JobSpec.Output.class);
    this.anySlice = anySlice;
    this.maxOpen = maxOpen;
  }

  /**
   * Drops and counts rows outside the output's slices.
   *
   * @param table serializable
   */
  static SliceWriter ofSlices(Table table, Rows rows, JobSpec.Output output, int maxOpen) {
    return new SliceWriter(table, rows, output, false, maxOpen);
  }

  /** Writes every row, whatever its slice. */
  static SliceWriter ofAnything(Table table, Rows rows, JobSpec.Output output, int maxOpen) {
    return new SliceWriter(table, rows, output, true, maxOpen);
  }

  @Override
  public void open() throws Exception {
    super.open();
    progress = new LongCounter();
    getRuntimeContext().addAccumulator(JobSpec.ROWS_WRITTEN, progress);
    started = System.currentTimeMillis();
    JobSpec.Output to = RecordJson.read(outputJson, JobSpec.Output.class);
    meter =
        new SliceMeter(
            rows,
            to.schema(),
            to.layout().slice(),
            anySlice ? Optional.empty() : Optional.of(to.slices()));
    files =
        new PartitionFiles(
            table,
            rows,
            to.branch(),
            getRuntimeContext().getTaskInfo().getIndexOfThisSubtask(),
            getRuntimeContext().getTaskInfo().getAttemptNumber(),
            maxOpen);
  }

  @Override
  public void processElement(StreamRecord<RowData> element) {
    RowData row = element.getValue();
    if (meter.add(row)) {
      files.write(row);
      progress.add(1L);
    } else {
      outside++;
    }
  }

  @Override
  public void endInput() {
    SliceReport report =
        SliceReport.written(started, outside, List.copyOf(meter.totals()), files.complete());
    getMetricGroup().gauge("mostOpenFiles", files::mostOpen);
    output.collect(new StreamRecord<>(report.toBytes()));
    reported = true;
  }

  @Override
  public void close() throws Exception {
    if (files != null && !reported) {
      files.abort();
    }
    super.close();
  }
}
