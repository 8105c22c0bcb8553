package io.tidemark.job.load;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.job.load.LoadReport.FileProblem;
import io.tidemark.job.slice.ResultDocument;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.job.slice.SliceTally;
import io.tidemark.job.slice.SliceTotals;
import io.tidemark.job.slice.TableCommit;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.SliceSet;
import io.tidemark.model.SliceStats;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotUpdate;
import org.apache.iceberg.Table;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.flink.TableLoader;

/**
 * Makes the commits of a load at the end of input: dead letters first, so that no record is lost
 * without a trace, then the rows, unless too many records were bad. Parallelism 1.
 */
final class LoadCommitter extends AbstractStreamOperator<byte[]>
    implements OneInputStreamOperator<byte[], byte[]>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  private final String specJson;

  private transient JobSpec.Load spec;
  private transient SliceTally tally;
  private transient List<DataFile> deadLetterFiles;
  private transient List<FileProblem> problems;
  private transient long found;
  private transient long deadLetters;
  private transient long unreadable;

  LoadCommitter(JobSpec.Load spec) {
    this.specJson = RecordJson.write(spec, JobSpec.Load.class);
  }

  @Override
  public void open() throws Exception {
    super.open();
    spec = RecordJson.read(specJson, JobSpec.Load.class);
    tally = new SliceTally(spec.output(), 0);
    deadLetterFiles = new ArrayList<>();
    problems = new ArrayList<>();
  }

  @Override
  public void processElement(StreamRecord<byte[]> element) {
    Object report = SliceReport.decode(element.getValue());
    if (report instanceof LoadReport load) {
      found += load.found();
      deadLetters += load.deadLetters();
      unreadable += load.unreadable();
      problems.addAll(load.problems());
      deadLetterFiles.addAll(load.files());
    } else {
      tally.add((SliceReport) report);
    }
  }

  @Override
  public void endInput() throws Exception {
    try (TableLoader main = IcebergCatalogs.tableLoader(spec.catalog(), spec.output().table());
        TableLoader letters = IcebergCatalogs.tableLoader(spec.catalog(), spec.deadLetters())) {
      main.open();
      letters.open();
      commitDeadLetters(letters.loadTable());
      commitRows(main.loadTable());
    } catch (TidemarkException e) {
      throw e.category() == TidemarkException.Category.EXTERNAL
          ? e
          : new SuppressRestartsException(e);
    }
  }

  private void commitDeadLetters(Table table) {
    if (deadLetterFiles.isEmpty()) {
      return;
    }
    String key = spec.key() + "/dead-letters";
    TableCommit commit = new TableCommit(table, "main", key);
    Snapshot done =
        commit.run(head -> append(table, deadLetterFiles), Map.of(StampSummary.KEY, key));
    commit.deleteUnused(done, deadLetterFiles);
  }

  private void commitRows(Table table) {
    TableCommit commit = new TableCommit(table, spec.output().branch(), spec.key());
    Optional<Snapshot> earlier = commit.find();
    if (earlier.isPresent()) {
      commit.deleteUnused(earlier.get(), tally.files());
      return;
    }
    List<SliceTotals> slices = tally.slices(SliceSet.empty(spec.output().layout().slice()));
    List<SliceStats> stats = tally.stats(slices);
    Collections.sort(problems);
    ResultDocument.write(
        table,
        spec.resultPath(),
        new JobResult.Loaded(
            spec.key(),
            tally.rows(),
            deadLetters,
            problems.stream().limit(LoadReport.SHOWN).map(FileProblem::toString).toList(),
            stats));
    if (isTooBad()) {
      commit.deleteAll(tally.files());
      return;
    }
    Optional<Problem> lost = conserved(spec.output().table(), found, deadLetters, tally);
    if (lost.isPresent()) {
      commit.deleteAll(tally.files());
      throw TidemarkException.refused(lost.get());
    }
    try {
      Snapshot done =
          commit.run(
              head -> change(table, head),
              StampSummary.write(SliceTally.stamped(spec.stamp(), spec.output(), stats)));
      commit.deleteUnused(done, tally.files());
    } catch (TidemarkException e) {
      if (e.category() != TidemarkException.Category.EXTERNAL) {
        commit.deleteAll(tally.files());
      }
      throw e;
    }
  }

  /** A file of which nothing can be read is too bad, whatever its share. */
  private boolean isTooBad() {
    return unreadable > 0
        || deadLetters > spec.maxBadRatio() * ((double) deadLetters + tally.rows());
  }

  /**
   * Rows found in the files are rows that were written or set aside, else something is wrong.
   *
   * @param tally of the rows that were written
   */
  static Optional<Problem> conserved(
      TableRef table, long found, long deadLetters, SliceTally tally) {
    long files = tally.files().stream().mapToLong(DataFile::recordCount).sum();
    if (found == tally.rows() + deadLetters && files == tally.rows()) {
      return Optional.empty();
    }
    return Optional.of(
        Problem.of(
            "TM-JOB-031",
            "rows for " + table + " were lost or doubled on the way, so nothing was loaded",
            found
                + " rows found in the files, "
                + tally.rows()
                + " measured, "
                + files
                + " written, "
                + deadLetters
                + " set aside",
            "load again; if it stays so, the files change while they are read"));
  }

  private SnapshotUpdate<?> change(Table table, Optional<Snapshot> head) {
    if (spec.mode() == JobSpec.Load.Mode.APPEND) {
      return append(table, tally.files());
    }
    OverwriteFiles overwrite = table.newOverwrite().overwriteByRowFilter(Expressions.alwaysTrue());
    head.ifPresent(h -> overwrite.validateFromSnapshot(h.snapshotId()));
    tally.files().forEach(overwrite::addFile);
    return overwrite
        .conflictDetectionFilter(Expressions.alwaysTrue())
        .validateNoConflictingData()
        .validateNoConflictingDeletes();
  }

  private static SnapshotUpdate<?> append(Table table, List<DataFile> files) {
    AppendFiles append = table.newAppend();
    files.forEach(append::appendFile);
    return append;
  }
}
