package io.tidemark.job.transform;

import io.tidemark.job.catalog.Sql;
import io.tidemark.job.catalog.SqlErrors;
import io.tidemark.job.slice.Rows;
import io.tidemark.model.Expectation;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.SqlParserException;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeCasts;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.iceberg.Table;
import org.apache.iceberg.flink.FlinkSchemaUtil;

/**
 * Turns what a transform returns into the rows that the slice sink takes: the table's columns by
 * name and in order, cast to its types, missing ones null, then one BOOLEAN per row check.
 */
public final class OutputQuery {
  private static final String RESULT = "tidemark result";
  private static final String CAST = "tidemark cast";

  private final StreamTableEnvironment tables;
  private final JobSpec.Output output;
  private final List<RowCheck> checks;
  private final RowType type;

  /**
   * An expectation about single rows.
   *
   * @param predicate SQL that is TRUE for a row that keeps it, never NULL
   */
  public record RowCheck(Expectation expectation, String predicate) {}

  /**
   * @param table the output's
   * @param checks get a BOOLEAN column each
   */
  public OutputQuery(
      StreamTableEnvironment tables, Table table, JobSpec.Output output, List<RowCheck> checks) {
    this.tables = tables;
    this.output = output;
    this.checks = List.copyOf(checks);
    List<RowType.RowField> fields = new ArrayList<>();
    // All nullable: the sink tells a missing required value with its column's name.
    FlinkSchemaUtil.convert(table.schema())
        .getFields()
        .forEach(f -> fields.add(new RowType.RowField(f.getName(), f.getType().copy(true))));
    for (int i = 0; i < checks.size(); i++) {
      fields.add(new RowType.RowField("tidemark check " + i, new BooleanType()));
    }
    this.type = new RowType(fields);
  }

  /** What {@link #of} returns. */
  public Rows rows() {
    return new Rows(type, output.layout().eventTime(), checks.size());
  }

  /**
   * @throws TidemarkException USER if a column is missing or of another type, or a check does not
   *     compile
   */
  public DataStream<RowData> of(org.apache.flink.table.api.Table result) {
    return stream(cast(result));
  }

  /**
   * The rows of what {@link #cast} returned.
   *
   * @throws TableException if they may change
   */
  public DataStream<RowData> stream(org.apache.flink.table.api.Table cast) {
    DataType rows = TypeConversions.fromLogicalToDataType(type).bridgedTo(RowData.class);
    DataStream<RowData> stream = tables.toDataStream(cast, rows);
    // The rows are internal already, and Flink's own serializer for them is the fast one.
    stream.getTransformation().setOutputType(InternalTypeInfo.of(type));
    return stream;
  }

  /**
   * The result with exactly the columns of {@link #rows}. Once per query.
   *
   * @throws TidemarkException as {@link #of}
   */
  public org.apache.flink.table.api.Table cast(org.apache.flink.table.api.Table result) {
    tables.createTemporaryView(Sql.name(RESULT), result);
    castColumns(result.getResolvedSchema());
    List<String> select = new ArrayList<>(List.of("*"));
    for (int i = 0; i < checks.size(); i++) {
      requireCompiles(checks.get(i));
      select.add("(" + checks.get(i).predicate() + ") AS " + Sql.name("tidemark check " + i));
    }
    String sql = "SELECT " + String.join(", ", select) + " FROM " + Sql.name(CAST);
    return tables.sqlQuery(sql);
  }

  private void castColumns(ResolvedSchema result) {
    Map<String, LogicalType> made = new TreeMap<>();
    result.getColumns().stream()
        .filter(Column::isPersisted)
        .forEach(c -> made.put(c.getName(), c.getDataType().getLogicalType()));
    List<Problem> problems = new ArrayList<>();
    List<String> select = new ArrayList<>();
    for (RowType.RowField field :
        type.getFields().subList(0, type.getFieldCount() - checks.size())) {
      String name = Sql.name(field.getName());
      String target = field.getType().asSerializableString();
      if (output.schema().find(field.getName()).isEmpty()) {
        select.add("CAST(NULL AS " + target + ") AS " + name);
      } else if (!made.containsKey(field.getName())) {
        problems.add(missing(field.getName(), made));
      } else {
        LogicalType from = made.get(field.getName());
        if (!LogicalTypeCasts.supportsImplicitCast(from.copy(true), field.getType())) {
          problems.add(mistyped(field, from));
        }
        select.add(
            from.copy(true).equals(field.getType())
                ? name
                : "CAST(" + name + " AS " + target + ") AS " + name);
      }
    }
    if (!problems.isEmpty()) {
      throw TidemarkException.user(problems);
    }
    String sql = "SELECT " + String.join(", ", select) + " FROM " + Sql.name(RESULT);
    tables.createTemporaryView(Sql.name(CAST), tables.sqlQuery(sql));
  }

  private Problem missing(String column, Map<String, LogicalType> made) {
    return Problem.of(
        "TM-JOB-015",
        "the transform of '" + output.name() + "' makes no column '" + column + "'",
        "the dataset's schema has it; the transform makes " + String.join(", ", made.keySet()),
        "add it to the transform, or take it out of the schema");
  }

  private Problem mistyped(RowType.RowField field, LogicalType from) {
    return Problem.of(
        "TM-JOB-016",
        "the transform of '"
            + output.name()
            + "' makes column '"
            + field.getName()
            + "' as "
            + from.asSummaryString(),
        "the table holds " + field.getType().asSummaryString() + " and values could be lost",
        "CAST it in the transform, or change the schema");
  }

  private void requireCompiles(RowCheck check) {
    try {
      tables
          .sqlQuery("SELECT (" + check.predicate() + ") FROM " + Sql.name(CAST))
          .getResolvedSchema();
    } catch (SqlParserException | ValidationException | TableException e) {
      throw TidemarkException.user(
          Problem.of(
              "TM-JOB-017",
              "expectation '"
                  + check.expectation().name()
                  + "' of '"
                  + output.name()
                  + "' does not compile",
              SqlErrors.message(e),
              "correct it in pipeline.yaml"));
    }
  }
}
