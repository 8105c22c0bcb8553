package io.tidemark.job.follow;

import io.tidemark.job.append.LiveReport;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.model.DatasetId;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.OutputTag;
import org.apache.iceberg.Table;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.flink.source.DataIterator;
import org.apache.iceberg.flink.source.RowDataFileScanTaskReader;

/**
 * Reads what it is dealt, each part whole before anything else: a checkpoint finds a part read,
 * with all of its rows sent on, or not there yet. Tells before each how many rows that were.
 */
public final class SliceScan extends AbstractStreamOperator<RowData>
    implements OneInputStreamOperator<byte[], RowData> {
  private static final long serialVersionUID = 1;

  public static final OutputTag<byte[]> REPORTS = new OutputTag<>("scanned", SliceReport.TYPE);

  private final String dataset;
  private final Table table;
  private final FollowedTable followed;

  private transient TypeSerializer<RowData> serializer;
  private transient long rows;

  /**
   * @param table serializable; its columns are those of the rows, however it is changed later
   */
  public SliceScan(DatasetId dataset, Table table, FollowedTable followed) {
    this.dataset = dataset.value();
    this.table = table;
    this.followed = followed;
  }

  /** Of the rows. */
  public RowType type() {
    return FlinkSchemaUtil.convert(table.schema());
  }

  @Override
  public void open() throws Exception {
    super.open();
    serializer = InternalTypeInfo.of(type()).toSerializer();
    rows = 0;
  }

  @Override
  public void processElement(StreamRecord<byte[]> element) throws Exception {
    Closed.Part part = Closed.Part.of(element.getValue());
    RowDataFileScanTaskReader reader =
        new RowDataFileScanTaskReader(
            table.schema(),
            table.schema(),
            null,
            true,
            List.of(TableWatch.filter(table, followed, part.from(), part.to())));
    try (DataIterator<RowData> read =
        new DataIterator<>(reader, part.scan(), table.io(), table.encryption())) {
      while (read.hasNext()) {
        rows++;
        // The reader fills one row again and again.
        output.collect(new StreamRecord<>(serializer.copy(read.next())));
      }
    }
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
    super.prepareSnapshotPreBarrier(checkpoint);
    if (rows > 0) {
      LiveReport.Scanned report = new LiveReport.Scanned(DatasetId.of(dataset), rows);
      output.collect(REPORTS, new StreamRecord<>(report.toBytes()));
      rows = 0;
    }
  }
}
