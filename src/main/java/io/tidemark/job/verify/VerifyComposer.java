package io.tidemark.job.verify;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.model.ExpectedChange.Allowed;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.util.OutputTag;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;

/**
 * Puts the topology of a verify job on an environment: both sides of the slices are read, brought
 * together by key and compared; the checks read the candidate in the same scan; one task adds
 * everything up and writes the document.
 *
 * <pre>
 *   read main ------+
 *                   +-- by key -- DiffOperator --+--------------------- VerifyCollector
 *   read candidate -+                            +-- SQL predicates --+
 *                   +-- checks as SQL ---------------------------------+
 * </pre>
 */
public final class VerifyComposer {
  private final JobSpec.Verify spec;
  private final StreamExecutionEnvironment env;
  private final StreamTableEnvironment tables;
  private final Catalog catalog;
  private final DiffVerdict rules;

  private VerifyComposer(JobSpec.Verify spec, StreamExecutionEnvironment env, Catalog catalog) {
    this.spec = spec;
    this.env = env;
    this.catalog = catalog;
    this.tables =
        StreamTableEnvironment.create(env, EnvironmentSettings.newInstance().inBatchMode().build());
    this.tables.getConfig().setLocalTimeZone(ZoneOffset.UTC);
    this.rules =
        spec.base().isEmpty() ? DiffVerdict.ofFirstBuild() : DiffVerdict.of(spec.expected());
  }

  /**
   * Nothing runs.
   *
   * @param env used for this job alone
   * @throws TidemarkException USER if a predicate does not compile; EXTERNAL if a table or snapshot
   *     is gone
   */
  public static void compose(JobSpec.Verify spec, StreamExecutionEnvironment env) {
    env.setRuntimeMode(RuntimeExecutionMode.BATCH);
    env.getConfig().enableObjectReuse();
    Catalog catalog = IcebergCatalogs.loader(spec.catalog()).loadCatalog();
    try {
      Table table = IcebergCatalogs.load(catalog, spec.output().table());
      if (VerifyDocument.find(table.io(), spec.resultPath(), spec.key()).isPresent()) {
        env.fromData("done").sinkTo(new DiscardingSink<>());
      } else {
        new VerifyComposer(spec, env, catalog).compose(table);
      }
    } finally {
      IcebergCatalogs.close(catalog);
    }
  }

  private void compose(Table table) {
    JobSpec.Output output = spec.output();
    SliceRows rows =
        new SliceRows(
            table,
            IcebergCatalogs.tableLoader(spec.catalog(), output.table()),
            output.schema(),
            output.layout(),
            output.slices());
    DiffColumns columns = new DiffColumns(rows.row(), output.key());
    requireNumbers(columns);
    List<DataStream<String>> parts = new ArrayList<>();
    Optional<VerifyPart> known = known(table, rows, columns);
    if (known.isPresent()) {
      parts.add(env.fromData(known.get().toText()));
    }
    if (known.isEmpty() || !spec.checks().isEmpty()) {
      DataStream<RowData> candidate =
          rows.read(env, spec.candidate(), SliceRows.CANDIDATE, columns);
      if (known.isEmpty()) {
        diff(rows, columns, candidate, parts);
      }
      if (!spec.checks().isEmpty()) {
        parts.addAll(new VerifyChecks(spec, catalog, env, tables, candidate, columns).compose());
      }
    }
    parts.stream()
        .reduce(DataStream::union)
        .orElseThrow()
        .transform(
            "collect", Types.STRING, new VerifyCollector(spec, columns, rules, known.isEmpty()))
        .setParallelism(1)
        .setMaxParallelism(1)
        .sinkTo(new DiscardingSink<>())
        .name("end")
        .setParallelism(1);
  }

  /** The diff as far as metadata tells it: of no slices, or of a main that held nothing. */
  private Optional<VerifyPart> known(Table table, SliceRows rows, DiffColumns columns) {
    JobSpec.Output output = spec.output();
    if (output.slices().isEmpty()) {
      return Optional.of(new DiffTally(columns, rules, 0).toPart());
    } else if (spec.base().isPresent()) {
      return Optional.empty();
    }
    Optional<Map<Long, Long>> counts =
        VerifyCounts.perSlice(
            table, spec.candidate(), output.layout(), output.slices(), rows.filter());
    return counts.map(c -> DiffTally.ofAdded(columns, rules, c).toPart());
  }

  private void diff(
      SliceRows rows,
      DiffColumns columns,
      DataStream<RowData> candidate,
      List<DataStream<String>> parts) {
    DataStream<RowData> both =
        spec.base()
            .<DataStream<RowData>>map(
                base -> candidate.union(rows.read(env, base, SliceRows.BASE, columns)))
            .orElse(candidate);
    boolean undecided = spec.base().isPresent() && DiffPredicates.areNeeded(spec.expected());
    OutputTag<RowData> tag =
        undecided ? new OutputTag<>("undecided", DiffPredicates.typeInfo(columns)) : null;
    SingleOutputStreamOperator<String> compared =
        both.keyBy(row -> row.getLong(SliceRows.KEY_HASH), Types.LONG)
            .transform(
                "compare by key",
                Types.STRING,
                new DiffOperator(columns, rules, spec.samples(), tag));
    parts.add(compared);
    if (undecided) {
      Allowed allowed = spec.expected().orElseThrow();
      parts.add(
          DiffPredicates.judge(
              tables, compared.getSideOutput(tag), allowed, columns, rules, spec.samples()));
    }
  }

  private void requireNumbers(DiffColumns columns) {
    for (String total : rules.totals()) {
      int at = columns.indexOf(total);
      if (at < 0 || !columns.type(at).is(LogicalTypeFamily.NUMERIC)) {
        throw TidemarkException.user(
            Problem.of(
                "TM-VERIFY-004",
                "the total of '" + total + "' in the expected change cannot be made",
                "it is no numeric column of " + spec.output().name(),
                "name a numeric column"));
      }
    }
  }
}
