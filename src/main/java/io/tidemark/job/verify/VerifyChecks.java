package io.tidemark.job.verify;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.job.catalog.Sql;
import io.tidemark.job.catalog.SqlErrors;
import io.tidemark.model.Expectation;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.Problem;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.Row;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.flink.FlinkSchemaUtil;

/**
 * Puts the checks that need a pass of their own on a job as Flink SQL. Each tells numbers, {@code
 * <expectation>/<what>} per slice, that {@link VerifyOutcomes} decides by.
 */
final class VerifyChecks {
  static final String OUTPUT = "out";
  static final String INPUT = "in";
  static final String BROKEN = "broken";

  private static final String CANDIDATE = "tidemark_candidate";

  private final JobSpec.Verify spec;
  private final Catalog catalog;
  private final StreamExecutionEnvironment env;
  private final StreamTableEnvironment tables;
  private final DataStream<RowData> candidate;
  private final DiffColumns columns;
  private final List<DataStream<String>> parts = new ArrayList<>();

  /**
   * @param candidate the rows under test, as {@link SliceRows} gives them
   */
  VerifyChecks(
      JobSpec.Verify spec,
      Catalog catalog,
      StreamExecutionEnvironment env,
      StreamTableEnvironment tables,
      DataStream<RowData> candidate,
      DiffColumns columns) {
    this.spec = spec;
    this.catalog = catalog;
    this.env = env;
    this.tables = tables;
    this.candidate = candidate;
    this.columns = columns;
  }

  /** The streams of {@link VerifyPart} texts that the checks make. */
  List<DataStream<String>> compose() {
    tables.createTemporaryView(CANDIDATE, tables.fromDataStream(candidate));
    for (Expectation check : spec.checks()) {
      if (check.rule() instanceof Expectation.Unique unique) {
        unique(check, unique);
      } else if (check.rule() instanceof Expectation.References references) {
        references(check, references);
      } else if (check.rule() instanceof Expectation.RowCount count
          && count.basis() == Expectation.RowCount.Basis.INPUT) {
        rowCount(check);
      } else if (check.rule() instanceof Expectation.Conserve conserve) {
        conserve(check, conserve);
      } else if (check.rule() instanceof Expectation.Golden) {
        parts.add(
            candidate.transform(
                "golden " + check.name(),
                Types.STRING,
                GoldenCheck.of(check, columns, spec.output())));
      } else {
        throw new IllegalArgumentException(
            "[BUG] expectation '" + check.name() + "' is evaluated where rows are written");
      }
    }
    return parts;
  }

  private void unique(Expectation check, Expectation.Unique unique) {
    String keys = String.join(", ", unique.columns().stream().map(Sql::name).toList());
    tell(
        check,
        BROKEN,
        "SELECT tidemark_slice, CAST(COUNT(*) AS STRING) FROM (SELECT tidemark_slice FROM "
            + CANDIDATE
            + " GROUP BY tidemark_slice, "
            + keys
            + " HAVING COUNT(*) > 1) GROUP BY tidemark_slice");
  }

  private void references(Expectation check, Expectation.References references) {
    JobSpec.Input input = input(check, Optional.of(references.dataset().value()));
    String referenced =
        view(input, List.of(references.referenced()), Layout.unsliced(), ALL_SLICES);
    String column = Sql.name(references.column());
    tell(
        check,
        BROKEN,
        "SELECT tidemark_slice, CAST(COUNT(*) AS STRING) FROM "
            + CANDIDATE
            + " AS c WHERE c."
            + column
            + " IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "
            + referenced
            + " AS r WHERE r."
            + Sql.name(references.referenced())
            + " = c."
            + column
            + ") GROUP BY tidemark_slice");
  }

