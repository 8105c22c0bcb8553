package io.tidemark.job.live;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.job.follow.Closed;
import io.tidemark.job.follow.FollowSource;
import io.tidemark.job.follow.FollowedTable;
import io.tidemark.job.follow.SliceScan;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveSpec;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.iceberg.Table;

/** A followed table as the streams that the rest of the job takes. */
record TableSource(
    DataStream<RowData> rows, DataStream<byte[]> reports, DataStream<long[]> pulses) {

  /**
   * @param table serializable
   * @param stream position among the job's streams
   */
  static TableSource of(
      StreamExecutionEnvironment env,
      LiveSpec spec,
      LiveSpec.Source source,
      Table table,
      SourceRows typed,
      int stream) {
    Dataset dataset = source.dataset();
    DatasetId id = dataset.id();
    FollowedTable followed =
        new FollowedTable(
            dataset.table().toString(),
            dataset.layout().eventTime().orElseThrow(),
            dataset.layout().slice(),
            source.snapshot(),
            source.nextSlice().orElse(Closed.NONE));
    SingleOutputStreamOperator<byte[]> dealt =
        env.fromSource(
                new FollowSource(
                    IcebergCatalogs.tableLoader(spec.catalog(), dataset.table()),
                    followed,
                    spec.streaming().checkpointEvery()),
                WatermarkStrategy.noWatermarks(),
                "follow " + id)
            .uid("follow/" + id)
            .setParallelism(1)
            .setMaxParallelism(1)
            .transform(
                "deal " + id,
                SliceReport.TYPE,
                new FollowDealer(id, followed.grain(), followed.next(), stream))
            .uid("deal/" + id)
            .setParallelism(1)
            .setMaxParallelism(1);
    SliceScan scan = new SliceScan(id, table, followed);
    SingleOutputStreamOperator<RowData> rows =
        dealt
            .rebalance()
            .transform("scan " + id, InternalTypeInfo.of(scan.type()), scan)
            .uid("scan/" + id);
    return new TableSource(
        Retype.of(rows, scan.type(), typed, id),
        dealt.getSideOutput(FollowDealer.REPORTS).union(rows.getSideOutput(SliceScan.REPORTS)),
        dealt.getSideOutput(FollowDealer.PULSES));
  }
}
