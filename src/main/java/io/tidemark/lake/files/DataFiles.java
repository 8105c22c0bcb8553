package io.tidemark.lake.files;

import io.tidemark.lake.files.SliceIndex.Placement;
import io.tidemark.model.SliceSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.expressions.ManifestEvaluator;
import org.apache.iceberg.util.ThreadPools;

/** Lists the live files of a snapshot from its manifests. */
public final class DataFiles {
  /** What a file needs to be removed, counted or told apart. */
  private static final List<String> WITHOUT_STATISTICS =
      List.of(
          "content",
          "file_path",
          "file_format",
          "partition",
          "record_count",
          "file_size_in_bytes",
          "sort_order_id");

  private final Table table;
  private final SliceIndex index;

  /** By path, the files listed so far that do not lie inside the slices they were listed for. */
  private final Map<String, Placement> straddling = new ConcurrentHashMap<>();

  public DataFiles(Table table, SliceIndex index) {
    this.table = table;
    this.index = index;
  }

  /** How much of each file to load. */
  public enum Detail {
    /** Enough to remove a file. */
    LIGHT,
    /** All, as needed to add a file without making readers slower. */
    STATISTICS
  }

  /**
   * The files that may hold rows of the slices, by path. A file that only overlaps them is among
   * them; see {@link Placement}.
   */
  public Map<String, DataFile> in(Snapshot snapshot, SliceSet slices, Detail detail) {
    Map<String, DataFile> files = new LinkedHashMap<>();
    if (slices.isEmpty()) {
      return files;
    }
    read(
        snapshot,
        index.covering(slices, 100),
        detail,
        (file, placement) -> {
          if (placement.touches(slices)) {
            files.put(file.location(), file);
            if (!placement.isInside(slices)) {
              straddling.put(file.location(), placement);
            }
          }
        });
    return files;
  }

  /** What one snapshot and another hold, read at the same time; none holds nothing. */
  public Listings both(Optional<Snapshot> light, Optional<Snapshot> full, SliceSet slices) {
    CompletableFuture<Map<String, DataFile>> beside =
        CompletableFuture.supplyAsync(
            () -> light.map(s -> in(s, slices, Detail.LIGHT)).orElseGet(LinkedHashMap::new),
            ThreadPools.getWorkerPool());
    Map<String, DataFile> here =
        full.map(s -> in(s, slices, Detail.STATISTICS)).orElseGet(LinkedHashMap::new);
    try {
      return new Listings(beside.join(), here);
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** Files by path, as {@link #in} gives them; may be changed by who asked for them. */
  public record Listings(Map<String, DataFile> light, Map<String, DataFile> full) {}

  /** The slices of which files among those listed hold rows together with other rows. */
  public SliceSet straddled(Set<String> among) {
    SliceSet slices = SliceSet.empty(index.grain());
    for (Map.Entry<String, Placement> file : straddling.entrySet()) {
      if (among.contains(file.getKey())) {
        slices = slices.union(file.getValue().slices(index.grain()));
      }
    }
    return slices;
  }

  /** Every file with its place. */
  public void all(Snapshot snapshot, Detail detail, BiConsumer<DataFile, Placement> action) {
    read(snapshot, Expressions.alwaysTrue(), detail, action);
  }

  /** The named files with statistics; those that the snapshot does not hold are missing. */
  public Map<String, DataFile> named(Snapshot snapshot, Collection<String> paths) {
    Map<String, DataFile> files = new LinkedHashMap<>();
    read(
        snapshot,
        Expressions.alwaysTrue(),
        Detail.STATISTICS,
        (file, placement) -> {
          if (paths.contains(file.location())) {
            files.put(file.location(), file);
          }
        });
    return files;
  }

  /** The slices that delete files of a snapshot reach. */
  public SliceSet deleted(Snapshot snapshot) {
    SliceSet reached = SliceSet.empty(index.grain());
    for (ManifestFile manifest : snapshot.deleteManifests(table.io())) {
      try (ManifestReader<DeleteFile> reader =
          ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs())) {
        for (DeleteFile file : reader) {
          Placement placement = index.place(file);
          if (!placement.isNowhere()) {
            reached = reached.union(placement.slices(index.grain()));
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return reached;
  }

  private void read(
      Snapshot snapshot, Expression rows, Detail detail, BiConsumer<DataFile, Placement> action) {
    Map<Integer, Predicate<ManifestFile>> mayHold = new LinkedHashMap<>();
    for (ManifestFile manifest : snapshot.dataManifests(table.io())) {
      int spec = manifest.partitionSpecId();
      boolean read =
          mayHold
              .computeIfAbsent(
                  spec,
                  id -> ManifestEvaluator.forRowFilter(rows, table.specs().get(id), true)::eval)
              .test(manifest);
      if (!read || !(manifest.hasAddedFiles() || manifest.hasExistingFiles())) {
        continue;
      }
      boolean light = detail == Detail.LIGHT && index.alignedBySpec(spec);
      try (ManifestReader<DataFile> reader =
          ManifestFiles.read(manifest, table.io(), table.specs())) {
        if (light) {
          reader.select(WITHOUT_STATISTICS);
        }
        for (DataFile file : reader) {
          action.accept(file, index.place(file));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
