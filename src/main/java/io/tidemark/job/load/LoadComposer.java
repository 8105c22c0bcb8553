package io.tidemark.job.load;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.job.slice.Rows;
import io.tidemark.job.slice.SliceSink;
import io.tidemark.job.slice.Types;
import io.tidemark.job.value.TextValues;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.SerializableTable;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.flink.FlinkSchemaUtil;

/** Puts the topology of a load job on an environment: one task per file, then the slice sink. */
public final class LoadComposer {
  private LoadComposer() {}

  /**
   * Nothing runs.
   *
   * @param env used for this job alone
   * @throws TidemarkException USER if the table does not fit the declared schema; EXTERNAL if it is
   *     gone
   */
  public static void compose(JobSpec.Load spec, StreamExecutionEnvironment env) {
    env.setRuntimeMode(RuntimeExecutionMode.BATCH);
    Catalog catalog = IcebergCatalogs.loader(spec.catalog()).loadCatalog();
    try {
      JobSpec.Output output = spec.output();
      Table table = IcebergCatalogs.load(catalog, output.table());
      Types.requireFit(output.table().toString(), table.schema(), output.schema());
      Rows rows = new Rows(nullable(table), output.layout().eventTime(), 0);
      requireText(spec, rows.type());
      Table deadLetters = DeadLetters.ensure(catalog, spec.deadLetters());
      compose(spec, env, serializable(table), serializable(deadLetters), rows);
    } finally {
      IcebergCatalogs.close(catalog);
    }
  }

  private static void compose(
      JobSpec.Load spec,
      StreamExecutionEnvironment env,
      Table table,
      Table deadLetters,
      Rows rows) {
    List<Integer> files = IntStream.range(0, spec.files().size()).boxed().toList();
    SingleOutputStreamOperator<RowData> loaded =
        env.fromData(files, org.apache.flink.api.common.typeinfo.Types.INT)
            .setParallelism(1)
            .rebalance()
            .transform(
                "read files",
                InternalTypeInfo.of(rows.type()),
                new FileLoader(spec, table, deadLetters, rows));
    SliceSink sink = new SliceSink(table, rows, spec.output());
    SliceSink.Order order =
        table.spec().isUnpartitioned() ? SliceSink.Order.GROUPED : SliceSink.Order.ANY;
    DataStream<byte[]> reports = loaded.getSideOutput(FileLoader.REPORTS);
    SliceSink.commit(sink.writeAnything(loaded, order), List.of(reports), new LoadCommitter(spec));
  }

  private static Table serializable(Table table) {
    return (Table) SerializableTable.copyOf(table);
  }

  /** All nullable: missing values are told by name when they are read. */
  private static RowType nullable(Table table) {
    List<RowType.RowField> fields = new ArrayList<>();
    FlinkSchemaUtil.convert(table.schema())
        .getFields()
        .forEach(f -> fields.add(new RowType.RowField(f.getName(), f.getType().copy(true))));
    return new RowType(fields);
  }

  private static void requireText(JobSpec.Load spec, RowType type) {
    if (spec.format() != JobSpec.Load.Format.CSV) {
      return;
    }
    for (RowType.RowField field : type.getFields()) {
      if (!TextValues.canParse(field.getType())) {
        throw TidemarkException.user(
            Problem.of(
                "TM-JOB-030",
                "column '" + field.getName() + "' is " + field.getType().asSummaryString(),
                "CSV has no form for it",
                "load JSON lines or Parquet"));
      }
    }
  }
}
