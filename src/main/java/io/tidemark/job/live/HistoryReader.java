package io.tidemark.job.live;

import io.tidemark.job.append.LiveReport;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.model.DatasetId;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.OutputTag;

/**
 * Behind the scan of a table's history: gives its rows the types that live jobs have them in, and
 * tells when it has ended. Until then no gate moves.
 */
final class HistoryReader extends AbstractStreamOperator<RowData>
    implements OneInputStreamOperator<RowData, RowData>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  static final OutputTag<byte[]> REPORTS = new OutputTag<>("history-ended", SliceReport.TYPE);
  static final OutputTag<long[]> PULSES = new OutputTag<>("history-pulses", Pulse.TYPE);

  private final String dataset;
  private final int stream;
  private final Retype retype;

  /**
   * @param stream position among the job's streams
   * @param held the rows' type in the scan; the same columns as in the job
   */
  HistoryReader(DatasetId dataset, int stream, RowType held) {
    this.dataset = dataset.value();
    this.stream = stream;
    this.retype = new Retype(held);
  }

  @Override
  public void open() throws Exception {
    super.open();
    retype.open();
  }

  @Override
  public void processElement(StreamRecord<RowData> element) {
    output.collect(new StreamRecord<>(retype.map(element.getValue())));
  }

  @Override
  public void endInput() {
    int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
    int subtasks = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
    output.collect(PULSES, new StreamRecord<>(Pulse.ended(stream, subtask, subtasks).toLongs()));
    output.collect(
        REPORTS,
        new StreamRecord<>(
            new LiveReport.HistoryEnded(DatasetId.of(dataset), subtask, subtasks).toBytes()));
  }
}
