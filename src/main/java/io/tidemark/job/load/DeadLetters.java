package io.tidemark.job.load;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.job.slice.Rows;
import io.tidemark.model.TableRef;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.types.Types;

/**
 * The table of records that could not be loaded: by which load, from which file and line, why, and
 * the record as far as it is text.
 */
final class DeadLetters {
  private static final Schema SCHEMA =
      new Schema(
          Types.NestedField.required(1, "load_key", Types.StringType.get()),
          Types.NestedField.required(2, "file", Types.StringType.get()),
          Types.NestedField.required(3, "line", Types.LongType.get()),
          Types.NestedField.required(4, "reason", Types.StringType.get()),
          Types.NestedField.required(5, "rows", Types.LongType.get()),
          Types.NestedField.optional(6, "raw", Types.StringType.get()));

  static final RowType TYPE = FlinkSchemaUtil.convert(SCHEMA);

  private DeadLetters() {}

  /** What rows of this table look like. */
  static Rows rows() {
    return new Rows(TYPE, Optional.empty(), 0);
  }

  static RowData row(String key, String file, long line, String reason, long rows, String raw) {
    return GenericRowData.of(
        StringData.fromString(key),
        StringData.fromString(file),
        line,
        StringData.fromString(reason),
        rows,
        StringData.fromString(raw));
  }

  /** Creates the table if it is missing. */
  static Table ensure(Catalog catalog, TableRef ref) {
    try {
      if (!catalog.tableExists(IcebergCatalogs.identifier(ref))) {
        if (catalog instanceof SupportsNamespaces namespaces
            && !namespaces.namespaceExists(IcebergCatalogs.namespace(ref))) {
          namespaces.createNamespace(IcebergCatalogs.namespace(ref));
        }
        return catalog.createTable(
            IcebergCatalogs.identifier(ref),
            SCHEMA,
            PartitionSpec.unpartitioned(),
            Map.of("format-version", "2"));
      }
    } catch (AlreadyExistsException e) {
      // Another load made it at the same time.
    }
    return IcebergCatalogs.load(catalog, ref);
  }
}
