package io.tidemark.job.build;

import io.tidemark.job.slice.EventTime;
import io.tidemark.job.slice.TimeFilter;
import io.tidemark.job.slice.TimePartition;
import io.tidemark.model.Grain;
import io.tidemark.model.Layout;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableScan;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Types;

/** Which data files of a snapshot hold a set of slices. */
final class SliceFiles {
  private final Table table;
  private final Layout layout;
  private final SliceSet slices;

  SliceFiles(Table table, Layout layout, SliceSet slices) {
    this.table = table;
    this.layout = layout;
    this.slices = slices;
  }

  /**
   * The files that hold rows of the slices, and of no other slice.
   *
   * @throws TidemarkException REFUSED if a file also holds other slices, has delete files, or
   *     nothing says what it holds
   */
  List<DataFile> in(Snapshot snapshot) {
    TableScan scan = table.newScan().useSnapshot(snapshot.snapshotId());
    if (layout.eventTime().isPresent()) {
      String column = layout.eventTime().get();
      scan =
          scan.filter(TimeFilter.of(table.schema(), column, slices.ranges()))
              .includeColumnStats(List.of(column));
    }
    List<DataFile> files = new ArrayList<>();
    try (CloseableIterable<FileScanTask> tasks = scan.planFiles()) {
      for (FileScanTask task : tasks) {
        if (belongs(task.file())) {
          if (!task.deletes().isEmpty()) {
            throw refused(
                task.file(), "it has delete files, whose rows would come back or be lost");
          }
          files.add(task.file());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  private boolean belongs(DataFile file) {
    if (layout.slice() == Grain.ALL) {
      return true;
    }
    SliceSet held = held(file, layout.eventTime().orElseThrow());
    if (slices.contains(held)) {
      return true;
    } else if (slices.overlaps(held)) {
      throw refused(file, "it also holds rows of slices that are not recomputed");
    }
    return false;
  }

  private SliceSet held(DataFile file, String column) {
    Optional<TimePartition> partition =
        TimePartition.of(table.specs().get(file.specId()), table.schema(), column);
    if (partition.isPresent()) {
      Integer ordinal = file.partition().get(partition.get().position(), Integer.class);
      if (ordinal == null) {
        return SliceSet.empty(slices.grain());
      }
      Grain grain = partition.get().grain();
      return between(EventTime.start(grain, ordinal), EventTime.end(grain, ordinal) - 1);
    }
    Types.NestedField field = table.schema().findField(column);
    return between(bound(file, file.lowerBounds(), field), bound(file, file.upperBounds(), field));
  }

  private SliceSet between(long first, long last) {
    Grain grain = slices.grain();
    return SliceSet.range(
        grain, EventTime.ordinal(grain, first), EventTime.ordinal(grain, last) + 1);
  }

  private long bound(DataFile file, Map<Integer, ByteBuffer> bounds, Types.NestedField field) {
    ByteBuffer bound = bounds == null ? null : bounds.get(field.fieldId());
    if (bound == null) {
      throw refused(file, "it has no statistics that say which slices it holds");
    }
    Object value = Conversions.fromByteBuffer(field.type(), bound);
    return value instanceof Integer days ? days * EventTime.MICROS_PER_DAY : (Long) value;
  }

  private TidemarkException refused(DataFile file, String why) {
    return TidemarkException.refused(
        Problem.of(
            "TM-JOB-022",
            "file " + file.location() + " of " + table.name() + " cannot be replaced by slices",
            why,
            "rewrite the table's files so that each holds whole slices, without delete files"));
  }
}
