package io.tidemark.job.slice;

import io.tidemark.model.Grain;
import io.tidemark.model.Layout;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableScan;
import org.apache.iceberg.io.CloseableIterable;

/** Which data files of a snapshot hold a set of slices. */
public final class SliceFiles {
  private final Table table;
  private final Layout layout;
  private final SliceSet slices;

  public SliceFiles(Table table, Layout layout, SliceSet slices) {
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
  public List<DataFile> in(Snapshot snapshot) {
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
    FileTimes.Span span = new FileTimes(table, column).span(file);
    if (!span.known()) {
      throw refused(file, "it has no statistics that say which slices it holds");
    }
    Grain grain = slices.grain();
    return span.empty()
        ? SliceSet.empty(grain)
        : SliceSet.range(
            grain,
            EventTime.ordinal(grain, span.first()),
            EventTime.ordinal(grain, span.last()) + 1);
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
