package io.tidemark.control.handlers;

import io.tidemark.control.OpenSlices;
import io.tidemark.control.Operation;
import io.tidemark.control.Operation.StartLive.Care;
import io.tidemark.control.Report;
import io.tidemark.control.Report.LiveEvent;
import io.tidemark.control.ShadowAct;
import io.tidemark.control.Watcher;
import io.tidemark.live.LiveJobs;
import io.tidemark.live.Promoter;
import io.tidemark.live.Side;
import io.tidemark.live.keep.Keeper;
import io.tidemark.live.keep.Wish;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import io.tidemark.spec.LiveQuery;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Live jobs: starts, stays with those of this process, stops, and says how they do. */
final class LiveHandler {
  /** How often what checkpoints say is noted where no engine's expiry takes it away. */
  private static final Duration NOTED = Duration.ofMinutes(5);

  static final String FAILED = "TM-LIVE-120";

  /** Between two looks at a job that stays. */
  static final Duration LOOK = Duration.ofSeconds(1);

  private final Workplace workplace;
  private final Watcher watcher;

  LiveHandler(Workplace workplace, Watcher watcher) {
    this.workplace = workplace;
    this.watcher = watcher;
  }

  Report.LiveShown start(Operation.StartLive operation) {
    if (operation.care() == Care.KEPT) {
      return keep(operation);
    }
    wish(workplace.graph()).run();
    return begin(operation);
  }

