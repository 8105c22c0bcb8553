package io.tidemark.job.build;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.job.slice.ResultDocument;
import io.tidemark.job.slice.SliceFiles;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.job.slice.SliceTally;
import io.tidemark.job.slice.SliceTotals;
import io.tidemark.job.slice.TableCommit;
import io.tidemark.job.slice.TimeFilter;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.RecordJson;
import io.tidemark.model.SliceStats;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotUpdate;
import org.apache.iceberg.Table;
import org.apache.iceberg.flink.TableLoader;

/**
 * Collects the reports of all tasks and, at the end of input, makes the one commit of a build.
 * Parallelism 1. Runs after all writers have ended, so a restart of this task alone repeats nothing
 * but the commit, which is idempotent by key.
 */
final class SliceCommitter extends AbstractStreamOperator<byte[]>
    implements OneInputStreamOperator<byte[], byte[]>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  private final String specJson;
  private final Conservation conservation;

  private transient JobSpec.Build spec;
  private transient InlineChecks checks;
  private transient SliceTally tally;

  SliceCommitter(JobSpec.Build spec, Conservation conservation) {
    this.conservation = conservation;
    this.specJson = RecordJson.write(spec, JobSpec.Build.class);
  }

  @Override
  public void open() throws Exception {
    super.open();
    spec = RecordJson.read(specJson, JobSpec.Build.class);
    checks = new InlineChecks(spec.checks());
    tally = new SliceTally(spec.output(), checks.rowChecks().size());
  }

  @Override
  public void processElement(StreamRecord<byte[]> element) {
    tally.add((SliceReport) SliceReport.decode(element.getValue()));
  }

  @Override
  public void endInput() throws Exception {
    JobSpec.Output output = spec.output();
    try (TableLoader loader = IcebergCatalogs.tableLoader(spec.catalog(), output.table())) {
      loader.open();
      Table table = loader.loadTable();
      TableCommit commit = new TableCommit(table, output.branch(), spec.key());
      Optional<Snapshot> earlier = commit.find();
      if (earlier.isEmpty()) {
        try {
          commit(table, commit);
        } catch (TidemarkException e) {
          if (e.category() == TidemarkException.Category.EXTERNAL) {
            throw e;
          }
          commit.deleteAll(tally.files());
          throw new SuppressRestartsException(e);
        }
      } else {
        commit.deleteUnused(earlier.get(), tally.files());
      }
    }
  }

  private void commit(Table table, TableCommit commit) {
    List<SliceTotals> slices = tally.slices(spec.output().slices());
    List<SliceStats> stats = tally.stats(slices);
    List<CheckOutcome> outcomes = new ArrayList<>(checks.outcomes(slices));
    outcomes.add(conservation.check(tally, slices));
    JobResult.Built result =
        new JobResult.Built(
            spec.key(),
            tally.rowsIn(spec.inputs().size()),
            tally.outside(),
            tally.bytes(),
            tally.millis(),
            stats,
            outcomes);
    ResultDocument.write(table, spec.resultPath(), result);
    Snapshot done =
        commit.run(
            head -> replace(table, head),
            StampSummary.write(SliceTally.stamped(spec.stamp(), spec.output(), stats)));
    commit.deleteUnused(done, tally.files());
  }

  private SnapshotUpdate<?> replace(Table table, Optional<Snapshot> head) {
    JobSpec.Output output = spec.output();
    OverwriteFiles overwrite = table.newOverwrite();
    if (head.isPresent()) {
      new SliceFiles(table, output.layout(), output.slices())
          .in(head.get())
          .forEach(overwrite::deleteFile);
      overwrite.validateFromSnapshot(head.get().snapshotId());
    }
    output
        .layout()
        .eventTime()
        .ifPresent(
            column ->
                overwrite.conflictDetectionFilter(
                    TimeFilter.of(table.schema(), column, output.slices().ranges())));
    tally.files().forEach(overwrite::addFile);
    return overwrite.validateNoConflictingData().validateNoConflictingDeletes();
  }
}
