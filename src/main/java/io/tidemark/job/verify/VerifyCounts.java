package io.tidemark.job.verify;

import io.tidemark.job.slice.EventTime;
import io.tidemark.model.Grain;
import io.tidemark.model.Layout;
import io.tidemark.model.SliceSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Table;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/** How many rows a snapshot holds per slice, from manifests alone. */
final class VerifyCounts {
  private VerifyCounts() {}

  /**
   * @return empty if a file has deletes, lies in several slices or says too little
   */
  static Optional<Map<Long, Long>> perSlice(
      Table table, long snapshot, Layout layout, SliceSet slices, Expression filter) {
    Map<Long, Long> rows = new TreeMap<>();
    try (CloseableIterable<FileScanTask> tasks =
        table.newScan().useSnapshot(snapshot).filter(filter).includeColumnStats().planFiles()) {
      for (FileScanTask task : tasks) {
        OptionalLong slice = slice(table, task.file(), layout);
        if (!task.deletes().isEmpty() || slice.isEmpty()) {
          return Optional.empty();
        } else if (slices.contains(slice.getAsLong())) {
          rows.merge(slice.getAsLong(), task.file().recordCount(), Long::sum);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Optional.of(rows);
  }

  /** The only slice that a file has rows of; empty if there are several or it is not known. */
  private static OptionalLong slice(Table table, DataFile file, Layout layout) {
    if (layout.slice() == Grain.ALL) {
      return OptionalLong.of(0);
    }
    Types.NestedField column = table.schema().findField(layout.eventTime().orElseThrow());
    Map<Integer, ByteBuffer> lower = file.lowerBounds();
    Map<Integer, ByteBuffer> upper = file.upperBounds();
    Map<Integer, Long> nulls = file.nullValueCounts();
    int id = column.fieldId();
    if (lower == null
        || upper == null
        || nulls == null
        || !lower.containsKey(id)
        || !upper.containsKey(id)
        || !Long.valueOf(0).equals(nulls.get(id))) {
      return OptionalLong.empty();
    }
    long first = ordinal(layout.slice(), column.type(), lower.get(id));
    long last = ordinal(layout.slice(), column.type(), upper.get(id));
    return first == last ? OptionalLong.of(first) : OptionalLong.empty();
  }

  private static long ordinal(Grain grain, Type type, ByteBuffer bound) {
    Number value = Conversions.fromByteBuffer(type, bound);
    long micros =
        type.typeId() == Type.TypeID.DATE
            ? value.longValue() * EventTime.MICROS_PER_DAY
            : value.longValue();
    return EventTime.ordinal(grain, micros);
  }
}
