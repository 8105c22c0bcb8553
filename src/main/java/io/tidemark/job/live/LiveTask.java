package io.tidemark.job.live;

import io.tidemark.job.append.Changes;
import io.tidemark.job.catalog.Sql;
import io.tidemark.job.slice.Rows;
import io.tidemark.job.transform.OutputQuery;
import io.tidemark.job.transform.TransformCode;
import io.tidemark.model.DatasetId;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Transform;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.ExplainDetail;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.conversion.RowRowConverter;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.types.Row;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;

/**
 * One transform in streaming mode, in a table environment of its own: the names of its inputs mean
 * other streams than in other tasks.
 */
final class LiveTask {
  /** What a query names where it looks references up. */
  private static final String NOW = "tidemark_now";

  private static final String HIDDEN = "tidemark_time";

  private final LiveSpec.Task task;
  private final List<DataStream<RowData>> inputs = new ArrayList<>();
  private final ClassLoader code;
  private final StreamTableEnvironment tables;
  private final References references = new References();

  LiveTask(LiveSpec.Task task, StreamExecutionEnvironment env) {
    this.task = task;
    this.code = TransformCode.loader(task.transform().logic());
    this.tables =
        StreamTableEnvironment.create(
            env, EnvironmentSettings.newInstance().inStreamingMode().withClassLoader(code).build());
    tables.getConfig().setLocalTimeZone(ZoneOffset.UTC);
    tables
        .getConfig()
        .set("table.exec.resource.default-parallelism", Integer.toString(env.getParallelism()));
    new Uids(task.output().name()).set(tables.getConfig());
    tables.registerCatalog(References.NAME, references);
    tables.useCatalog(References.NAME);
  }

  void reference(JobSpec.Input input, JobSpec.CatalogSpec spec, Catalog catalog) {
    references.add(input, spec, catalog);
  }

  /** Makes a stream readable under a dataset's name. */
  void input(DatasetId name, SourceRows rows, DataStream<RowData> stream) {
    Schema.Builder schema = Schema.newBuilder();
    rows.type()
        .getFields()
        .forEach(
            f ->
                schema.column(
                    f.getName(),
                    rows.eventTime().filter(f.getName()::equals).isPresent()
                        ? TypeConversions.fromLogicalToDataType(f.getType()).notNull()
                        : TypeConversions.fromLogicalToDataType(f.getType())));
    boolean looksUp = task.query().map(query -> query.contains(NOW)).orElse(false);
    if (looksUp) {
      schema.columnByExpression(NOW, "PROCTIME()");
    }
    String time = rows.eventTime().orElseThrow();
    if (rows.isTimeAttribute()) {
      schema.watermark(time, "SOURCE_WATERMARK()");
    } else {
      // No time attribute for queries, but without one Flink would not pass watermarks on.
      schema.columnByExpression(HIDDEN, "CAST(" + Sql.name(time) + " AS TIMESTAMP(3))");
      schema.watermark(HIDDEN, "SOURCE_WATERMARK()");
    }
    String internal = Sql.name("tidemark input " + name);
    tables.createTemporaryView(internal, tables.fromDataStream(stream, schema.build()));
    // Through a query, so that Java code is given values of Flink's API and not of its runtime.
    List<String> columns = new ArrayList<>();
    rows.type().getFieldNames().forEach(c -> columns.add(Sql.name(c)));
    if (looksUp) {
      columns.add(NOW);
    }
    tables.createTemporaryView(
        Sql.name(name.value()),
        tables.sqlQuery("SELECT " + String.join(", ", columns) + " FROM " + internal));
    inputs.add(stream);
  }

  /**
   * What the transform makes.
   *
   * @param rows as the stream holds them
   */
  record Result(DataStream<RowData> stream, Rows rows, Changes changes) {}

  /**
   * Runs the transform's code; once, when all inputs are known.
   *
   * @param output the task's table
   */
  Result result(Table output) {
    OutputQuery query = new OutputQuery(tables, output, task.output(), List.of());
    org.apache.flink.table.api.Table made =
        query.cast(new TransformCode(tables, code).apply(live(task)));
    Changes changes = changes(made);
    DataStream<RowData> rows =
        changes == Changes.INSERT_ONLY ? query.stream(made) : changelog(made, query.rows());
    new Uids(task.output().name()).renumber(rows.getTransformation());
    return new Result(clocked(rows), query.rows(), changes);
  }

  private DataStream<RowData> clocked(DataStream<RowData> rows) {
    if (task.transform().logic() instanceof Transform.Sql) {
      return rows;
    }
    // Watermarks alone go on from there, and those of different inputs have no type in common.
    List<DataStream<byte[]>> marks = inputs.stream().map(i -> BarrierClock.marks(i)).toList();
    DataStream<byte[]> all = marks.get(0);
    for (DataStream<byte[]> more : marks.subList(1, marks.size())) {
      all = all.union(more);
    }
    return BarrierClock.of(rows, all, task.output().name());
  }

  private static Transform live(LiveSpec.Task task) {
    Transform t = task.transform();
    return task.query()
        .map(
            query ->
                new Transform(
                    t.output(),
                    new Transform.Sql(query),
                    t.inputs(),
                    t.window(),
                    t.label(),
                    t.analysis(),
                    t.where()))
        .orElse(t);
  }

  /** As the planner sees it: the root of the plan says what kinds of changes come out of it. */
  private static Changes changes(org.apache.flink.table.api.Table made) {
    String plan = made.explain(ExplainDetail.CHANGELOG_MODE);
    int at = plan.indexOf("changelogMode=[", plan.indexOf("== Optimized Physical Plan =="));
    return at < 0 || plan.startsWith("changelogMode=[I]", at)
        ? Changes.INSERT_ONLY
        : Changes.UPDATING;
  }

  private DataStream<RowData> changelog(org.apache.flink.table.api.Table made, Rows rows) {
    DataType type = TypeConversions.fromLogicalToDataType(rows.type());
    DataStream<Row> changes =
        tables.toChangelogStream(
            made,
            Schema.newBuilder().fromRowDataType(type).build(),
            ChangelogMode.newBuilder()
                .addContainedKind(org.apache.flink.types.RowKind.INSERT)
                .addContainedKind(org.apache.flink.types.RowKind.UPDATE_BEFORE)
                .addContainedKind(org.apache.flink.types.RowKind.UPDATE_AFTER)
                .addContainedKind(org.apache.flink.types.RowKind.DELETE)
                .build());
    String name = task.output().name().value();
    return changes
        .map(new Internal(type))
        .returns(InternalTypeInfo.of(rows.type()))
        .name("changes of " + name)
        .uid("changes/" + name);
  }

  /** Rows of Flink's API as rows of its runtime, with their kinds. */
  private static final class Internal
      extends org.apache.flink.api.common.functions.RichMapFunction<Row, RowData> {
    private static final long serialVersionUID = 1;

    private final RowRowConverter converter;

    Internal(DataType type) {
      this.converter = RowRowConverter.create(type);
    }

    @Override
    public void open(org.apache.flink.api.common.functions.OpenContext context) {
      converter.open(Internal.class.getClassLoader());
    }

    @Override
    public RowData map(Row row) {
      return converter.toInternal(row);
    }
  }
}
