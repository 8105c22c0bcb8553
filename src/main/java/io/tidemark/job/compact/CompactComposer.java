package io.tidemark.job.compact;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.job.slice.Rows;
import io.tidemark.job.slice.SliceSink;
import io.tidemark.job.slice.TimeFilter;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.util.List;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.SerializableTable;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.flink.source.IcebergSource;
import org.apache.iceberg.flink.source.assigner.SimpleSplitAssignerFactory;

/**
 * Puts the topology of a compaction on an environment: rows of the slices as main's snapshot holds
 * them, measured where they are read, brought together by partition so that each has one writer,
 * measured again where they are written.
 */
public final class CompactComposer {
  /** More ranges cost more to test per file than they keep from being read. */
  private static final int MOST_RANGES = 100;

  private CompactComposer() {}

  /**
   * Nothing runs.
   *
   * @param env used for this job alone; its parallelism is the job's
   * @throws TidemarkException EXTERNAL if the table or its snapshot is gone
   */
  public static void compose(JobSpec.Compact spec, StreamExecutionEnvironment env) {
    env.setRuntimeMode(RuntimeExecutionMode.BATCH);
    env.getConfig().enableObjectReuse();
    Catalog catalog = IcebergCatalogs.loader(spec.catalog()).loadCatalog();
    try {
      compose(spec, env, IcebergCatalogs.load(catalog, spec.output().table()));
    } finally {
      IcebergCatalogs.close(catalog);
    }
  }

  private static void compose(JobSpec.Compact spec, StreamExecutionEnvironment env, Table table) {
    JobSpec.Output output = spec.output();
    if (table.snapshot(spec.snapshot()) == null) {
      throw TidemarkException.external(
          Problem.of(
              "TM-JOB-044",
              "snapshot " + spec.snapshot() + " of " + table.name() + " has expired",
              "the slices to compact cannot be read as they were found",
              "repeat the command"),
          null);
    }
    // All columns, also those that the project does not know.
    RowType type = FlinkSchemaUtil.convert(table.schema());
    Rows rows = new Rows(type, output.layout().eventTime(), 0);
    IcebergSource<RowData> source =
        IcebergSource.forRowData()
            .tableLoader(IcebergCatalogs.tableLoader(spec.catalog(), output.table()))
            .table(table)
            .assignerFactory(new SimpleSplitAssignerFactory())
            .useSnapshotId(spec.snapshot())
            .project(FlinkSchemaUtil.toResolvedSchema(table.schema()))
            .filters(List.of(filter(table, output.layout(), output.slices().ranges())))
            .build();
    SingleOutputStreamOperator<RowData> read =
        env.fromSource(
                source, WatermarkStrategy.noWatermarks(), "read slices", InternalTypeInfo.of(type))
            .transform("measure rows read", InternalTypeInfo.of(type), new ReadMeter(rows, output));
    SliceSink sink = new SliceSink((Table) SerializableTable.copyOf(table), rows, output);
    DataStream<byte[]> written = sink.write(read, SliceSink.Order.ANY);
    SliceSink.commit(
        written, List.of(read.getSideOutput(ReadMeter.REPORTS)), new CompactCommitter(spec));
  }

  private static Expression filter(Table table, Layout layout, TimeRanges ranges) {
    if (layout.slice() == Grain.ALL || layout.eventTime().isEmpty()) {
      return Expressions.alwaysTrue();
    }
    TimeRanges read = ranges;
    if (read.ranges().size() > MOST_RANGES) {
      List<TimeRange> all = ranges.ranges();
      read = TimeRanges.of(new TimeRange(all.get(0).from(), all.get(all.size() - 1).to()));
    }
    return TimeFilter.of(table.schema(), layout.eventTime().get(), read);
  }
}