  /** Stays until it is told to end, and leaves the job running. */
  private Report.LiveShown keep(Operation.StartLive operation) {
    if (workplace.environment().cluster().rest().isEmpty()) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LIVE-150",
              "--keep is for a session cluster",
              "in environment '"
                  + workplace.environment().name()
                  + "' the live job runs in the process that starts it, and ends with it",
              "leave --keep out, or name a cluster: 'flink.rest' in the environment file"));
    }
    Graph graph = workplace.graph();
    LiveJobs jobs = workplace.liveJobs();
    Keeper.Job job =
        new Keeper.Job(
            () -> jobs.isRunning(Side.MAIN, graph.name()),
            () -> begin(operation),
            () -> jobs.remember(graph));
    new Keeper(job, wish(graph), workplace.clock(), watcher::note)
        .stay(() -> !watcher.wantsTheEnd() && Pause.of(LOOK));
    return new Report.LiveShown(LiveEvent.LOOKED_AT, jobs.status(graph));
  }

  private Wish wish(Graph graph) {
    return new Wish(workplace.store(), workplace.clock(), graph.name());
  }

  private Report.LiveShown begin(Operation.StartLive operation) {
    Graph graph = workplace.graph();
    List<DatasetId> selected =
        operation.datasets().stream().map(name -> Resolve.dataset(graph, name).id()).toList();
    LiveJobs jobs = workplace.liveJobs();
    if (promoter(jobs).isUnderWay(graph.name())) {
      // Between the versions there is nothing to start but what the exchange comes to.
      return promote(new ShadowAct.Promote(1, Duration.ZERO));
    }
    LiveJobs.Request request =
        new LiveJobs.Request(
            graph,
            selected,
            operation.from(),
            Optional.empty(),
            operation.acceptedGaps(),
            t -> queries(graph, t));
    try (LiveJobs.Started started = jobs.start(Side.MAIN, request)) {
      started.order().sources().forEach(this::tellGap);
      jobs.remember(graph);
      if (workplace.environment().cluster().rest().isPresent()) {
        return new Report.LiveShown(LiveEvent.STARTED, jobs.status(graph));
      }
      watcher.note(
          "Live job '"
              + started.order().name()
              + "' runs in this process, start "
              + started.order().epoch()
              + ". Ctrl-C stops it after a last commit.");
      return stay(graph, jobs);
    }
  }

  private void tellGap(LiveSpec.Source source) {
    source
        .expired()
        .forEach(
            (partition, gone) ->
                watcher.note(
                    "Passed over: "
                        + gone
                        + " offsets of partition "
                        + partition
                        + " of '"
                        + source.dataset().id()
                        + "' that expired unread; slices that they may have been of are doubted"
                        + " when they close."));
  }

  Report.LiveShown promote(ShadowAct.Promote operation) {
    Graph graph = workplace.graph();
    LiveJobs jobs = workplace.liveJobs();
    return exchanged(
        graph,
        jobs,
        LiveEvent.PROMOTED,
        promoter(jobs).promote(graph, operation.after(), operation.grace()));
  }

  Report.LiveShown demote() {
    Graph graph = workplace.graph();
    LiveJobs jobs = workplace.liveJobs();
    return exchanged(graph, jobs, LiveEvent.DEMOTED, promoter(jobs).demote(graph));
  }

  private Report.LiveShown exchanged(
      Graph graph, LiveJobs jobs, LiveEvent event, List<LiveJobs.Started> started) {
    try {
      jobs.remember(graph);
      if (workplace.environment().cluster().rest().isPresent() || started.isEmpty()) {
        return new Report.LiveShown(event, jobs.status(graph));
      }
      watcher.note("The exchange is done. What runs now runs in this process. Ctrl-C stops it.");
      Report.LiveShown end = stay(graph, jobs);
      jobs.stop(Side.SHADOW, graph.name());
      return end;
    } finally {
      started.forEach(LiveJobs.Started::close);
    }
  }

  private Promoter promoter(LiveJobs jobs) {
    return new Promoter(
        jobs, workplace.store(), workplace.clock(), LiveHandler::queries, watcher::note);
  }

  static Map<DatasetId, LiveJobs.Query> queries(Graph graph, Collection<Transform> transforms) {
    Map<DatasetId, LiveJobs.Query> queries = new TreeMap<>();
    LiveQuery.of(graph, transforms)
        .forEach((id, q) -> queries.put(id, new LiveJobs.Query(q.text(), q.problems())));
    return queries;
  }

  private Report.LiveShown stay(Graph graph, LiveJobs jobs) {
    Instant noted = workplace.clock().instant();
    String unseen = "";
    while (!watcher.wantsTheEnd()) {
      try {
        promoter(jobs).endGrace(graph);
        LiveStatus status = jobs.status(graph);
        watcher.status(status);
        if (status.health().state() == LiveStatus.State.FAILED) {
          throw failed(status);
        } else if (status.health().state() == LiveStatus.State.NOT_RUNNING) {
          return new Report.LiveShown(LiveEvent.STOPPED, status);
        }
        if (noted.plus(NOTED).isBefore(workplace.clock().instant())) {
          jobs.remember(graph);
          noted = workplace.clock().instant();
        }
        unseen = "";
      } catch (TidemarkException e) {
        // The job sits out what keeps brokers or the catalog away, and so does who looks at it.
        String what = e.problems().get(0).what();
        if (e.category() != TidemarkException.Category.EXTERNAL
            || e.problems().get(0).code().equals(FAILED)) {
          throw e;
        } else if (!what.equals(unseen)) {
          watcher.note("The live job goes on, but cannot be looked at: " + what);
          unseen = what;
        }
      }
      if (!Pause.of(LOOK)) {
        break;
      }
    }
    watcher.note("Stopping after a last commit.");
    return stop(graph, jobs);
  }

  private static TidemarkException failed(LiveStatus status) {
    return TidemarkException.external(
        Problem.of(
            FAILED,
            "live job '" + status.name() + "' failed: " + status.health().reason(),
            "it does not go on by itself; nothing that it committed is lost",
            "mend what it names, then: tidemark live start"),
        null);
  }

  Report.LiveShown stop(Operation.StopLive operation) {
    Graph graph = workplace.graph();
    LiveJobs jobs = workplace.liveJobs();
    wish(graph).stop();
    Report.LiveShown report = stop(graph, jobs);
    if (operation.open() == OpenSlices.RELEASED) {
      jobs.release(graph);
      return new Report.LiveShown(report.event(), jobs.status(graph));
    }
    return report;
  }

  /** Stops one side, and tells how that went. */
  static LiveEvent stop(Graph graph, LiveJobs jobs, Side side) {
    return switch (jobs.stop(side, graph.name())) {
      case WITH_LAST_COMMIT -> LiveEvent.STOPPED;
      case UNCOMMITTED -> LiveEvent.UNCOMMITTED;
      case CANCELLED -> LiveEvent.CANCELLED;
      case NOT_RUNNING -> LiveEvent.NOT_RUNNING;
    };
  }

  private static Report.LiveShown stop(Graph graph, LiveJobs jobs) {
    LiveEvent event = stop(graph, jobs, Side.MAIN);
    jobs.remember(graph);
    return new Report.LiveShown(event, jobs.status(graph));
  }

  Report.LiveShown show() {
    Graph graph = workplace.graph();
    LiveJobs jobs = workplace.liveJobs();
    if (workplace.environment().cluster().rest().isPresent()) {
      // Nobody stays with a shadow there; where Flink runs in a process, that one compares.
      compare(graph, jobs);
    }
    return new Report.LiveShown(LiveEvent.LOOKED_AT, jobs.status(graph), jobs.otherCode(graph));
  }

  /**
   * What cannot be compared now is compared by a later look; how the job does is said all the same.
   */
  private void compare(Graph graph, LiveJobs jobs) {
    try {
      jobs.compare(graph);
    } catch (TidemarkException e) {
      if (e.category() != TidemarkException.Category.EXTERNAL) {
        throw e;
      }
      watcher.note("Slices of the shadow are not compared now: " + e.problems().get(0).what());
    }
  }
}
