package io.tidemark.control;

import io.tidemark.model.rollback.Terms;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What somebody wants done, as they wrote it: names are resolved, and refused with the nearest
 * name, when it is carried out.
 *
 * @param <R> what it answers with
 */
public sealed interface Operation<R extends Report> {

  R accept(Visitor visitor);

  /** One method per operation: a new one does not compile until somebody handles it. */
  interface Visitor {
    Report.Validated validate(Validate operation);

    Report.GraphShown showGraph(ShowGraph operation);

    Report.Initialised init(Init operation);

    Report.Loaded load(Load operation);

    Report.StatusShown status(Status operation);

    Report.SlicesShown slices(ShowSlices operation);

    Report.HistoryShown history(ShowHistory operation);

    Report.Planned plan(MakePlan operation);

    Report.RunShown run(StartRun operation);

    Report.RunShown rebase(Rebase operation);

    Report.RunShown showRun(ShowRun operation);

    Report.RunsListed listRuns(ListRuns operation);

    Report.RunShown abandon(Abandon operation);

    Report.DiffShown diff(Diff operation);

    Report.Published publish(Publish operation);

    Report.Reverted revert(Revert operation);

    RolledBack rollback(Rollback operation);

    Report.LineageShown lineage(Lineage operation);

    Report.QueryShown query(Query operation);

    Report.LiveShown startLive(StartLive operation);

    Report.LiveShown shadow(Shadow operation);

    Report.LiveShown stopLive(StopLive operation);

    Ordered orderLive(OrderLive operation);

    Report.LiveShown live(ShowLive operation);

    Verified verify(Verify operation);

    Corrected correct(Correct operation);

    Examined examine(Examine operation);

    Maintained maintain(Maintain operation);

    Generated generate(Generate operation);

    RunsWatched watchRuns(WatchRuns operation);

    Served serve(Serve operation);
  }

  /** Reads jobs/ and config/ and reports every problem at once. */
  record Validate() implements Operation<Report.Validated> {
    @Override
    public Report.Validated accept(Visitor visitor) {
      return visitor.validate(this);
    }
  }

  /** Shows the datasets and transforms of jobs/. */
  record ShowGraph() implements Operation<Report.GraphShown> {
    @Override
    public Report.GraphShown accept(Visitor visitor) {
      return visitor.showGraph(this);
    }
  }

  /** Writes a minimal, commented project into an empty or missing folder. */
  record Init(Path directory) implements Operation<Report.Initialised> {
    public Init {
      Objects.requireNonNull(directory, "directory");
    }

    @Override
    public Report.Initialised accept(Visitor visitor) {
      return visitor.init(this);
    }
  }

  /**
   * Appends files of rows to a source or reference. A file whose content was loaded before is
   * passed over.
   *
   * @param files none for the dead letters of the source's topic, read once more
   * @param format csv, json or parquet; empty to go by each file's name
   * @param maxBadRatio above this share of unreadable rows (0 to 1) nothing is loaded
   */
  record Load(String dataset, List<Path> files, Optional<String> format, double maxBadRatio)
      implements Operation<Report.Loaded> {
    public Load {
      Objects.requireNonNull(dataset, "dataset");
      files = List.copyOf(files);
      Objects.requireNonNull(format, "format");
    }

    @Override
    public Report.Loaded accept(Visitor visitor) {
      return visitor.load(this);
    }
  }

  /** Says of every dataset what is fresh, what is stale and why. */
  record Status() implements Operation<Report.StatusShown> {
    @Override
    public Report.StatusShown accept(Visitor visitor) {
      return visitor.status(this);
    }
  }

  /** Lists what main holds of each slice of a dataset: rows, files, content hash, maker. */
  record ShowSlices(String dataset) implements Operation<Report.SlicesShown> {
    public ShowSlices {
      Objects.requireNonNull(dataset, "dataset");
    }

    @Override
    public Report.SlicesShown accept(Visitor visitor) {
      return visitor.slices(this);
    }
  }

  /** Lists the commits on main of a dataset with their provenance, newest first. */
  record ShowHistory(String dataset, int limit) implements Operation<Report.HistoryShown> {
    public ShowHistory {
      Objects.requireNonNull(dataset, "dataset");
    }

    @Override
    public Report.HistoryShown accept(Visitor visitor) {
      return visitor.history(this);
    }
  }

