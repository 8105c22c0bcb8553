package io.tidemark.lake.files;

import io.tidemark.lake.files.DataFiles.Detail;
import io.tidemark.model.SliceSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/** Compares what two snapshots hold, file by file. */
public final class LiveFiles {
  private LiveFiles() {}

  /** The slices for which two snapshots do not hold the same files. */
  public static SliceSet differing(
      Table table,
      SliceIndex index,
      Optional<Snapshot> one,
      Optional<Snapshot> other,
      SliceSet slices) {
    DataFiles files = new DataFiles(table, index);
    Map<String, DataFile> left = in(files, one, slices);
    Map<String, DataFile> right = in(files, other, slices);
    SliceSet differing = SliceSet.empty(index.grain());
    for (Map.Entry<String, DataFile> entry : left.entrySet()) {
      if (right.remove(entry.getKey()) == null) {
        differing = differing.union(index.place(entry.getValue()).slices(index.grain()));
      }
    }
    for (DataFile file : right.values()) {
      differing = differing.union(index.place(file).slices(index.grain()));
    }
    SliceSet deletes = SliceSet.empty(index.grain());
    for (Optional<Snapshot> snapshot : java.util.List.of(one, other)) {
      deletes = snapshot.map(files::deleted).orElse(deletes).union(deletes);
    }
    return differing.union(deletes).intersect(slices);
  }

  private static Map<String, DataFile> in(
      DataFiles files, Optional<Snapshot> snapshot, SliceSet slices) {
    return snapshot.map(s -> files.in(s, slices, Detail.LIGHT)).orElseGet(HashMap::new);
  }
}
