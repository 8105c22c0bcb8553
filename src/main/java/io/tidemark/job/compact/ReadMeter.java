package io.tidemark.job.compact;

import io.tidemark.job.slice.Rows;
import io.tidemark.job.slice.SliceMeter;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.job.slice.SliceTotals;
import io.tidemark.model.JobSpec;
import io.tidemark.model.RecordJson;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.OutputTag;

/** Passes on the rows of the slices, and measures them before they change tasks. */
final class ReadMeter extends AbstractStreamOperator<RowData>
    implements OneInputStreamOperator<RowData, RowData>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  /** Carries what was measured. */
  static final OutputTag<byte[]> REPORTS = new OutputTag<>("read", SliceReport.TYPE);

  private final Rows rows;
  private final String outputJson;
  private transient SliceMeter meter;

  /** What one task read. */
  record Read(ArrayList<SliceTotals> totals) implements Serializable {
    private static final long serialVersionUID = 1;
  }

  ReadMeter(Rows rows, JobSpec.Output output) {
    this.rows = rows;
    this.outputJson = RecordJson.write(output, JobSpec.Output.class);
  }

  @Override
  public void open() throws Exception {
    super.open();
    JobSpec.Output to = RecordJson.read(outputJson, JobSpec.Output.class);
    meter = new SliceMeter(rows, to.schema(), to.layout().slice(), Optional.of(to.slices()));
  }

  @Override
  public void processElement(StreamRecord<RowData> element) {
    if (meter.add(element.getValue())) {
      output.collect(element);
    }
  }

  @Override
  public void endInput() {
    List<SliceTotals> totals = meter.drain();
    output.collect(
        REPORTS, new StreamRecord<>(SliceReport.encode(new Read(new ArrayList<>(totals)))));
  }
}
