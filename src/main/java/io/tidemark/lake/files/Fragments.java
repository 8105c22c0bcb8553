package io.tidemark.lake.files;

import io.tidemark.lake.files.DataFiles.Detail;
import io.tidemark.lake.files.SliceIndex.Placement;
import io.tidemark.model.SliceSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.util.PropertyUtil;

/**
 * Finds slices that consist of more files than their bytes need. Slices whose files cannot be
 * exchanged for them alone are none of them, nor are those with delete files.
 */
public final class Fragments {
  /** A file that is nearly as large as the table wants them is as good as one that is. */
  private static final double SMALL = 0.75;

  private static final int MOST_SLICES_PER_FILE = 1000;

  private final SliceIndex index;
  private final long target;
  private final int atLeast;
  private final Map<Long, Cell> cells = new TreeMap<>();
  private SliceSet shared;

  /**
   * One slice.
   *
   * @param files all of them
   */
  public record Slice(long ordinal, int files, long rows, long bytes) {}

  private static final class Cell {
    private int files;
    private long rows;
    private long bytes;
    private final Map<String, Part> parts = new HashMap<>();
  }

  /** The small files of one partition. */
  private static final class Part {
    private int files;
    private long bytes;
  }

  private Fragments(Table table, SliceIndex index, int atLeast) {
    this.index = index;
    this.atLeast = atLeast;
    this.shared = SliceSet.empty(index.grain());
    this.target =
        PropertyUtil.propertyAsLong(
            table.properties(),
            TableProperties.WRITE_TARGET_FILE_SIZE_BYTES,
            TableProperties.WRITE_TARGET_FILE_SIZE_BYTES_DEFAULT);
  }

  /**
   * The slices of a snapshot that at least so many small files less would hold as well, by ordinal.
   *
   * @param atLeast small files of one partition, from 2
   */
  public static List<Slice> in(Table table, SliceIndex index, Snapshot snapshot, int atLeast) {
    Fragments fragments = new Fragments(table, index, atLeast);
    DataFiles files = new DataFiles(table, index);
    files.all(snapshot, Detail.LIGHT, fragments::add);
    SliceSet not = fragments.shared.union(files.deleted(snapshot));
    return fragments.cells.entrySet().stream()
        .filter(e -> !not.contains(e.getKey()) && fragments.isFragmented(e.getValue()))
        .map(e -> new Slice(e.getKey(), e.getValue().files, e.getValue().rows, e.getValue().bytes))
        .toList();
  }

  private void add(DataFile file, Placement placement) {
    if (placement.isNowhere()) {
      return;
    }
    if (!placement.isOneSlice() || !placement.pure()) {
      if (placement.last() - placement.first() < MOST_SLICES_PER_FILE) {
        shared = shared.union(placement.slices(index.grain()));
      } else {
        shared = SliceSet.range(index.grain(), Long.MIN_VALUE, Long.MAX_VALUE);
      }
      return;
    }
    Cell cell = cells.computeIfAbsent(placement.first(), o -> new Cell());
    cell.files++;
    cell.rows += file.recordCount();
    cell.bytes += file.fileSizeInBytes();
    if (file.fileSizeInBytes() < target * SMALL) {
      Part part =
          cell.parts.computeIfAbsent(file.specId() + "/" + file.partition(), p -> new Part());
      part.files++;
      part.bytes += file.fileSizeInBytes();
    }
  }

  private boolean isFragmented(Cell cell) {
    long spared = 0;
    for (Part part : cell.parts.values()) {
      spared += Math.max(0, part.files - Math.max(1, (part.bytes + target - 1) / target));
    }
    return spared >= atLeast - 1;
  }
}