  private void rowCount(Expectation check) {
    JobSpec.Input input = input(check, Optional.empty());
    Layout layout = sliced(input);
    String count =
        "SELECT tidemark_slice, CAST(COUNT(*) AS STRING) FROM %s GROUP BY tidemark_slice";
    tell(check, OUTPUT, String.format(count, CANDIDATE));
    String view = view(input, layout.eventTime().stream().toList(), layout, slices(layout));
    tell(check, INPUT, String.format(count, view));
  }

  private void conserve(Expectation check, Expectation.Conserve conserve) {
    JobSpec.Input input = input(check, Optional.of(conserve.dataset().value()));
    Layout layout = sliced(input);
    // Any column that the text may speak of; one too many costs a little, one too few is an error.
    List<String> read = new ArrayList<>(layout.eventTime().stream().toList());
    FlinkSchemaUtil.convert(table(input).schema()).getFieldNames().stream()
        .filter(c -> conserve.input().contains(c) && !read.contains(c))
        .forEach(read::add);
    String total = "SELECT CAST(0 AS BIGINT), CAST((%s\n) AS STRING) FROM %s";
    tell(check, OUTPUT, String.format(total, conserve.output(), CANDIDATE));
    String view = view(input, read, layout, slices(layout));
    tell(check, INPUT, String.format(total, conserve.input(), view));
  }

  private static final SliceSet ALL_SLICES = SliceSet.range(io.tidemark.model.Grain.ALL, 0, 1);

  /** The input's rows by the output's slices; all of them where the input has no event time. */
  private Layout sliced(JobSpec.Input input) {
    return input.layout().eventTime().isPresent() && spec.output().layout().eventTime().isPresent()
        ? new Layout(
            input.layout().eventTime(), input.layout().partition(), spec.output().layout().slice())
        : Layout.unsliced();
  }

  private SliceSet slices(Layout layout) {
    return layout.eventTime().isPresent() ? spec.output().slices() : ALL_SLICES;
  }

  private JobSpec.Input input(Expectation check, Optional<String> dataset) {
    return spec.inputs().stream()
        .filter(i -> dataset.isEmpty() || i.name().value().equals(dataset.get()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "[BUG] no input for expectation '" + check.name() + "'"));
  }

  private Table table(JobSpec.Input input) {
    return IcebergCatalogs.load(catalog, input.table());
  }

  private String view(JobSpec.Input input, List<String> read, Layout layout, SliceSet slices) {
    Table table = table(input);
    List<String> wanted = read.isEmpty() ? List.of(table.schema().columns().get(0).name()) : read;
    Schema schema =
        new Schema(
            wanted.stream().map(c -> io.tidemark.model.Column.nullable(c, "unused")).toList());
    SliceRows rows =
        new SliceRows(
            table,
            IcebergCatalogs.tableLoader(spec.catalog(), input.table()),
            schema,
            layout,
            slices);
    String view = "tidemark_input_" + parts.size();
    DiffColumns inputColumns = new DiffColumns(rows.row(), List.of(wanted.get(0)));
    tables.createTemporaryView(
        view,
        tables.fromDataStream(rows.read(env, input.snapshot(), SliceRows.CANDIDATE, inputColumns)));
    return view;
  }

  private void tell(Expectation check, String what, String sql) {
    String source = check.name() + "/" + what;
    try {
      parts.add(
          tables
              .toDataStream(tables.sqlQuery(sql))
              .map(row -> text(source, row))
              .returns(Types.STRING)
              .name(source));
    } catch (org.apache.flink.table.api.TableException
        | org.apache.flink.table.api.ValidationException
        | org.apache.flink.table.api.SqlParserException e) {
      throw TidemarkException.user(
          Problem.of(
              "TM-VERIFY-003",
              "expectation '" + check.name() + "' cannot be evaluated",
              SqlErrors.message(e),
              "mend its SQL or its columns in pipeline.yaml"));
    }
  }

  private static String text(String source, Row row) {
    Object value = row.getField(1);
    return new VerifyPart.Tallied(
            source, ((Number) row.getField(0)).longValue(), value == null ? "" : value.toString())
        .toText();
  }
}
