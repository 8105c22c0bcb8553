package io.tidemark.job.append;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.job.slice.FileTimes;
import io.tidemark.job.slice.SliceFiles;
import io.tidemark.job.slice.TableCommit;
import io.tidemark.job.slice.TimeFilter;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.log.LogLine;
import io.tidemark.model.touched.TouchedTime;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotUpdate;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.UpdateProperties;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.util.SnapshotUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tables that a committer commits to, opened when they are first needed. Not thread-safe. */
final class LiveTables implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LiveTables.class);
  private static final int ATTEMPTS = 5;

  /** Every commit writes the metadata anew; without this a job that commits often fills a disk. */
  private static final Map<String, String> HYGIENE =
      Map.of(
          TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED,
          "true",
          TableProperties.METADATA_PREVIOUS_VERSIONS_MAX,
          "100");

  private final JobSpec.CatalogSpec spec;
  private final Map<String, Table> tables = new TreeMap<>();
  private final Set<String> tidied = new HashSet<>();
  private Catalog catalog;
  private final AtomicLong conflicts = new AtomicLong();

  LiveTables(JobSpec.CatalogSpec spec) {
    this.spec = spec;
  }

  /**
   * A commit to make.
   *
   * @param lease empty condition for tables that anybody may append to
   * @param key by which it is known
   * @param eventTime the column, where others ask which event time a commit touched
   */
  record Order(
      TableRef table,
      String branch,
      String key,
      TableCommit.Condition lease,
      Map<String, String> summary,
      Optional<String> eventTime) {

    /** The same, saying what files that it only adds are about. */
    private Order adding(Table to, List<DataFile> files) {
      Map<String, String> all = new TreeMap<>(summary);
      eventTime
          .flatMap(
              column ->
                  new FileTimes(to, column)
                      .ranges(files)
                      .map(ranges -> TouchedTime.write(column, ranges)))
          .ifPresent(all::putAll);
      return new Order(table, branch, key, lease, all, eventTime);
    }
  }

  Table table(TableRef ref) {
    Table known = tables.get(ref.toString());
    if (known == null) {
      if (catalog == null) {
        catalog = IcebergCatalogs.loader(spec).loadCatalog();
      }
      known = IcebergCatalogs.load(catalog, ref);
      tables.put(ref.toString(), known);
    }
    return known;
  }

  /** The newest snapshot of a branch as it is now; of main if there is no such branch. */
  Optional<Snapshot> head(TableRef ref, String branch) {
    Table table = table(ref);
    table.refresh();
    return new TableCommit(table, branch, "").head();
  }

  /** The history of a branch as it is now, the newest first. */
  Iterable<Snapshot> ancestors(TableRef ref, String branch) {
    return head(ref, branch)
        .map(head -> SnapshotUtil.ancestorsOf(head.snapshotId(), table(ref)::snapshot))
        .orElse(List.of());
  }

  /** Sets what keeps the table small, unless its owner has decided otherwise; once. */
  void tidy(TableRef ref) {
    if (!tidied.add(ref.toString())) {
      return;
    }
    Table table = table(ref);
    UpdateProperties update = table.updateProperties();
    boolean any = false;
    for (Map.Entry<String, String> property : HYGIENE.entrySet()) {
      if (!table.properties().containsKey(property.getKey())) {
        update.set(property.getKey(), property.getValue());
        any = true;
      }
    }
    if (any) {
      try {
        update.commit();
      } catch (RuntimeException e) {
        LOG.warn(LogLine.of("retention-not-set").with("table", ref).because(e).toString());
      }
    }
  }

  /** Adds files, or none: then only the summary says something. */
  Snapshot append(Order order, List<DataFile> files) {
    Table table = table(order.table);
    return commit(order.adding(table, files), head -> appending(table, files));
  }

  private static SnapshotUpdate<?> appending(Table table, List<DataFile> files) {
    AppendFiles append = table.newAppend();
    files.forEach(append::appendFile);
    return append;
  }

  /**
   * Puts files in the place of those that the branch holds for slices.
   *
   * @throws TidemarkException REFUSED if a file also holds other slices
   */
  Snapshot replace(Order order, JobSpec.Output output, SliceSet slices, List<DataFile> files) {
    Table table = table(order.table);
    return commit(
        order,
        head -> {
          List<DataFile> old =
              head.map(h -> new SliceFiles(table, output.layout(), slices).in(h)).orElse(List.of());
          if (old.isEmpty()) {
            return appending(table, files);
          }
          OverwriteFiles overwrite = table.newOverwrite();
          old.forEach(overwrite::deleteFile);
          files.forEach(overwrite::addFile);
          overwrite.validateFromSnapshot(head.orElseThrow().snapshotId());
          output
              .layout()
              .eventTime()
              .ifPresent(
                  column ->
                      overwrite.conflictDetectionFilter(
                          TimeFilter.of(table.schema(), column, slices.ranges())));
          return overwrite.validateNoConflictingData().validateNoConflictingDeletes();
        });
  }

  private Snapshot commit(Order order, Function<Optional<Snapshot>, SnapshotUpdate<?>> change) {
    TableCommit commit = new TableCommit(table(order.table), order.branch, order.key, order.lease);
    TidemarkException conflict = null;
    for (int i = 0; i < ATTEMPTS; i++) {
      try {
        return commit.run(change, order.summary);
      } catch (TidemarkException e) {
        if (!e.problems().get(0).code().equals(TableCommit.CONFLICT)) {
          throw e;
        }
        // Somebody was faster in the same slices; what the branch holds now is replaced instead.
        conflict = e;
        conflicts.incrementAndGet();
      } finally {
        conflicts.addAndGet(commit.retries());
      }
    }
    throw TidemarkException.external(
        Problem.of(
            "TM-LIVE-036",
            "others keep changing the open slices of " + order.table,
            "a live job that starts replaces them, and found them changed at every attempt",
            "stop what else writes to them"),
        conflict);
  }

  /** How often a commit was tried again since a table had moved on. Any thread may ask. */
  long conflicts() {
    return conflicts.get();
  }

  @Override
  public void close() {
    tables.clear();
    if (catalog != null) {
      IcebergCatalogs.close(catalog);
      catalog = null;
    }
  }
}
