package io.tidemark.job.compact;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.job.slice.ResultDocument;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.job.slice.SliceTally;
import io.tidemark.model.JobSpec;
import io.tidemark.model.RecordJson;
import io.tidemark.model.TidemarkException;
import java.util.List;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.iceberg.Table;
import org.apache.iceberg.flink.TableLoader;

/**
 * Collects what readers and writers measured and, at the end of input, exchanges the files.
 * Parallelism 1.
 */
final class CompactCommitter extends AbstractStreamOperator<byte[]>
    implements OneInputStreamOperator<byte[], byte[]>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  private final String specJson;
  private transient JobSpec.Compact spec;
  private transient SliceTally read;
  private transient SliceTally written;

  CompactCommitter(JobSpec.Compact spec) {
    this.specJson = RecordJson.write(spec, JobSpec.Compact.class);
  }

  @Override
  public void open() throws Exception {
    super.open();
    spec = RecordJson.read(specJson, JobSpec.Compact.class);
    read = new SliceTally(spec.output(), 0);
    written = new SliceTally(spec.output(), 0);
  }

  @Override
  public void processElement(StreamRecord<byte[]> element) {
    Object report = SliceReport.decode(element.getValue());
    if (report instanceof ReadMeter.Read r) {
      read.add(SliceReport.written(System.currentTimeMillis(), 0, r.totals(), List.of()));
    } else {
      written.add((SliceReport) report);
    }
  }

  @Override
  public void endInput() throws Exception {
    try (TableLoader loader = IcebergCatalogs.tableLoader(spec.catalog(), spec.output().table())) {
      loader.open();
      Table table = loader.loadTable();
      FileExchange exchange = new FileExchange(table, spec, written);
      try {
        exchange.requireSameRows(read);
        exchange.commit(result -> ResultDocument.write(table, spec.resultPath(), result));
      } catch (TidemarkException e) {
        if (e.category() == TidemarkException.Category.EXTERNAL) {
          throw e;
        }
        exchange.discard();
        throw new SuppressRestartsException(e);
      }
    }
  }
}
