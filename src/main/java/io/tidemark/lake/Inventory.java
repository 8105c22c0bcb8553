package io.tidemark.lake;

import io.tidemark.lake.files.DataFiles;
import io.tidemark.lake.files.DataFiles.Detail;
import io.tidemark.lake.files.SliceIndex;
import io.tidemark.lake.files.SliceIndex.Placement;
import io.tidemark.model.Dataset;
import io.tidemark.model.Facts.Refusal;
import io.tidemark.model.Facts.SliceFiles;
import io.tidemark.model.Grain;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/** What a snapshot holds per slice, and which slices cannot be replaced exactly. */
final class Inventory {
  private static final int MOST_SLICES_PER_FILE = 100_000;

  private final Dataset dataset;
  private final Grain grain;
  private final Map<Long, Cell> cells = new TreeMap<>();
  private SliceSet straddled;
  private SliceSet impure;
  private SliceSet unplaced;
  private SliceSet deleted;

  private static final class Cell {
    private int files;
    private long rows;
    private long bytes;
  }

  Inventory(Dataset dataset, Table table, SliceIndex index, Snapshot snapshot) {
    this.dataset = dataset;
    this.grain = index.grain();
    this.straddled = SliceSet.empty(grain);
    this.impure = SliceSet.empty(grain);
    this.unplaced = SliceSet.empty(grain);
    DataFiles files = new DataFiles(table, index);
    files.all(snapshot, Detail.LIGHT, this::add);
    this.deleted = files.deleted(snapshot);
  }

  private void add(DataFile file, Placement placement) {
    if (placement.isNowhere()) {
      return;
    }
    SliceSet slices = placement.slices(grain);
    if (slices.count() > MOST_SLICES_PER_FILE) {
      unplaced = unplaced.union(slices);
      return;
    }
    if (!placement.isOneSlice()) {
      straddled = straddled.union(slices);
    }
    if (!placement.pure()) {
      impure = impure.union(slices);
    }
    long count = slices.count();
    slices.forEach(
        ordinal -> {
          Cell cell = cells.computeIfAbsent(ordinal, o -> new Cell());
          // A straddling file counts in each of its slices with an equal share, rounded up.
          cell.files++;
          cell.rows += (file.recordCount() + count - 1) / count;
          cell.bytes += (file.fileSizeInBytes() + count - 1) / count;
        });
  }

  List<SliceFiles> slices() {
    return cells.entrySet().stream()
        .map(
            e ->
                new SliceFiles(
                    e.getKey(), e.getValue().files, e.getValue().rows, e.getValue().bytes))
        .toList();
  }

  long rows(long ordinal) {
    Cell cell = cells.get(ordinal);
    return cell == null ? 0 : cell.rows;
  }

  List<Refusal> refusals() {
    List<Refusal> refusals = new ArrayList<>();
    String table = "table '" + dataset.table() + "'";
    refuse(
        refusals,
        unplaced,
        "TM-LAKE-050",
        table + " has files of which no metadata says where their event times lie",
        "column '"
            + dataset.layout().eventTime().orElse("")
            + "' has neither a partition nor"
            + " statistics there",
        "rewrite them with statistics: set write.metadata.metrics.default to full and run"
            + " rewrite_data_files");
    if (dataset.kind() != Dataset.Kind.DERIVED) {
      return refusals;
    }
    refuse(
        refusals,
        straddled,
        "TM-LAKE-051",
        table + " has files that hold rows of several slices",
        "such a file cannot be replaced for one slice alone",
        "rewrite them under a partition spec that is as fine as the slices, or build a new table");
    refuse(
        refusals,
        impure,
        "TM-LAKE-052",
        table + " has files with rows that have no event time beside rows that do",
        "replacing the slice would delete them",
        "partition the table by event time, or declare the column NOT NULL");
    refuse(
        refusals,
        deleted,
        "TM-LAKE-053",
        table + " has delete files",
        "a revert would bring deleted rows back",
        "compact them away with rewrite_data_files, and keep merge-on-read writers off this table");
    return refusals;
  }

  private static void refuse(
      List<Refusal> refusals, SliceSet slices, String code, String what, String why, String fix) {
    if (!slices.isEmpty()) {
      refusals.add(new Refusal(slices, Problem.of(code, what, why, fix)));
    }
  }
}
