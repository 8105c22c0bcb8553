package io.tidemark.lake.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.types.Types;

/** Whether a column has values anywhere, as far as the statistics of files say. */
public final class ColumnValues {
  private ColumnValues() {}

  /**
   * @param snapshot of the table
   * @return false also for a column that the table does not have
   */
  public static boolean areIn(Table table, Snapshot snapshot, String column) {
    Types.NestedField field = table.schema().findField(column);
    if (field == null) {
      return false;
    }
    for (ManifestFile manifest : snapshot.dataManifests(table.io())) {
      try (ManifestReader<DataFile> reader =
          ManifestFiles.read(manifest, table.io(), table.specs())) {
        for (DataFile file : reader) {
          if (hasValues(file, field.fieldId())) {
            return true;
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return false;
  }

  private static boolean hasValues(DataFile file, int field) {
    Long values = count(file.valueCounts(), field);
    Long nulls = count(file.nullValueCounts(), field);
    return (values != null && nulls != null && nulls < values)
        || (file.lowerBounds() != null && file.lowerBounds().containsKey(field));
  }

  private static Long count(Map<Integer, Long> counts, int field) {
    return counts == null ? null : counts.get(field);
  }
}