  /**
   * Finds what is stale and makes the plan that would rebuild it; changes nothing.
   *
   * @param out where to write the plan as JSON
   */
  record MakePlan(Selection selection, Optional<Path> out) implements Operation<Report.Planned> {
    public MakePlan {
      Objects.requireNonNull(selection, "selection");
      Objects.requireNonNull(out, "out");
    }

    @Override
    public Report.Planned accept(Visitor visitor) {
      return visitor.plan(this);
    }
  }

  /** Builds, verifies and, if asked to, publishes a plan; answers when it is done or blocked. */
  record StartRun(Source source, After after) implements Operation<Report.RunShown> {
    public StartRun {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(after, "after");
    }

    @Override
    public Report.RunShown accept(Visitor visitor) {
      return visitor.run(this);
    }
  }

  /**
   * After a publish was refused because somebody else changed slices: computes those slices again,
   * and proves them again.
   */
  record Rebase(String run) implements Operation<Report.RunShown> {
    public Rebase {
      Objects.requireNonNull(run, "run");
    }

    @Override
    public Report.RunShown accept(Visitor visitor) {
      return visitor.rebase(this);
    }
  }

  /** Shows one run. */
  record ShowRun(String run) implements Operation<Report.RunShown> {
    public ShowRun {
      Objects.requireNonNull(run, "run");
    }

    @Override
    public Report.RunShown accept(Visitor visitor) {
      return visitor.showRun(this);
    }
  }

  /** Lists the newest runs. */
  record ListRuns(int limit) implements Operation<Report.RunsListed> {
    @Override
    public Report.RunsListed accept(Visitor visitor) {
      return visitor.listRuns(this);
    }
  }

  /** Gives an unpublished run up: its branches and leases go, main stays as it is. */
  record Abandon(String run) implements Operation<Report.RunShown> {
    public Abandon {
      Objects.requireNonNull(run, "run");
    }

    @Override
    public Report.RunShown accept(Visitor visitor) {
      return visitor.abandon(this);
    }
  }

  /** Shows what a run's candidate changes against the main it was compared with. */
  record Diff(String run) implements Operation<Report.DiffShown> {
    public Diff {
      Objects.requireNonNull(run, "run");
    }

    @Override
    public Report.DiffShown accept(Visitor visitor) {
      return visitor.diff(this);
    }
  }

  /** Puts a run's candidate on main, if nothing stands against it. */
  record Publish(String run) implements Operation<Report.Published> {
    public Publish {
      Objects.requireNonNull(run, "run");
    }

    @Override
    public Report.Published accept(Visitor visitor) {
      return visitor.publish(this);
    }
  }

  /**
   * Puts slices of a published run back to what they were before, keeping every later commit.
   *
   * @param dataset only this one; empty for all
   * @param slices only these, such as {@code 2001-03} or {@code 2001-03..2001-05}; empty for all
   * @param act whether it is only asked what would be put back
   */
  record Revert(String run, Optional<String> dataset, Optional<String> slices, Terms.Act act)
      implements Operation<Report.Reverted> {
    public Revert {
      Objects.requireNonNull(run, "run");
      Objects.requireNonNull(dataset, "dataset");
      Objects.requireNonNull(slices, "slices");
      Objects.requireNonNull(act, "act");
    }

    @Override
    public Report.Reverted accept(Visitor visitor) {
      return visitor.revert(this);
    }
  }

  /**
   * Moves a whole table back to a snapshot, if main is still where the caller expects it.
   *
   * @param table a dataset, or a table as {@code namespace.name}
   * @param to a snapshot's number, a tag, or a time
   */
  record Rollback(String table, String to, long expectedHead, Terms terms)
      implements Operation<RolledBack> {
    public Rollback {
      Objects.requireNonNull(table, "table");
      Objects.requireNonNull(to, "to");
      Objects.requireNonNull(terms, "terms");
    }

    @Override
    public RolledBack accept(Visitor visitor) {
      return visitor.rollback(this);
    }
  }

  /** Shows what a dataset or one of its columns is made from and what is made from it. */
  record Lineage(String dataset, Optional<String> column)
      implements Operation<Report.LineageShown> {
    public Lineage {
      Objects.requireNonNull(dataset, "dataset");
      Objects.requireNonNull(column, "column");
    }

    @Override
    public Report.LineageShown accept(Visitor visitor) {
      return visitor.lineage(this);
    }
  }

