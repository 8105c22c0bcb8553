package io.tidemark.job.catalog;

import io.tidemark.job.slice.SliceReport;
import java.util.function.Consumer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.OutputTag;

/** Passes rows on and counts them; chained to the scan, so a count costs an addition per row. */
public final class RowCounter extends AbstractStreamOperator<RowData>
    implements OneInputStreamOperator<RowData, RowData>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  /** Carries the reports. */
  static final OutputTag<byte[]> REPORTS = new OutputTag<>("rows-in", SliceReport.TYPE);

  private final int input;
  private transient long started;
  private transient long rows;

  /**
   * @param input the position of the input among the job's, or {@link SliceReport#MADE}
   */
  RowCounter(int input) {
    this.input = input;
  }

  /** The same rows, counted where they are: nothing changes tasks. */
  public static DataStream<RowData> behind(
      DataStream<RowData> rows, String name, int input, Consumer<DataStream<byte[]>> reports) {
    SingleOutputStreamOperator<RowData> counted =
        rows.transform(name, rows.getType(), new RowCounter(input));
    counted.getTransformation().setParallelism(rows.getParallelism(), false);
    reports.accept(counted.getSideOutput(REPORTS));
    return counted;
  }

  @Override
  public void open() throws Exception {
    super.open();
    started = System.currentTimeMillis();
  }

  @Override
  public void processElement(StreamRecord<RowData> element) {
    rows++;
    output.collect(element);
  }

  @Override
  public void endInput() {
    output.collect(REPORTS, new StreamRecord<>(SliceReport.read(started, input, rows).toBytes()));
  }
}
