package io.tidemark.control;

import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.Plan;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.SliceSet;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What an operation answers with: data, in the order people read it, for a renderer to print. As
 * JSON it is what {@link io.tidemark.model.RecordJson} makes of it.
 */
public sealed interface Report
    permits Report.Validated,
        Report.GraphShown,
        Report.Initialised,
        Report.Loaded,
        Report.StatusShown,
        Report.SlicesShown,
        Report.HistoryShown,
        Report.Planned,
        Report.RunShown,
        Report.RunsListed,
        Report.DiffShown,
        Report.Published,
        Report.Reverted,
        RolledBack,
        Report.LineageShown,
        Report.QueryShown,
        Report.LiveShown,
        Verified,
        Corrected,
        Maintained,
        Examined,
        Generated,
        Ordered,
        RunsWatched,
        Served {

  <T> T accept(Visitor<T> visitor);

  /** One method per report: a new one does not compile until it can be printed. */
  interface Visitor<T> {
    T validated(Validated report);

    T graph(GraphShown report);

    T initialised(Initialised report);

    T loaded(Loaded report);

    T status(StatusShown report);

    T slices(SlicesShown report);

    T history(HistoryShown report);

    T planned(Planned report);

    T run(RunShown report);

    T runs(RunsListed report);

    T diff(DiffShown report);

    T published(Published report);

    T reverted(Reverted report);

    T rolledBack(RolledBack report);

    T lineage(LineageShown report);

    T query(QueryShown report);

    T live(LiveShown report);

    T verified(Verified report);

    T corrected(Corrected report);

    T maintained(Maintained report);

    T examined(Examined report);

    T generated(Generated report);

    T ordered(Ordered report);

    T runsWatched(RunsWatched report);

    T served(Served report);
  }

  /**
   * The project is sound.
   *
   * @param changes names of the expected changes
   */
  record Validated(
      String pipeline,
      Fingerprint revision,
      List<DatasetId> sources,
      List<DatasetId> references,
      List<DatasetId> derived,
      List<String> changes)
      implements Report {
    public Validated {
      sources = List.copyOf(sources);
      references = List.copyOf(references);
      derived = List.copyOf(derived);
      changes = List.copyOf(changes);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.validated(this);
    }
  }

  /** The datasets and transforms of jobs/. */
  record GraphShown(Graph graph) implements Report {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.graph(this);
    }
  }

  /**
   * A project was written.
   *
   * @param files written, relative to the directory
   */
  record Initialised(String directory, List<String> files) implements Report {
    public Initialised {
      files = List.copyOf(files);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.initialised(this);
    }
  }

  /**
   * Files were loaded.
   *
   * @param rows good ones
   * @param deadLetters rows that could not be read, now in {@code deadLetterTable}
   * @param problems the first few of them, as {@code file:line: reason}
   */
  record Loaded(
      DatasetId dataset,
      String table,
      List<FileLoaded> files,
      long rows,
      long deadLetters,
      String deadLetterTable,
      List<String> problems)
      implements Report {
    public Loaded {
      files = List.copyOf(files);
      problems = List.copyOf(problems);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.loaded(this);
    }
  }

  /**
   * Every dataset: fresh and stale slices, and the reason for each.
   *
   * @param openRuns runs that are not finished, newest first
   */
  record StatusShown(String pipeline, List<DatasetStatus> datasets, List<RunLine> openRuns)
      implements Report {
    public StatusShown {
      datasets = List.copyOf(datasets);
      openRuns = List.copyOf(openRuns);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.status(this);
    }
  }

  /** What main holds of each slice. */
  record SlicesShown(DatasetId dataset, String table, Optional<Long> head, List<SliceLine> slices)
      implements Report {
    public SlicesShown {
      slices = List.copyOf(slices);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.slices(this);
    }
  }

  /** The stamped commits on main, newest first; commits of other engines carry no stamp. */
  record HistoryShown(
      DatasetId dataset, String table, Optional<Long> head, List<StampedCommit> commits)
      implements Report {
    public HistoryShown {
      commits = List.copyOf(commits);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.history(this);
    }
  }

  /**
   * A plan, with its content hash.
   *
   * @param file where it was written
   */
  record Planned(Plan plan, Fingerprint hash, Optional<String> file) implements Report {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.planned(this);
    }
  }

  /**
   * A run and what became of each dataset.
   *
   * @param run empty if there was nothing to run
   */
  record RunShown(Optional<RunLine> run, List<DatasetOutcome> datasets) implements Report {
    public RunShown {
      datasets = List.copyOf(datasets);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.run(this);
    }
  }

  /** Runs, newest first. */
  record RunsListed(List<RunLine> runs) implements Report {
    public RunsListed {
      runs = List.copyOf(runs);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.runs(this);
    }
  }

  /** What a run's candidate changes. */
  record DiffShown(RunLine run, List<DatasetDifference> datasets) implements Report {
    public DiffShown {
      datasets = List.copyOf(datasets);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.diff(this);
    }
  }

  /** A run's slices are on main. */
  record Published(RunLine run, List<TableChange> tables, When when) implements Report {
    /** When that was done. */
    public enum When {
      NOW,
      BEFORE
    }

    public Published {
      tables = List.copyOf(tables);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.published(this);
    }
  }

  /** Slices are what they were before the run. */
  record Reverted(RunLine run, List<TableChange> tables) implements Report {
    public Reverted {
      tables = List.copyOf(tables);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.reverted(this);
    }
  }

  /**
   * Where values come from and where they go.
   *
   * @param node {@code dataset} or {@code dataset.column}
   */
  record LineageShown(String node, List<Edge> upstream, List<Edge> downstream) implements Report {
    public LineageShown {
      upstream = List.copyOf(upstream);
      downstream = List.copyOf(downstream);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.lineage(this);
    }
  }

  /** Rows of a query as SQL strings; empty for NULL. */
  record QueryShown(
      List<String> columns, List<List<Optional<String>>> rows, Completeness completeness)
      implements Report {
    public QueryShown {
      columns = List.copyOf(columns);
      rows = List.copyOf(rows);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.query(this);
    }
  }

  /**
   * How a live job does.
   *
   * @param event what just became of it
   * @param otherCode datasets that it was started with other code for than jobs/ holds now
   * @param others the pipeline's other live jobs, which follow tables
   */
  record LiveShown(LiveEvent event, LiveStatus job, List<DatasetId> otherCode, List<Other> others)
      implements Report {
    /** A live job that follows tables, and what just became of it. */
    public record Other(LiveEvent event, LiveStatus job) {}

    public LiveShown {
      otherCode = List.copyOf(otherCode);
      others = List.copyOf(others);
    }

    /** Of a pipeline's only live job. */
    public LiveShown(LiveEvent event, LiveStatus job, List<DatasetId> otherCode) {
      this(event, job, otherCode, List.of());
    }

    public LiveShown(LiveEvent event, LiveStatus job) {
      this(event, job, List.of());
    }

    /** Whether the last commit of one of them failed. */
    public boolean isUncommitted() {
      return event == LiveEvent.UNCOMMITTED
          || others.stream().anyMatch(o -> o.event() == LiveEvent.UNCOMMITTED);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.live(this);
    }
  }

  /** What became of a live job by an operation. */
  enum LiveEvent {
    LOOKED_AT,
    STARTED,
    /** Its shadow took its place. */
    PROMOTED,
    /** The version before took its place again. */
    DEMOTED,
    /** After a last commit. */
    STOPPED,
    /** What it had read is not all in its tables: the next start reads it again. */
    UNCOMMITTED,
    /** Without one: what it had not committed is read again by the next start. */
    CANCELLED,
    /** There was none to stop. */
    NOT_RUNNING
  }

  /** Whether a query's rows are all there are. */
  enum Completeness {
    ALL,
    CUT_OFF
  }

  /** One file of a load. */
  record FileLoaded(String file, Fate fate) {

    /** What happened to a file. */
    public enum Fate {
      LOADED,
      /** Its content is in the table already. */
      KNOWN
    }
  }

  /**
   * @param rows on main; with slices, files and bytes from manifests
   * @param fresh slices whose key matches; empty for sources and references
   * @param stale what a plan would rebuild
   * @param open what a live job still writes to, of those present
   */
  record DatasetStatus(
      DatasetId dataset,
      Dataset.Kind kind,
      String table,
      Optional<Long> head,
      long rows,
      long files,
      long bytes,
      SliceSet present,
      SliceSet fresh,
      SliceSet stale,
      SliceSet open,
      List<Plan.Reason> reasons) {
    public DatasetStatus {
      reasons = List.copyOf(reasons);
    }
  }

  /**
   * @param change the expected change it was planned with
   * @param reason why it is where it is; empty for the normal course
   */
  record RunLine(
      RunId run,
      RunState state,
      Optional<String> change,
      String reason,
      Instant created,
      Instant updated,
      List<DatasetId> datasets,
      long slices) {
    public RunLine {
      datasets = List.copyOf(datasets);
    }
  }

  /**
   * What a run made of one dataset.
   *
   * @param built slices that were recomputed
   * @param identical those whose content did not change
   * @param rows in the candidate's slices
   * @param counts of the diff
   * @param failed expectations that stop the publish
   * @param verdict what stands for or against publishing
   */
  record DatasetOutcome(
      DatasetId dataset,
      SliceSet built,
      SliceSet identical,
      long rows,
      DatasetDiff.Counts counts,
      List<String> failed,
      Verdict verdict) {
    public DatasetOutcome {
      failed = List.copyOf(failed);
    }
  }

  /** What stands for or against publishing a dataset. */
  enum Verdict {
    /** Nothing there was before. */
    FIRST_BUILD,
    UNCHANGED,
    EXPLAINED,
    UNEXPLAINED,
    CHECK_FAILED,
    /** No evidence yet. */
    UNVERIFIED
  }

  /**
   * @param key the columns that rows were matched by
   * @param base the snapshot of main; 0 when main held nothing
   * @param candidate the branch's snapshot
   * @param allowed what the expected change declares for this dataset, for people; empty if nothing
   */
  record DatasetDifference(
      DatasetId dataset,
      List<String> key,
      long base,
      long candidate,
      SliceSet compared,
      SliceSet identical,
      DatasetDiff diff,
      List<CheckOutcome> checks,
      List<String> allowed,
      Verdict verdict) {
    public DatasetDifference {
      key = List.copyOf(key);
      checks = List.copyOf(checks);
      allowed = List.copyOf(allowed);
    }
  }

  /**
   * A commit that switched slices of one table.
   *
   * @param snapshot main's new head
   * @param slices that were switched
   */
  record TableChange(DatasetId dataset, String table, long snapshot, SliceSet slices) {}

  /** {@code from} flows into {@code to}; both are {@code dataset} or {@code dataset.column}. */
  record Edge(String from, String to, int distance) {}
}
