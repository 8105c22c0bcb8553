package io.tidemark.lake;

import io.tidemark.lake.JointReplacement.Analysed;
import io.tidemark.lake.pointers.PointerSwap.Move;
import io.tidemark.lake.pointers.Staging;
import io.tidemark.lake.refs.Tables;
import io.tidemark.model.TableRef;
import io.tidemark.model.log.LogLine;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.io.FileIO;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A table's next metadata, written to a file that the catalog does not name yet. */
final class StagedTable {
  private static final Logger LOG = LoggerFactory.getLogger(StagedTable.class);

  private final TableRef ref;
  private final FileIO io;
  private final TableMetadata base;
  private final TableMetadata next;
  private final String location;
  private final Set<String> garbage;

  /**
   * @param location empty before the metadata was written
   */
  private StagedTable(TableRef ref, Staging staging, String location, Set<String> garbage) {
    this.ref = ref;
    this.io = staging.io();
    this.base = staging.base();
    this.next = staging.current();
    this.location = location;
    this.garbage = garbage;
  }

  /**
   * Validates and writes all that a commit of these exchanges would write, but for the commit.
   *
   * @throws org.apache.iceberg.exceptions.ValidationException if the table is not as analysed
   */
  static StagedTable stage(
      Tables tables, Replacement replacement, TableRef ref, List<Analysed> exchanges) {
    Staging staging = new Staging(Tables.operations(tables.load(ref)));
    Table table = new BaseTable(staging, ref.toString());
    Set<String> garbage = new LinkedHashSet<>();
    try {
      for (Analysed a : exchanges) {
        OverwriteFiles overwrite = table.newOverwrite();
        replacement.describe(
            overwrite,
            table,
            a.index(),
            a.part().slices(),
            a.part().stamp(),
            a.exchange(),
            garbage);
        overwrite.commit();
      }
      String location = staging.metadataFileLocation(name(staging.base(), staging.current()));
      TableMetadataParser.write(staging.current(), staging.io().newOutputFile(location));
      return new StagedTable(ref, staging, location, garbage);
    } catch (RuntimeException e) {
      new StagedTable(ref, staging, "", garbage).discard(tables);
      throw e;
    }
  }

  /** Numbered as Iceberg does, which reads the number to find the next one. */
  private static String name(TableMetadata base, TableMetadata next) {
    String last = base.metadataFileLocation();
    last = last.substring(last.lastIndexOf('/') + 1);
    String digits = last.substring(0, Math.max(0, last.indexOf('-')));
    int number = digits.matches("\\d{1,9}") ? Integer.parseInt(digits) + 1 : 0;
    String codec =
        next.property(
            TableProperties.METADATA_COMPRESSION, TableProperties.METADATA_COMPRESSION_DEFAULT);
    return String.format(Locale.ROOT, "%05d-%s", number, UUID.randomUUID())
        + TableMetadataParser.getFileExtension(codec);
  }

  Move move() {
    return new Move(ref, base.metadataFileLocation(), location);
  }

  /** Whether the catalog names another state by now than this was staged on. */
  boolean isMoved(Tables tables) {
    return !base.metadataFileLocation()
        .equals(Tables.metadata(tables.load(ref)).metadataFileLocation());
  }

  /** After the commit: what Iceberg cleans up after its own. */
  void landed() {
    staged()
        .forEach(
            s -> LOG.info(LogLine.committed(ref, "main", s.snapshotId(), s.summary()).toString()));
    try {
      CatalogUtil.deleteRemovedMetadataFiles(io, base, next);
      Set<String> used = new HashSet<>();
      staged().forEach(s -> used.addAll(files(s, false)));
      garbage.stream().filter(path -> !used.contains(path)).forEach(io::deleteFile);
    } catch (RuntimeException e) {
      LOG.info(LogLine.of("metadata-left").with("table", ref).because(e).toString());
    }
  }

  /**
   * Only for what can no longer land: deletes all that was written for it. Keeps it if it landed
   * after all, whatever the catalog answered, and if the catalog cannot be asked.
   */
  void discard(Tables tables) {
    Set<String> files = new LinkedHashSet<>(garbage);
    try {
      if (!location.isEmpty() && hasLanded(tables.load(ref))) {
        LOG.warn(LogLine.of("commit-landed-after-failure").with("table", ref).toString());
        return;
      }
      staged().forEach(s -> files.addAll(files(s, true)));
      if (!location.isEmpty()) {
        files.add(location);
      }
      files.forEach(io::deleteFile);
    } catch (RuntimeException e) {
      LOG.info(
          LogLine.of("metadata-left")
              .with("table", ref)
              .with("files", files.size())
              .because(e)
              .toString());
    }
  }

  private boolean hasLanded(Table now) {
    return staged().stream().anyMatch(s -> now.snapshot(s.snapshotId()) != null);
  }

  private List<Snapshot> staged() {
    List<Snapshot> staged = new ArrayList<>();
    for (Snapshot snapshot : next.snapshots()) {
      if (base.snapshot(snapshot.snapshotId()) == null) {
        staged.add(snapshot);
      }
    }
    return staged;
  }

  /** A snapshot's manifest list and its manifests, or only those that it made itself. */
  private List<String> files(Snapshot snapshot, boolean own) {
    List<String> files = new ArrayList<>();
    files.add(snapshot.manifestListLocation());
    snapshot.allManifests(io).stream()
        .filter(m -> !own || m.snapshotId() == snapshot.snapshotId())
        .forEach(m -> files.add(m.path()));
    return files;
  }
}
