package io.tidemark.job.build;

import io.tidemark.job.catalog.JobTables;
import io.tidemark.job.catalog.RowBounds;
import io.tidemark.job.catalog.RowCounter;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.job.slice.SliceSink;
import io.tidemark.job.slice.Types;
import io.tidemark.job.transform.OutputQuery;
import io.tidemark.job.transform.TransformCode;
import io.tidemark.model.Analysis.Locality;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Transform;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.iceberg.SerializableTable;
import org.apache.iceberg.Table;

/**
 * Puts the topology of a build job on an environment: pinned inputs as views, the transform, its
 * columns cast to the table's, its row checks as BOOLEAN columns, and the slice sink.
 */
public final class BuildComposer {
  private BuildComposer() {}

  /**
   * Nothing runs.
   *
   * @param env used for this job alone; its parallelism is the job's
   * @throws TidemarkException USER if the transform does not compile, throws or does not fit the
   *     output; EXTERNAL if an input cannot be read as it was planned
   */
  public static void compose(JobSpec.Build spec, StreamExecutionEnvironment env) {
    ClassLoader code = TransformCode.loader(spec.transform().logic());
    if (spec.transform().logic() instanceof Transform.Sql) {
      // The planner's operators and the sink never keep a row; user code may.
      env.getConfig().enableObjectReuse();
    }
    try (JobTables tables = JobTables.open(spec.catalog(), env, code)) {
      for (int i = 0; i < spec.inputs().size(); i++) {
        tables.addInput(spec.inputs().get(i), i);
      }
      Table table = tables.load(spec.output().table());
      Types.requireFit(spec.output().table().toString(), table.schema(), spec.output().schema());
      InlineChecks checks = new InlineChecks(spec.checks());
      OutputQuery query =
          new OutputQuery(tables.tables(), table, spec.output(), checks.rowChecks());
      DataStream<RowData> rows =
          query.of(new TransformCode(tables.tables(), code).apply(spec.transform()));
      SliceSink sink =
          new SliceSink((Table) SerializableTable.copyOf(table), query.rows(), spec.output());
      SliceSink.Order order = sink.order(rows, inputOrder(spec));
      List<DataStream<byte[]>> counts = new ArrayList<>();
      DataStream<byte[]> written = sink.write(counted(rows, order, counts), order);
      counts.addAll(tables.scans().reports());
      boolean oneToOne = tables.scans().areWhole() && isOneToOne(spec);
      int inputs = spec.inputs().size();
      List<RowBounds> held =
          oneToOne ? tables.scans().heldAsWanted(inputs) : tables.scans().heldAsPushed(inputs);
      Conservation conservation = new Conservation(spec, held, oneToOne);
      SliceSink.commit(written, counts, new SliceCommitter(spec, conservation));
    }
  }

  /** Counts rows once more before they change tasks; where they do not, writers count the same. */
  private static DataStream<RowData> counted(
      DataStream<RowData> rows, SliceSink.Order order, List<DataStream<byte[]>> counts) {
    return order == SliceSink.Order.ANY
        ? RowCounter.behind(rows, "count rows made", SliceReport.MADE, counts::add)
        : rows;
  }

  private static boolean isOneToOne(JobSpec.Build spec) {
    return spec.transform().analysis().locality() == Locality.ONE_TO_ONE
        && spec.inputs().size() == 1;
  }

  /** The partition of the first input, if the transform keeps the order of its rows. */
  private static Optional<Grain> inputOrder(JobSpec.Build spec) {
    return spec.transform().analysis().locality().keepsOrder() && !spec.inputs().isEmpty()
        ? Optional.of(spec.inputs().get(0).layout().partition())
        : Optional.empty();
  }
}
