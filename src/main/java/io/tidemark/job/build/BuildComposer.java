package io.tidemark.job.build;

import io.tidemark.job.catalog.JobTables;
import io.tidemark.job.catalog.RowBounds;
import io.tidemark.job.catalog.RowCounter;
import io.tidemark.job.catalog.SqlErrors;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.job.slice.SliceSink;
import io.tidemark.job.slice.Types;
import io.tidemark.job.transform.OutputQuery;
import io.tidemark.job.transform.TransformCode;
import io.tidemark.model.Analysis.Locality;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.ExceptionUtils;
import org.apache.iceberg.SerializableTable;
import org.apache.iceberg.Table;

/**
 * Puts the topology of a build job on an environment: pinned inputs as views, the transform, its
 * columns cast to the table's, its row checks as BOOLEAN columns, and the slice sink.
 */
public final class BuildComposer {
  private static final Pattern UNALIGNED =
      Pattern.compile("\\bSESSION\\s*\\(", Pattern.CASE_INSENSITIVE);

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
    JobTables.Planning planning = planning(spec.transform().logic());
    try (JobTables tables = JobTables.open(spec.catalog(), env, code, planning)) {
      for (int i = 0; i < spec.inputs().size(); i++) {
        tables.addInput(spec.inputs().get(i), i);
      }
      Table table = tables.load(spec.output().table());
      Types.requireFit(spec.output().table().toString(), table.schema(), spec.output().schema());
      InlineChecks checks = new InlineChecks(spec.checks());
      OutputQuery query =
          new OutputQuery(tables.tables(), table, spec.output(), checks.rowChecks());
      DataStream<RowData> rows = rows(spec, planning, query, tables, code);
      SliceSink sink =
          new SliceSink((Table) SerializableTable.copyOf(table), query.rows(), spec.output());
      SliceSink.Order order =
          planning == JobTables.Planning.BATCH
              ? sink.order(rows, inputOrder(spec))
              : SliceSink.Order.GROUPED;
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

  private static DataStream<RowData> rows(
      JobSpec.Build spec,
      JobTables.Planning planning,
      OutputQuery query,
      JobTables tables,
      ClassLoader code) {
    try {
      return query.of(new TransformCode(tables.tables(), code).apply(spec.transform()));
    } catch (RuntimeException e) {
      // The planner's rules wrap what is wrong with a query in exceptions of their own.
      boolean refused =
          ExceptionUtils.findThrowable(e, ValidationException.class).isPresent()
              || ExceptionUtils.findThrowable(e, TableException.class).isPresent();
      if (planning == JobTables.Planning.BATCH || !refused) {
        throw e;
      }
      throw TidemarkException.user(
          Problem.at(
              spec.transform().where(),
              "TM-JOB-005",
              "the query of '" + spec.output().name() + "' does not compile",
              SqlErrors.message(e),
              "a SESSION window needs an input whose event time is declared as TIMESTAMP(3) or"
                  + " TIMESTAMP_LTZ(3), and rows that nothing takes back once its sessions ended"),
          e);
    }
  }

  /** Flink's batch planner has no windows that are not aligned; a query that names one is known. */
  private static JobTables.Planning planning(Transform.Logic logic) {
    return logic instanceof Transform.Sql sql && UNALIGNED.matcher(sql.query()).find()
        ? JobTables.Planning.STREAMING
        : JobTables.Planning.BATCH;
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
