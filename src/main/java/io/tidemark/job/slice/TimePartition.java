package io.tidemark.job.slice;

import io.tidemark.model.Grain;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.PartitionField;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/**
 * How a partition spec cuts event time.
 *
 * @param position of the partition field in the partition tuple
 */
public record TimePartition(Grain grain, int position) {

  /** By what alone a table's files are cut; empty if that is not the rows' event time. */
  static Optional<TimePartition> only(Table table, Rows rows) {
    return rows.eventTime()
        .filter(column -> table.spec().fields().size() == 1)
        .flatMap(column -> of(table.spec(), table.schema(), column));
  }

  /** Empty if the spec does not cut the column into units of time. */
  public static Optional<TimePartition> of(PartitionSpec spec, Schema schema, String column) {
    Types.NestedField source = schema.findField(column);
    if (source == null) {
      return Optional.empty();
    }
    List<PartitionField> fields = spec.fields();
    for (int i = 0; i < fields.size(); i++) {
      if (fields.get(i).sourceId() == source.fieldId()) {
        Optional<Grain> grain = grain(fields.get(i).transform().toString(), source.type());
        if (grain.isPresent()) {
          return Optional.of(new TimePartition(grain.get(), i));
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Grain> grain(String transform, Type type) {
    return switch (transform) {
      case "hour" -> Optional.of(Grain.HOUR);
      case "day" -> Optional.of(Grain.DAY);
      case "month" -> Optional.of(Grain.MONTH);
      case "year" -> Optional.of(Grain.YEAR);
      case "identity" ->
          type.typeId() == Type.TypeID.DATE ? Optional.of(Grain.DAY) : Optional.empty();
      default -> Optional.empty();
    };
  }
}
