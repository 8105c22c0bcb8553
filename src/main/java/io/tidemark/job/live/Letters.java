package io.tidemark.job.live;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.job.slice.Rows;
import io.tidemark.model.TableRef;
import io.tidemark.model.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.types.Types.NestedField;

/** The tables beside the datasets' own: records that are no rows, and rows that came too late. */
enum Letters {
  /** Where the record is, why it is no row, and its bytes. */
  DEAD(
      NestedField.required(5, "reason", Types.StringType.get()),
      NestedField.optional(6, "raw", Types.BinaryType.get())),
  /**
   * Where the record is, which is also where the source's table has its row, of which source it is,
   * its event time, and up to when rows were no longer taken.
   */
  LATE(
      NestedField.required(5, "source", Types.StringType.get()),
      NestedField.required(6, "event_time", Types.TimestampType.withZone()),
      NestedField.required(7, "closed_until", Types.TimestampType.withZone()));

  /** Up to how many bytes of a record are kept. */
  static final int RAW_BYTES = 64 << 10;

  private final Schema schema;

  Letters(NestedField... own) {
    List<NestedField> fields =
        new ArrayList<>(
            List.of(
                NestedField.required(1, Topic.TOPIC_COLUMN, Types.StringType.get()),
                NestedField.required(2, Topic.PARTITION_COLUMN, Types.IntegerType.get()),
                NestedField.required(3, Topic.OFFSET_COLUMN, Types.LongType.get()),
                NestedField.optional(4, Topic.TIME_COLUMN, Types.TimestampType.withZone())));
    fields.addAll(List.of(own));
    this.schema = new Schema(fields);
  }

  RowType type() {
    return FlinkSchemaUtil.convert(schema);
  }

  Rows rows() {
    return new Rows(type(), Optional.empty(), 0);
  }

  /** Creates the table if it is missing. */
  Table ensure(Catalog catalog, TableRef ref) {
    try {
      if (!catalog.tableExists(IcebergCatalogs.identifier(ref))) {
        if (catalog instanceof SupportsNamespaces namespaces
            && !namespaces.namespaceExists(IcebergCatalogs.namespace(ref))) {
          namespaces.createNamespace(IcebergCatalogs.namespace(ref));
        }
        return catalog.createTable(
            IcebergCatalogs.identifier(ref),
            schema,
            PartitionSpec.unpartitioned(),
            Map.of("format-version", "2"));
      }
    } catch (AlreadyExistsException e) {
      // Another job made it at the same time.
    }
    return IcebergCatalogs.load(catalog, ref);
  }
}
