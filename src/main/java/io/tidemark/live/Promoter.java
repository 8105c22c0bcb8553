package io.tidemark.live;

import io.tidemark.live.LiveJobs.Query;
import io.tidemark.live.LiveJobs.Request;
import io.tidemark.live.LiveJobs.Started;
import io.tidemark.live.Swap.Stage;
import io.tidemark.live.place.Waiting;
import io.tidemark.live.time.Deadline;
import io.tidemark.live.time.Grace;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Graph;
import io.tidemark.model.Problem;
import io.tidemark.model.RunId;
import io.tidemark.model.ShadowStatus;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import io.tidemark.release.Claims;
import io.tidemark.store.Store;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Puts the shadow in the live job's place, step by step; a step that is done is not done again. One
 * process works on it at a time; any other goes on where a killed one stopped.
 */
public final class Promoter {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final LiveJobs jobs;
  private final Store store;
  private final Clock clock;
  private final Grace grace;
  private final BiFunction<Graph, List<Transform>, Map<DatasetId, Query>> queries;
  private final Consumer<String> progress;

  /**
   * @param queries the queries of a graph's transforms as live jobs run them
   * @param progress told in a line what is done, for people
   */
  public Promoter(
      LiveJobs jobs,
      Store store,
      Clock clock,
      BiFunction<Graph, List<Transform>, Map<DatasetId, Query>> queries,
      Consumer<String> progress) {
    this.jobs = jobs;
    this.store = store;
    this.clock = clock;
    this.grace = new Grace(clock);
    this.queries = queries;
    this.progress = progress;
  }

  /** Whether an exchange was begun and is not done. */
  public boolean isUnderWay(String pipeline) {
    return Swap.underWay(store, pipeline).isPresent();
  }

  /**
   * Decides, if nothing was decided before, and carries the exchange to its end.
   *
   * @param inARow slices of each dataset that must have come out as expected
   * @param grace how long the version before goes on as the shadow
   * @return the jobs that this call started; closing them gives up what keeps others from starting
   *     them
   * @throws TidemarkException REFUSED with everything that stands against it; EXTERNAL if something
   *     did not answer, and then the next call goes on from there
   */
  public List<Started> promote(Graph graph, int inARow, Duration grace) {
    return carryOut(graph, () -> decide(graph, inARow, grace));
  }

  /**
   * Puts the version before in its place again, by the same steps, and takes back what the
   * promotion published. What the newer version has closed since then stays as it made it.
   *
   * @return as {@link #promote}
   * @throws TidemarkException REFUSED if there is none, or its grace period is over
   */
  public List<Started> demote(Graph graph) {
    return carryOut(graph, () -> decideBack(graph));
  }

  private List<Started> carryOut(Graph graph, Supplier<Swap> decision) {
    try (Claims.Claim claim = new Claims(store, clock).take(Set.of("promote " + graph.name()))) {
      Swap swap = Swap.underWay(store, graph.name()).orElseGet(decision);
      List<Started> started = new ArrayList<>();
      try {
        while (swap.stage() != Stage.DONE) {
          claim.check();
          swap = step(swap, graph.name(), started).keep(store, graph.name(), clock.instant());
        }
      } catch (RuntimeException e) {
        started.forEach(Started::close);
        throw e;
      }
      return started;
    }
  }

