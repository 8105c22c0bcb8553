package io.tidemark.lake.setup;

import io.tidemark.lake.refs.Tables;
import io.tidemark.model.TableRef;
import io.tidemark.model.log.LogLine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.FileInfo;
import org.apache.iceberg.io.SupportsPrefixOperations;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Data files that a job wrote and did not live to commit. Jobs name files after the branch that
 * they write for, so a run's are known by their names; one is deleted only if no snapshot that the
 * table still has, of whatever ref or of none, names it.
 */
public final class Orphans {
  private static final Logger LOG = LoggerFactory.getLogger(Orphans.class);
  private static final String UUID = "-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-\\d+\\.";

  private final Tables tables;

  public Orphans(Tables tables) {
    this.tables = tables;
  }

  /**
   * @return how many were deleted; 0 where files cannot be listed, and where tables may share them
   */
  public int delete(TableRef ref, String branch) {
    Table table = tables.load(ref);
    // Where a property puts files, other tables may put theirs, and what these name is not known.
    boolean shared = table.properties().containsKey(TableProperties.WRITE_DATA_LOCATION);
    if (shared || !(table.io() instanceof SupportsPrefixOperations files)) {
      return 0;
    }
    Map<String, String> found = written(table, files, branch);
    if (found.isEmpty()) {
      return 0;
    }
    // Read after the listing: whatever was committed until now is seen.
    found.keySet().removeAll(referred(tables.load(ref)));
    found.values().forEach(table.io()::deleteFile);
    LOG.info(
        LogLine.of("orphans-deleted").with("table", ref).with("files", found.size()).toString());
    return found.size();
  }

  /** Locations by file name, which is unique and does not depend on how a location is written. */
  private static Map<String, String> written(
      Table table, SupportsPrefixOperations files, String branch) {
    Pattern ours = Pattern.compile("-" + Pattern.quote(branch) + UUID);
    String data = table.location() + "/data/";
    Map<String, String> found = new LinkedHashMap<>();
    try {
      for (FileInfo file : files.listPrefix(data)) {
        if (ours.matcher(name(file.location())).find()) {
          found.put(name(file.location()), file.location());
        }
      }
    } catch (UncheckedIOException e) {
      LOG.info(LogLine.of("no-data-folder").with("table", table.name()).because(e).toString());
    }
    return found;
  }

  private static Set<String> referred(Table table) {
    Set<String> names = new HashSet<>();
    Set<String> read = new HashSet<>();
    for (Snapshot snapshot : table.snapshots()) {
      for (ManifestFile manifest : snapshot.dataManifests(table.io())) {
        if (read.add(manifest.path())) {
          try (CloseableIterable<String> paths = ManifestFiles.readPaths(manifest, table.io())) {
            paths.forEach(path -> names.add(name(path)));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      }
    }
    return names;
  }

  private static String name(String location) {
    return location.substring(location.lastIndexOf('/') + 1);
  }
}
