package io.tidemark.job.catalog;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsFilterPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsLimitPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsProjectionPushDown;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.types.DataType;
import org.apache.iceberg.flink.source.IcebergTableSource;

/** Iceberg's table source with a counter behind it; what the planner pushes down goes through. */
final class CountedSource
    implements ScanTableSource,
        SupportsProjectionPushDown,
        SupportsFilterPushDown,
        SupportsLimitPushDown {
  private final IcebergTableSource iceberg;
  private final int input;
  private final Consumer<DataStream<byte[]>> reports;

  CountedSource(IcebergTableSource iceberg, int input, Consumer<DataStream<byte[]>> reports) {
    this.iceberg = iceberg;
    this.input = input;
    this.reports = reports;
  }

  @Override
  public ChangelogMode getChangelogMode() {
    return iceberg.getChangelogMode();
  }

  @Override
  public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
    DataStreamScanProvider scan = (DataStreamScanProvider) iceberg.getScanRuntimeProvider(context);
    return new DataStreamScanProvider() {
      @Override
      public DataStream<RowData> produceDataStream(
          ProviderContext provider, StreamExecutionEnvironment env) {
        DataStream<RowData> rows = scan.produceDataStream(provider, env);
        SingleOutputStreamOperator<RowData> counted =
            rows.transform("count rows read", rows.getType(), new RowCounter(input));
        counted.getTransformation().setParallelism(rows.getParallelism(), false);
        reports.accept(counted.getSideOutput(RowCounter.REPORTS));
        return counted;
      }

      @Override
      public boolean isBounded() {
        return scan.isBounded();
      }

      @Override
      public Optional<Integer> getParallelism() {
        return scan.getParallelism();
      }
    };
  }

  @Override
  public DynamicTableSource copy() {
    return new CountedSource((IcebergTableSource) iceberg.copy(), input, reports);
  }

  @Override
  public String asSummaryString() {
    return iceberg.asSummaryString();
  }

  @Override
  public boolean supportsNestedProjection() {
    return iceberg.supportsNestedProjection();
  }

  @Override
  public void applyProjection(int[][] fields, DataType type) {
    iceberg.applyProjection(fields, type);
  }

  @Override
  public Result applyFilters(List<ResolvedExpression> filters) {
    return iceberg.applyFilters(filters);
  }

  @Override
  public void applyLimit(long limit) {
    iceberg.applyLimit(limit);
  }
}
