package io.tidemark.job.slice;

import io.tidemark.model.Column;
import io.tidemark.model.Problem;
import io.tidemark.model.Schema;
import io.tidemark.model.TidemarkException;
import java.util.Optional;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.types.Types.NestedField;

/** Column types between the graph's schemas, Flink and Iceberg. */
public final class Types {
  private Types() {}

  /** A Flink SQL data type. */
  static LogicalType parse(String type) {
    try {
      return LogicalTypeParser.parse(type, Types.class.getClassLoader());
    } catch (ValidationException e) {
      throw TidemarkException.user(
          Problem.of("TM-JOB-013", "type '" + type + "' is unknown", e.getMessage(), "correct it"));
    }
  }

  /** The type of a table's column by name. */
  public static LogicalType of(org.apache.iceberg.Schema schema, String column) {
    RowType row = FlinkSchemaUtil.convert(schema);
    return row.getTypeAt(row.getFieldIndex(column));
  }

  /**
   * The declared type where it is a time of fewer digits than the table's; empty where both are the
   * same. Nullable, since no CAST says otherwise.
   */
  public static Optional<LogicalType> narrowed(LogicalType held, String declared) {
    LogicalType type = parse(declared);
    boolean time =
        type.is(LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE)
            || type.is(LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE);
    return time
            && type.is(held.getTypeRoot())
            && LogicalTypeChecks.getPrecision(type) < LogicalTypeChecks.getPrecision(held)
        ? Optional.of(type.copy(true))
        : Optional.empty();
  }

  /**
   * @throws TidemarkException USER if the table lacks a column of the schema, or has a required one
   *     that the schema has not
   */
  public static void requireFit(String table, org.apache.iceberg.Schema held, Schema schema) {
    for (Column column : schema.columns()) {
      if (held.findField(column.name()) == null) {
        throw unfit(table + " has no column '" + column.name() + "'");
      }
    }
    for (NestedField field : held.columns()) {
      if (field.isRequired() && schema.find(field.name()).isEmpty()) {
        throw unfit(table + " requires column '" + field.name() + "', which is not declared");
      }
    }
  }

  private static TidemarkException unfit(String what) {
    return TidemarkException.user(
        Problem.of(
            "TM-JOB-014",
            what,
            "rows of the declared schema cannot be stored in it",
            "let the schema in pipeline.yaml and the table agree"));
  }
}
