package io.tidemark.job.compact;

import io.tidemark.job.slice.FileTimes;
import io.tidemark.job.slice.SliceFiles;
import io.tidemark.job.slice.SliceTally;
import io.tidemark.job.slice.SliceTotals;
import io.tidemark.job.slice.TableCommit;
import io.tidemark.model.Grain;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.SliceStats;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.log.LogLine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts rewritten files in place of those that their rows were read from, if the rows are the same,
 * and for each slice if its files are still there. Rows that came to a slice meanwhile stay beside
 * them. Not thread-safe.
 */
final class FileExchange {
  private static final Logger LOG = LoggerFactory.getLogger(FileExchange.class);

  /** Who replaces files of these slices so often does not want them compacted. */
  private static final int ATTEMPTS = 5;

  private final Table table;
  private final JobSpec.Compact spec;
  private final SliceTally written;
  private final TableCommit commit;
  private final Map<Long, List<DataFile>> before = new TreeMap<>();
  private final Map<Long, List<DataFile>> after = new TreeMap<>();

  FileExchange(Table table, JobSpec.Compact spec, SliceTally written) {
    this.table = table;
    this.spec = spec;
    this.written = written;
    this.commit = new TableCommit(table, SnapshotRef.MAIN_BRANCH, spec.key());
  }

  /** The one slice of a file. */
  private long slice(DataFile file) {
    Layout layout = spec.output().layout();
    if (layout.slice() == Grain.ALL) {
      return 0;
    }
    return new FileTimes(table, layout.eventTime().orElseThrow())
        .range(file)
        .map(range -> SliceSet.covering(layout.slice(), TimeRanges.of(range)))
        .filter(slices -> slices.count() == 1)
        .map(slices -> slices.ordinals().findFirst().orElseThrow())
        .orElseThrow(() -> new IllegalStateException("[BUG] a file of no or several slices"));
  }

  /**
   * Compares what files say they held, what was read, what was written, what the new files say they
   * hold, and what is known of the slices.
   *
   * @throws TidemarkException REFUSED if any of these differ
   */
  void requireSameRows(SliceTally read) {
    list();
    SliceSet slices = spec.output().slices();
    Map<Long, SliceTotals> in = byOrdinal(read.slices(slices));
    Map<Long, SliceTotals> out = byOrdinal(written.slices(slices));
    Map<Long, Stamp.SliceDigest> known = new HashMap<>();
    spec.known().forEach(digest -> known.put(digest.ordinal(), digest));
    for (Map.Entry<Long, SliceTotals> slice : in.entrySet()) {
      Stamp.SliceDigest digest = slice.getValue().digest();
      boolean same =
          Optional.ofNullable(out.get(slice.getKey()))
                  .map(SliceTotals::digest)
                  .equals(Optional.of(digest))
              && rows(before.get(slice.getKey())) == digest.rows()
              && rows(after.get(slice.getKey())) == digest.rows()
              && known.getOrDefault(slice.getKey(), digest).equals(digest);
      if (!same) {
        throw changed(
            "slice "
                + spec.output().layout().slice().label(slice.getKey())
                + " was read with "
                + digest.rows()
                + " rows; its files, its stamp or what was written of it say otherwise");
      }
    }
  }

  private void list() {
    Layout layout = spec.output().layout();
    Snapshot from = table.snapshot(spec.snapshot());
    if (from == null) {
      throw changed("the snapshot that they were read from has expired");
    }
    for (DataFile file : new SliceFiles(table, layout, spec.output().slices()).in(from)) {
      before.computeIfAbsent(slice(file), o -> new ArrayList<>()).add(file);
    }
    for (DataFile file : written.files()) {
      after.computeIfAbsent(slice(file), o -> new ArrayList<>()).add(file);
    }
  }

  private static Map<Long, SliceTotals> byOrdinal(List<SliceTotals> totals) {
    Map<Long, SliceTotals> map = new TreeMap<>();
    totals.forEach(t -> map.put(t.ordinal(), t));
    return map;
  }

  private static long rows(List<DataFile> files) {
    return files == null ? 0 : files.stream().mapToLong(DataFile::recordCount).sum();
  }

  private TidemarkException changed(String why) {
    return TidemarkException.refused(
        Problem.of(
            "TM-JOB-042",
            "slices of " + table.name() + " cannot be compacted",
            why,
            "nothing was changed; compare the slice with its inputs by tidemark run"));
  }

  /**
   * Commits what can be, at most once.
   *
   * @param document told what will have been done, before it is
   */
  void commit(Consumer<JobResult> document) {
    Optional<Snapshot> done = commit.find();
    for (int attempt = 1; done.isEmpty(); attempt++) {
      SliceSet wanted = present(commit.head());
      if (wanted.isEmpty()) {
        document.accept(result(wanted));
        discard();
        return;
      }
      try {
        done =
            Optional.of(
                commit.run(
                    head -> {
                      SliceSet present = present(head);
                      document.accept(result(present));
                      return rewrite(present);
                    },
                    StampSummary.write(stamp(wanted))));
      } catch (TidemarkException e) {
        boolean conflict = e.problems().get(0).code().equals(TableCommit.CONFLICT);
        if (!conflict || attempt == ATTEMPTS) {
          throw e;
        }
        LOG.info(LogLine.of("compaction-again").with("table", table.name()).because(e).toString());
        table.refresh();
      }
    }
    commit.deleteUnused(done.get(), written.files());
  }

  /** Deletes what was written; for when certainly nothing was committed. */
  void discard() {
    commit.deleteAll(written.files());
  }

  /** The slices whose files are all still live. */
  private SliceSet present(Optional<Snapshot> head) {
    Grain grain = spec.output().layout().slice();
    Set<String> live = new HashSet<>();
    head.ifPresent(
        h ->
            new SliceFiles(table, spec.output().layout(), spec.output().slices())
                .in(h)
                .forEach(file -> live.add(file.location())));
    return SliceSet.ofOrdinals(
        grain,
        before.entrySet().stream()
            .filter(e -> e.getValue().stream().allMatch(f -> live.contains(f.location())))
            .mapToLong(Map.Entry::getKey));
  }

  private RewriteFiles rewrite(SliceSet slices) {
    RewriteFiles rewrite = table.newRewrite().validateFromSnapshot(spec.snapshot());
    slices.forEach(
        slice -> {
          before.get(slice).forEach(rewrite::deleteFile);
          after.getOrDefault(slice, List.of()).forEach(rewrite::addFile);
        });
    return rewrite;
  }

  private JobResult.Compacted result(SliceSet done) {
    long rows = 0;
    long bytes = 0;
    int from = 0;
    int to = 0;
    for (long slice : done.ordinals().toArray()) {
      List<DataFile> files = after.getOrDefault(slice, List.of());
      rows += rows(files);
      bytes += files.stream().mapToLong(DataFile::fileSizeInBytes).sum();
      from += before.get(slice).size();
      to += files.size();
    }
    return new JobResult.Compacted(
        spec.key(), rows, from, to, bytes, spec.output().slices().minus(done));
  }

  private Stamp stamp(SliceSet slices) {
    List<SliceStats> stats = written.stats(written.slices(slices));
    return SliceTally.stamped(
        spec.stamp(),
        spec.output(),
        stats.stream().filter(s -> slices.contains(s.ordinal())).toList());
  }
}
