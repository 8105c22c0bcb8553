package io.tidemark.job.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.streaming.api.datastream.DataStream;
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
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.flink.FlinkFilters;
import org.apache.iceberg.flink.source.IcebergTableSource;

/** Iceberg's table source with a counter behind it; what the planner pushes down goes through. */
final class CountedSource
    implements ScanTableSource,
        SupportsProjectionPushDown,
        SupportsFilterPushDown,
        SupportsLimitPushDown {
  private final IcebergTableSource iceberg;
  private final CountedScans.Input input;
  private Pushed pushed;

  CountedSource(IcebergTableSource iceberg, CountedScans.Input input) {
    this(iceberg, input, new Pushed(Expressions.alwaysTrue(), true, false));
  }

  private CountedSource(IcebergTableSource iceberg, CountedScans.Input input, Pushed pushed) {
    this.iceberg = iceberg;
    this.input = input;
    this.pushed = pushed;
  }

  /**
   * What the planner has the scan do.
   *
   * @param filter what rows must be like to be delivered
   * @param whole whether this is every filter that there is
   * @param limited whether the scan may stop early
   */
  record Pushed(Expression filter, boolean whole, boolean limited) {}

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
        return input.count(scan.produceDataStream(provider, env), pushed);
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
    return new CountedSource((IcebergTableSource) iceberg.copy(), input, pushed);
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
    List<Optional<Expression>> converted = filters.stream().map(FlinkFilters::convert).toList();
    Set<Expression> worth =
        input.held().worthPushing(converted.stream().flatMap(Optional::stream).toList());
    List<ResolvedExpression> down = new ArrayList<>();
    Expression all = Expressions.alwaysTrue();
    for (int i = 0; i < filters.size(); i++) {
      Optional<Expression> expression = converted.get(i).filter(worth::contains);
      if (expression.isPresent()) {
        down.add(filters.get(i));
        all = Expressions.and(all, expression.get());
      }
    }
    pushed = new Pushed(all, down.size() == filters.size(), pushed.limited());
    iceberg.applyFilters(down);
    return Result.of(down, filters);
  }

  @Override
  public void applyLimit(long limit) {
    pushed = new Pushed(pushed.filter(), pushed.whole(), true);
    iceberg.applyLimit(limit);
  }
}