  /** Runs a read-only Flink SQL query over the catalog; answers with at most {@code limit} rows. */
  record Query(String sql, int limit) implements Operation<Report.QueryShown> {
    public Query {
      Objects.requireNonNull(sql, "sql");
    }

    @Override
    public Report.QueryShown accept(Visitor visitor) {
      return visitor.query(this);
    }
  }

  /**
   * Starts the live job of the pipeline: topics through transforms into tables, without an end. On
   * a session cluster it answers once the job runs; a job inside this process is stayed with until
   * it ends, or the watcher wants it to.
   *
   * @param datasets to be kept up to date, with what they need; empty for all that topics reach
   * @param from the slice with which transforms that never ran live begin; empty for the newest
   * @param acceptedGaps partitions, as TOPIC/NUMBER, of which what expired unread is passed over
   */
  record StartLive(
      List<String> datasets, Optional<String> from, List<String> acceptedGaps, Care care)
      implements Operation<Report.LiveShown> {
    /** How long whoever started the job cares for it. */
    public enum Care {
      /** Until it runs. */
      STARTED,
      /** For good: it is started again whenever it is gone, unless somebody stopped it. */
      KEPT
    }

    public StartLive {
      datasets = List.copyOf(datasets);
      Objects.requireNonNull(from, "from");
      acceptedGaps = List.copyOf(acceptedGaps);
      Objects.requireNonNull(care, "care");
    }

    /** Where nothing has expired. */
    public StartLive(List<String> datasets, Optional<String> from, Care care) {
      this(datasets, from, List.of(), care);
    }

    /** Until it runs. */
    public StartLive(List<String> datasets, Optional<String> from) {
      this(datasets, from, Care.STARTED);
    }

    @Override
    public Report.LiveShown accept(Visitor visitor) {
      return visitor.startLive(this);
    }
  }

  /**
   * Writes the order of a start instead of starting: for {@code flink run} and clusters that are
   * there for one job.
   *
   * @param file is replaced if it is there; holds what the catalog and Kafka ask for, passwords too
   */
  record OrderLive(
      List<String> datasets, Optional<String> from, List<String> acceptedGaps, Path file)
      implements Operation<Ordered> {
    public OrderLive {
      datasets = List.copyOf(datasets);
      Objects.requireNonNull(from, "from");
      acceptedGaps = List.copyOf(acceptedGaps);
      Objects.requireNonNull(file, "file");
    }

    @Override
    public Ordered accept(Visitor visitor) {
      return visitor.orderLive(this);
    }
  }

  /** Starts or ends a shadow, or lets it and the live job change places. */
  record Shadow(ShadowAct act) implements Operation<Report.LiveShown> {
    public Shadow {
      Objects.requireNonNull(act, "act");
    }

    @Override
    public Report.LiveShown accept(Visitor visitor) {
      return visitor.shadow(this);
    }
  }

  /**
   * Stops live jobs after a last commit, wherever they run.
   *
   * @param datasets whose live jobs; empty for all of the pipeline
   */
  record StopLive(List<String> datasets, OpenSlices open) implements Operation<Report.LiveShown> {
    public StopLive {
      datasets = List.copyOf(datasets);
      Objects.requireNonNull(open, "open");
    }

    /** All of the pipeline. */
    public StopLive(OpenSlices open) {
      this(List.of(), open);
    }

    @Override
    public Report.LiveShown accept(Visitor visitor) {
      return visitor.stopLive(this);
    }
  }

  /** Says how the live job does: lag, watermark, open slices, late rows, checkpoints. */
  record ShowLive() implements Operation<Report.LiveShown> {
    @Override
    public Report.LiveShown accept(Visitor visitor) {
      return visitor.live(this);
    }
  }

  /**
   * Proves that a dataset holds what it should: records taken from topics are counted, closed
   * slices made once more and compared. Leaves nothing behind.
   *
   * @param slices only these, such as {@code 2001-03}; empty for all
   */
  record Verify(String dataset, Optional<String> slices) implements Operation<Verified> {
    public Verify {
      Objects.requireNonNull(dataset, "dataset");
      Objects.requireNonNull(slices, "slices");
    }

    @Override
    public Verified accept(Visitor visitor) {
      return visitor.verify(this);
    }
  }