  private Swap decide(Graph graph, int inARow, Duration grace) {
    Ran shadow =
        Ran.find(store, Side.SHADOW.of(graph.name()))
            .orElseThrow(
                () ->
                    TidemarkException.refused(
                        Problem.of(
                            "TM-LIVE-131",
                            "'" + graph.name() + "' has no shadow",
                            "only what ran beside the live job can take its place",
                            "start one: tidemark live shadow")));
    if (Swap.grace(store, graph.name(), shadow).isPresent()) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-LIVE-132",
              "the shadow of '" + graph.name() + "' is the version before",
              "another was promoted over it",
              "put it back with tidemark live demote, or start one of other code: tidemark live"
                  + " stop --shadow, then live shadow"));
    }
    jobs.compare(graph);
    ShadowStatus status =
        jobs.status(graph).shadow().orElseThrow(() -> new IllegalStateException("[BUG] no shadow"));
    List<Problem> problems = new PromoteRule(inARow, jobs.checkpointEvery()).problems(status);
    if (!problems.isEmpty()) {
      throw TidemarkException.refused(problems);
    }
    Instant now = clock.instant();
    RunId run =
        new RunId("promote-" + Fingerprint.of(graph.name(), now.toString()).hex().substring(0, 8));
    progress.accept("Promoting; slices are published by run " + run);
    return new Swap(
            Stage.DECIDED,
            run,
            shadow,
            Ran.find(store, graph.name()),
            grace,
            Optional.empty(),
            Optional.empty())
        .keep(store, graph.name(), now);
  }

  private Swap decideBack(Graph graph) {
    Instant now = clock.instant();
    Swap last =
        Swap.find(store, graph.name())
            .filter(s -> s.undone().isEmpty() && s.before().isPresent())
            .filter(s -> s.until().filter(until -> until.isAfter(now)).isPresent())
            .orElseThrow(
                () ->
                    TidemarkException.refused(
                        Problem.of(
                            "TM-LIVE-133",
                            "there is no version of '" + graph.name() + "' to go back to",
                            "nothing was promoted, or the grace period is over",
                            "put the code back in jobs/ and start it as the shadow: tidemark live"
                                + " shadow")));
    progress.accept("Going back to the version before");
    return new Swap(
            Stage.DECIDED,
            last.run(),
            last.before().orElseThrow(),
            Optional.of(last.next()),
            last.grace(),
            Optional.empty(),
            Optional.of(last.run()))
        .keep(store, graph.name(), now);
  }

  private Swap step(Swap swap, String pipeline, List<Started> started) {
    Graph graph = swap.next().graph();
    return switch (swap.stage()) {
      case DECIDED -> {
        progress.accept("Stopping the live job after a last commit");
        jobs.stop(Side.MAIN, pipeline);
        jobs.remember(graph);
        yield swap.at(Stage.MAIN_STOPPED);
      }
      case MAIN_STOPPED ->
          swap.at(
              swap.undone().isEmpty() && jobs.catchUp(swap.next(), PATIENCE)
                  ? Stage.CAUGHT_UP
                  : Stage.BEHIND);
      case CAUGHT_UP, BEHIND -> {
        progress.accept("Stopping the shadow after a last commit");
        jobs.stop(Side.SHADOW, pipeline);
        yield swap.at(swap.stage().next().orElseThrow());
      }
      case SHADOW_STOPPED -> {
        progress.accept("Publishing what both have closed");
        if (!jobs.publish(swap.run(), swap.next())) {
          progress.accept(
              "Nothing was published: late events came for all slices that both closed. They are"
                  + " stale, and the next run makes them");
        }
        yield swap.at(Stage.PUBLISHED);
      }
      case SHADOW_GIVEN_UP -> {
        if (swap.undone().isPresent()) {
          undo(graph, swap.undone().get());
        } else {
          progress.accept("The shadow had not read what main has: nothing of it is published");
        }
        yield swap.at(Stage.PUBLISHED);
      }
      case PUBLISHED -> {
        progress.accept("Starting the next version");
        start(Side.MAIN, swap.next(), started);
        yield swap.at(Stage.STARTED);
      }
      case STARTED -> {
        jobs.drop(graph);
        if (swap.before().isPresent() && !swap.grace().isZero()) {
          progress.accept("Starting the version before as the shadow");
          start(Side.SHADOW, swap.before().get(), started);
        }
        yield swap.at(Stage.DONE).until(clock.instant().plus(swap.grace()));
      }
      case DONE -> swap;
    };
  }

  private void undo(Graph graph, RunId run) {
    progress.accept("Taking back what run " + run + " published");
    try {
      jobs.undo(graph, run);
    } catch (TidemarkException e) {
      if (e.category() == TidemarkException.Category.EXTERNAL) {
        throw e;
      }
      // Later changes are in the way: what they are made on stays, and no job waits for that.
      progress.accept("It stays as it is: " + e.problems().get(0).what());
    }
  }

  /**
   * The processes of the jobs that were stopped need a moment to see it and give their claims up.
   */
  private void start(Side side, Ran ran, List<Started> started) {
    String pipeline = ran.graph().name();
    if (jobs.isRunning(side, pipeline)) {
      if (Ran.find(store, side.of(pipeline)).filter(ran::isSame).isPresent()) {
        return;
      }
      jobs.stop(side, pipeline);
    }
    Request request =
        new Request(
            ran.graph(),
            ran.selected(),
            Optional.empty(),
            side == Side.SHADOW ? ran.change() : Optional.empty(),
            List.of(),
            t -> queries.apply(ran.graph(), t));
    Deadline end = Deadline.in(PATIENCE);
    while (true) {
      try {
        started.add(jobs.start(side, request));
        return;
      } catch (TidemarkException e) {
        if (!e.problems().get(0).code().equals(Claims.CLAIMED) || end.isOver()) {
          throw e;
        }
        Waiting.pause();
      }
    }
  }

  /**
   * Ends the grace period of the version before once its time is over. Who watches it keeps to one
   * of these: a clock that is set forth meanwhile does not end it.
   */
  public void endGrace(Graph graph) {
    boolean over =
        Ran.find(store, Side.SHADOW.of(graph.name()))
            .flatMap(shadow -> Swap.grace(store, graph.name(), shadow))
            .filter(grace::isOver)
            .isPresent();
    if (over) {
      progress.accept("The grace period of the version before is over");
      jobs.stop(Side.SHADOW, graph.name());
      jobs.drop(graph);
    }
  }
}
