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
import io.tidemark.live.parts.Parts;
import io.tidemark.live.time.Deadline;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import io.tidemark.release.Claims;
import io.tidemark.spec.LiveQuery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedList;
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

  /** How long a first commit may take. */
  private static final Duration FIRST_MARK = Duration.ofMinutes(5);

  /** How long somebody else may take to start or stop the same job. */
  private static final Duration OTHERS = Duration.ofMinutes(2);

  private final Workplace workplace;
  private final Watcher watcher;

  LiveHandler(Workplace workplace, Watcher watcher) {
    this.workplace = workplace;
    this.watcher = watcher;
  }

  Report.LiveShown start(Operation.StartLive operation) {
    List<LivePart> parts = LivePart.of(workplace.graph(), operation.datasets());
    if (operation.care() == Care.KEPT) {
      return keep(operation, parts);
    }
    boolean contended = isSession() && parts.stream().noneMatch(this::isThere);
    parts.forEach(part -> wish(part.graph()).run());
    return contended ? beginOrJoin(operation, parts) : begin(operation, parts);
  }

  private boolean isSession() {
    return workplace.environment().cluster().rest().isPresent();
  }

  private boolean isThere(LivePart part) {
    return workplace.liveJobs().isRunning(Side.MAIN, part.graph().name());
  }

  /** Of jobs that did not run: a keeper that heard of the wish may have been quicker. */
  private Report.LiveShown beginOrJoin(Operation.StartLive operation, List<LivePart> parts) {
    Deadline end = Deadline.in(OTHERS);
    while (true) {
      try {
        return begin(operation, parts);
      } catch (TidemarkException e) {
        String code = e.problems().get(0).code();
        if (code.equals(LiveJobs.RUNS_ALREADY) && parts.stream().allMatch(this::isThere)) {
          return shown(LiveEvent.STARTED, parts);
        }
        boolean waits =
            (code.equals(LiveJobs.RUNS_ALREADY) || code.equals(Claims.CLAIMED))
                && !watcher.wantsTheEnd()
                && !end.isOver();
        if (!waits || !Pause.of(LOOK)) {
          throw e;
        }
      }
    }
  }

  /** Stays until it is told to end, and leaves the jobs running. */
  private Report.LiveShown keep(Operation.StartLive operation, List<LivePart> parts) {
    if (!isSession()) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LIVE-150",
              "--keep is for a session cluster",
              "in environment '"
                  + workplace.environment().name()
                  + "' the live job runs in the process that starts it, and ends with it",
              "leave --keep out, or name a cluster: 'flink.rest' in the environment file"));
    }
    LiveJobs jobs = workplace.liveJobs();
    List<Keeper> keepers =
        parts.stream()
            .map(
                part ->
                    new Keeper(
                        new Keeper.Job(
                            () -> isThere(part),
                            () -> begin(operation, List.of(anew(operation, part))),
                            () -> jobs.remember(part.graph())),
                        wish(part.graph()),
                        System::nanoTime,
                        told ->
                            watcher.note(
                                parts.size() == 1 ? told : part.graph().name() + ": " + told)))
            .toList();
    do {
      keepers.forEach(Keeper::tend);
    } while (!watcher.wantsTheEnd() && Pause.of(LOOK));
    return shown(LiveEvent.LOOKED_AT, parts);
  }

  /**
   * A part as jobs/ holds it now, which a keeper that has been there for long has not seen.
   *
   * @throws TidemarkException USER if there is none of that name any more, or jobs/ has mistakes
   */
  private LivePart anew(Operation.StartLive operation, LivePart part) {
    return LivePart.of(workplace.graph(), operation.datasets()).stream()
        .filter(now -> now.graph().name().equals(part.graph().name()))
        .findFirst()
        .orElseThrow(
            () ->
                TidemarkException.user(
                    Problem.of(
                        "TM-LIVE-151",
                        "jobs/ has no live job '" + part.graph().name() + "' any more",
                        "'follows' was changed while the job was kept",
                        "start the keeper again: tidemark live start --keep")));
  }

  private Wish wish(Graph part) {
    return new Wish(workplace.store(), workplace.clock(), part.name());
  }

  private Report.LiveShown begin(Operation.StartLive operation, List<LivePart> parts) {
    LiveJobs jobs = workplace.liveJobs();
    if (parts.stream().anyMatch(p -> promoter(jobs).isUnderWay(p.graph().name()))) {
      // Between the versions there is nothing to start but what the exchange comes to.
      return promote(new ShadowAct.Promote(1, Duration.ZERO));
    }
    List<LiveJobs.Started> started = new ArrayList<>();
    try {
      for (LivePart part : idle(jobs, parts)) {
        started.add(begin(jobs, operation, part, started));
      }
      if (isSession()) {
        return shown(LiveEvent.STARTED, parts);
      }
      for (LiveJobs.Started one : started) {
        watcher.note(
            "Live job '"
                + one.order().name()
                + "' runs in this process, start "
                + one.order().epoch()
                + ". Ctrl-C stops it after a last commit.");
      }
      return stay(parts, jobs);
    } finally {
      started.forEach(LiveJobs.Started::close);
    }
  }

  /** Of several those that do not run; if all do, the start of the first says so. */
  private static List<LivePart> idle(LiveJobs jobs, List<LivePart> parts) {
    List<LivePart> idle =
        parts.size() == 1
            ? parts
            : parts.stream().filter(p -> !jobs.isRunning(Side.MAIN, p.graph().name())).toList();
    return idle.isEmpty() ? parts.subList(0, 1) : idle;
  }

  /**
   * @param before what the same command has started: a table that is followed may have to wait for
   *     its first mark
   */
  private LiveJobs.Started begin(
      LiveJobs jobs, Operation.StartLive operation, LivePart part, List<LiveJobs.Started> before) {
    Graph graph = part.graph();
    LiveJobs.Request request = part.request(operation.from(), operation.acceptedGaps());
    jobs.requireUnmade(graph, Parts.names(workplace.graph()));
    Deadline end = Deadline.in(FIRST_MARK);
    boolean told = false;
    while (true) {
      try {
        LiveJobs.Started started = jobs.start(Side.MAIN, request);
        started.order().sources().forEach(this::tellGap);
        jobs.remember(graph);
        return started;
      } catch (TidemarkException e) {
        boolean waits =
            LiveJobs.TO_WAIT_FOR.contains(e.problems().get(0).code())
                && !before.isEmpty()
                && !watcher.wantsTheEnd()
                && !end.isOver();
        if (!waits || !Pause.of(LOOK)) {
          throw e;
        } else if (!told) {
          watcher.note(
              "Live job '" + graph.name() + "' waits: " + e.problems().get(0).what() + ".");
          told = true;
        }
      }
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
    Graph graph = LivePart.first(workplace.graph());
    LiveJobs jobs = workplace.liveJobs();
    return exchanged(
        graph,
        jobs,
        LiveEvent.PROMOTED,
        promoter(jobs).promote(graph, operation.after(), operation.grace()));
  }

  Report.LiveShown demote() {
    Graph graph = LivePart.first(workplace.graph());
    LiveJobs jobs = workplace.liveJobs();
    return exchanged(graph, jobs, LiveEvent.DEMOTED, promoter(jobs).demote(graph));
  }

  private Report.LiveShown exchanged(
      Graph graph, LiveJobs jobs, LiveEvent event, List<LiveJobs.Started> started) {
    try {
      jobs.remember(graph);
      if (isSession() || started.isEmpty()) {
        return new Report.LiveShown(event, jobs.status(graph));
      }
      watcher.note("The exchange is done. What runs now runs in this process. Ctrl-C stops it.");
      Report.LiveShown end = stay(List.of(new LivePart(graph, List.of())), jobs);
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

  /** Until all of them have ended, or it is told to end them. */
  private Report.LiveShown stay(List<LivePart> parts, LiveJobs jobs) {
    Deadline note = Deadline.in(NOTED);
    Promoter promoter = promoter(jobs);
    List<LivePart> left = new ArrayList<>(parts);
    Optional<TidemarkException> failure = Optional.empty();
    String unseen = "";
    while (!watcher.wantsTheEnd()) {
      try {
        for (LivePart part : List.copyOf(left)) {
          promoter.endGrace(part.graph());
          LiveStatus status = jobs.status(part.graph());
          watcher.status(status);
          if (status.health().state() == LiveStatus.State.FAILED) {
            failure = Optional.of(failed(status));
            left.remove(part);
            if (!left.isEmpty()) {
              watcher.note(failure.get().problems().get(0).what() + "; the others go on.");
            }
          } else if (status.health().state() == LiveStatus.State.NOT_RUNNING) {
            left.remove(part);
          }
        }
        if (left.isEmpty()) {
          if (failure.isPresent()) {
            throw failure.get();
          }
          return shown(LiveEvent.STOPPED, parts);
        }
        if (note.isOver()) {
          left.forEach(part -> jobs.remember(part.graph()));
          note = Deadline.in(NOTED);
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
    List<LiveEvent> events = stop(parts, jobs);
    if (failure.isPresent()) {
      throw failure.get();
    }
    return shown(events, parts);
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
    List<LivePart> parts = LivePart.of(workplace.graph(), operation.datasets());
    LiveJobs jobs = workplace.liveJobs();
    parts.forEach(part -> wish(part.graph()).stop());
    List<LiveEvent> events = stop(parts, jobs);
    if (operation.datasets().isEmpty()) {
      Parts.names(workplace.graph()).stream()
          .filter(name -> jobs.isRunning(Side.MAIN, name))
          .forEach(
              name -> {
                jobs.stop(Side.MAIN, name);
                watcher.note(
                    "Stopped live job '" + name + "' of before 'follows' was changed, too.");
              });
    }
    if (operation.open() == OpenSlices.RELEASED) {
      parts.forEach(part -> jobs.release(part.graph()));
    }
    return shown(events, parts);
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

  /** Those that follow before those that they follow; gives how each of the parts was stopped. */
  private static List<LiveEvent> stop(List<LivePart> parts, LiveJobs jobs) {
    LinkedList<LiveEvent> events = new LinkedList<>();
    for (int i = parts.size() - 1; i >= 0; i--) {
      Graph graph = parts.get(i).graph();
      events.addFirst(stop(graph, jobs, Side.MAIN));
      jobs.remember(graph);
    }
    return events;
  }

  private Report.LiveShown shown(LiveEvent event, List<LivePart> parts) {
    return shown(Collections.nCopies(parts.size(), event), parts);
  }

  /**
   * @param events what just became of each of the parts
   */
  private Report.LiveShown shown(List<LiveEvent> events, List<LivePart> parts) {
    LiveJobs jobs = workplace.liveJobs();
    List<Report.LiveShown.Other> all = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      LiveStatus status = jobs.status(parts.get(i).graph());
      all.add(new Report.LiveShown.Other(events.get(i), status));
    }
    Report.LiveShown.Other first = all.get(0);
    return new Report.LiveShown(first.event(), first.job(), List.of(), all.subList(1, all.size()));
  }

  Report.LiveShown show() {
    List<LivePart> parts = LivePart.of(workplace.graph(), List.of());
    LiveJobs jobs = workplace.liveJobs();
    if (isSession()) {
      // Nobody stays with a shadow there; where Flink runs in a process, that one compares.
      compare(parts.get(0).graph(), jobs);
    }
    Report.LiveShown all = shown(LiveEvent.LOOKED_AT, parts);
    List<DatasetId> otherCode =
        parts.stream().flatMap(p -> jobs.otherCode(p.graph()).stream()).toList();
    return new Report.LiveShown(all.event(), all.job(), otherCode, all.others());
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
