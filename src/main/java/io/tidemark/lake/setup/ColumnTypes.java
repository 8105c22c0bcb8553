package io.tidemark.lake.setup;

import io.tidemark.lake.refs.Trouble;
import io.tidemark.model.Column;
import io.tidemark.model.Column.Nullability;
import io.tidemark.model.Problem;
import io.tidemark.model.Schema;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;

/** Column types as Flink SQL writes them, to and from Iceberg's. */
public final class ColumnTypes {
  private static final Pattern WITH_LOCAL_ZONE =
      Pattern.compile("TIMESTAMP\\((\\d)\\) WITH LOCAL TIME ZONE");

  private ColumnTypes() {}

  public static Schema read(org.apache.iceberg.Schema schema) {
    return new Schema(
        schema.columns().stream()
            .map(
                f ->
                    new Column(
                        f.name(),
                        text(f.type()),
                        f.isOptional() ? Nullability.NULLABLE : Nullability.REQUIRED))
            .toList());
  }

  /** A fresh Iceberg schema; field ids count from 1 in column order. */
  static org.apache.iceberg.Schema write(Schema schema) {
    List<Types.NestedField> fields = new ArrayList<>();
    int id = 1;
    for (Column column : schema.columns()) {
      fields.add(
          Types.NestedField.builder()
              .withId(id++)
              .withName(column.name())
              .isOptional(column.nullability() == Nullability.NULLABLE)
              .ofType(type(column))
              .build());
    }
    return TypeUtil.assignIncreasingFreshIds(new org.apache.iceberg.Schema(unique(fields)));
  }

  /**
   * @throws TidemarkException USER if the type is unknown or Iceberg cannot hold it
   */
  static Type type(Column column) {
    try {
      LogicalType parsed =
          LogicalTypeParser.parse(column.type(), ColumnTypes.class.getClassLoader());
      return FlinkSchemaUtil.convert(parsed);
    } catch (ValidationException | UnsupportedOperationException e) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LAKE-010",
              "column '" + column.name() + "' has the type " + column.type(),
              "Iceberg cannot hold it: " + Trouble.reason(e),
              "use a Flink SQL type such as STRING, BIGINT, DOUBLE, DECIMAL(10, 2), DATE or"
                  + " TIMESTAMP(6)"),
          e);
    }
  }

  /** Whether two types hold the same values, whatever their field ids. */
  static boolean same(Type one, Type other) {
    return FlinkSchemaUtil.convert(one).equals(FlinkSchemaUtil.convert(other));
  }

  /** In the short forms that people write: STRING, BYTES and TIMESTAMP_LTZ. */
  static String text(Type type) {
    String text = FlinkSchemaUtil.convert(type).copy(true).asSerializableString();
    return WITH_LOCAL_ZONE
        .matcher(
            text.replace("VARCHAR(2147483647)", "STRING").replace("VARBINARY(2147483647)", "BYTES"))
        .replaceAll("TIMESTAMP_LTZ($1)");
  }

  /** Nested types arrive with ids of their own that may meet those of the columns. */
  private static List<Types.NestedField> unique(List<Types.NestedField> fields) {
    int[] next = {fields.size()};
    List<Types.NestedField> result = new ArrayList<>();
    for (Types.NestedField field : fields) {
      Type type =
          field.type().isPrimitiveType()
              ? field.type()
              : TypeUtil.assignFreshIds(field.type(), () -> ++next[0]);
      result.add(Types.NestedField.from(field).ofType(type).build());
    }
    return result;
  }
}