  /**
   * Rebuilds and publishes closed slices that late events or a live job's doubts made stale.
   *
   * @param dataset only this one; empty for all
   */
  record Correct(Optional<String> dataset, Pace pace) implements Operation<Corrected> {
    public Correct {
      Objects.requireNonNull(dataset, "dataset");
      Objects.requireNonNull(pace, "pace");
    }

    @Override
    public Corrected accept(Visitor visitor) {
      return visitor.correct(this);
    }
  }

  /**
   * Writes closed slices of many small files anew and lets old snapshots expire.
   *
   * @param datasets only these; empty for all
   */
  record Maintain(List<String> datasets) implements Operation<Maintained> {
    public Maintain {
      datasets = List.copyOf(datasets);
    }

    @Override
    public Maintained accept(Visitor visitor) {
      return visitor.maintain(this);
    }
  }

  /**
   * Sends made-up events of an example pipeline to the environment's brokers, until the watcher
   * wants the end or there were enough.
   *
   * @param pipeline whose topics
   * @param ordersPerMinute of event time
   * @param speed how many times as fast as the clock event time goes
   * @param events after how many to end; empty for no end
   * @param seed of the events; empty for others each time
   * @param from event time of the first, such as {@code 2026-01-31T08:00:00Z}; empty for now
   */
  record Generate(
      String pipeline,
      int ordersPerMinute,
      double speed,
      Optional<Long> events,
      Optional<Long> seed,
      Optional<String> from)
      implements Operation<Generated> {
    public Generate {
      Objects.requireNonNull(pipeline, "pipeline");
      Objects.requireNonNull(events, "events");
      Objects.requireNonNull(seed, "seed");
      Objects.requireNonNull(from, "from");
    }

    @Override
    public Generated accept(Visitor visitor) {
      return visitor.generate(this);
    }
  }

  /**
   * Reads how the newest runs get on, also those of other processes, and who holds what.
   *
   * @param limit the newest N
   */
  record WatchRuns(int limit) implements Operation<RunsWatched> {
    @Override
    public RunsWatched accept(Visitor visitor) {
      return visitor.watchRuns(this);
    }
  }

  /**
   * Answers Prometheus over HTTP until the watcher wants the end.
   *
   * @param address of the interface to listen on, as a name or number
   * @param port 0 for any that is free
   * @param every so long after a reading the next begins
   */
  record Serve(String address, int port, Duration every) implements Operation<Served> {
    public Serve {
      Objects.requireNonNull(address, "address");
      Objects.requireNonNull(every, "every");
    }

    @Override
    public Served accept(Visitor visitor) {
      return visitor.serve(this);
    }
  }

  /** Which late events a correction takes up. */
  enum Pace {
    /** Those of slices that have been quiet for a while, so that one correction takes many. */
    SETTLED,
    /** All there are. */
    NOW
  }

  /**
   * Which part of what is stale a plan is about.
   *
   * @param datasets only these and what they need; empty for all
   * @param from only slices that end after this label, such as {@code 2001-03}
   * @param to only slices that start before this label
   * @param change the name or file of the expected change to hold the diff against
   */
  record Selection(
      List<String> datasets, Optional<String> from, Optional<String> to, Optional<String> change) {
    public static final Selection ALL =
        new Selection(List.of(), Optional.empty(), Optional.empty(), Optional.empty());

    public Selection {
      datasets = List.copyOf(datasets);
      Objects.requireNonNull(from, "from");
      Objects.requireNonNull(to, "to");
      Objects.requireNonNull(change, "change");
    }
  }

  /** Tries out everything that an environment runs on; leaves nothing behind. */
  record Examine() implements Operation<Examined> {
    @Override
    public Examined accept(Visitor visitor) {
      return visitor.examine(this);
    }
  }

  /** Where a run's plan comes from, and what was built of it before. */
  sealed interface Source {}

  /** A plan that {@link MakePlan} wrote. */
  record PlanFile(Path file) implements Source {}

  /** A plan made now. */
  record Fresh(Selection selection) implements Source {}

  /**
   * What a backfill by hand built on a branch, as far as it is stale.
   *
   * @param dataset whose table has the branch; empty if no other has one of that name
   * @param change the expected change that the diff is held against
   */
  record OnBranch(String branch, Optional<String> dataset, Optional<String> change)
      implements Source {}

  /** What to do with a run that nothing stands against. */
  enum After {
    KEEP_CANDIDATE,
    PUBLISH
  }
}
