package io.tidemark.run;

import io.tidemark.cluster.Cluster;
import io.tidemark.lake.Lake;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Graph;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Plan;
import io.tidemark.model.Problem;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.Step;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.log.LogLine;
import io.tidemark.release.Claims;
import io.tidemark.release.Journal;
import io.tidemark.release.Ledger;
import io.tidemark.release.Patience;
import io.tidemark.release.Publisher;
import io.tidemark.release.Reverter;
import io.tidemark.release.Runs;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out plans up to the gate. Whatever is done is recorded before the next thing begins, and
 * everything is looked for before it is done, so a run that was killed anywhere goes on from there
 * and ends in the same content. Thread-safe; one process works on a run at a time.
 */
public final class Runner {
  private static final Logger LOG = LoggerFactory.getLogger(Runner.class);
  private static final int RECENT = 100;
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("yyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final Lake lake;
  private final Store store;
  private final Cluster cluster;
  private final Clock clock;
  private final Claims claims;
  private final JobSpecs specs;
  private final Patience patience;

  /**
   * @param catalog of the lake, as jobs open it
   */
  public Runner(Lake lake, Store store, Cluster cluster, JobSpec.CatalogSpec catalog, Clock clock) {
    this(lake, store, cluster, new JobSpecs(catalog, lake), clock, Patience.DEFAULT);
  }

  Runner(Lake lake, Store store, Cluster cluster, JobSpecs specs, Clock clock, Patience patience) {
    this.lake = lake;
    this.store = store;
    this.cluster = cluster;
    this.clock = clock;
    this.claims = new Claims(store, clock);
    this.specs = specs;
    this.patience = patience;
  }

  /**
   * Records a run of a plan; touches no table. If the very same work was submitted before and is
   * not finished, or is what main holds, it is that run.
   *
   * @throws TidemarkException USER if the plan has nothing to do, or if somebody replaced slices of
   *     its outputs since it was made
   */
  public RunId submit(Graph graph, Plan plan) {
    if (plan.isEmpty()) {
      throw TidemarkException.user(
          Problem.of(
              "TM-RUN-013", "the plan is empty", "nothing is stale", "there is nothing to run"));
    }
    Optional<RunRow> same =
        store.runs(RECENT).stream().filter(run -> isSameWork(run, graph, plan)).findFirst();
    return same.filter(run -> isOpen(run.state()) || isOnMain(run))
        .map(RunRow::id)
        .orElseGet(() -> create(graph, plan));
  }

  /**
   * The same for a plan whose slices somebody built by hand, which then are not built again.
   *
   * @param plan that the adoption made
   * @throws TidemarkException as {@link #submit}; REFUSED if another process works on the run
   */
  public RunId adopt(Graph graph, Plan plan, Adoption adoption) {
    RunId id = submit(graph, plan);
    try (Claims.Claim claim = claims.take(Runs.claims(Runs.load(store, id)))) {
      RunRow run = Runs.load(store, id);
      claim.check();
      if (run.state() == RunState.PLANNED) {
        adoption.begin(lake, run, new Journal(store, clock, id));
      }
    }
    return id;
  }

  /** Estimates and reasons may read differently from one planning to the next. */
  private static boolean isSameWork(RunRow run, Graph graph, Plan plan) {
    return work(run.plan()).equals(work(plan))
        && run.plan().change().equals(plan.change())
        && run.graph().equals(graph);
  }

  /** Where outputs stood does not tell one piece of work from another. */
  private static List<Step> work(Plan plan) {
    return plan.steps().stream().map(Runner::withoutHeads).toList();
  }

  private static Step withoutHeads(Step step) {
    return step instanceof Step.PrepareV2 p
        ? new Step.PrepareV1(p.id(), p.pins(), p.outputs())
        : step;
  }

  private static boolean isOpen(RunState state) {
    return !state.isFinal() && state != RunState.PUBLISHED && state != RunState.REVERTING;
  }

  /** Whether all that a run published is still there: neither reverted nor rolled back. */
  private boolean isOnMain(RunRow run) {
    return run.state() == RunState.PUBLISHED
        && new Ledger(lake)
            .runs(run.graph()).stream()
                .filter(published -> published.run().equals(run.id()))
                .anyMatch(
                    published -> published.tables().stream().allMatch(t -> t.reverted().isEmpty()));
  }

  private RunId create(Graph graph, Plan plan) {
    Freshness.require(lake, graph, plan);
    Instant now = clock.instant();
    Fingerprint hash = Publisher.planHash(plan);
    String name = NAME.format(now) + "-" + hash.hex().substring(0, 4);
    RunId id = new RunId(name);
    for (int i = 2; store.findRun(id).isPresent(); i++) {
      id = new RunId(name + "-" + i);
    }
    store.createRun(id, plan, graph, now);
    return id;
  }

  /**
   * Carries a run out until it is READY or BLOCKED, from wherever it stands. Returns at once if it
   * is past that, and completes a publish that was interrupted.
   *
   * @throws TidemarkException USER if there is no such run, or the transform's own code failed;
   *     REFUSED if another process works on the run or its tables; EXTERNAL if something outside
   *     failed more often than is bearable. The run is FAILED then, and can be run again
   */
  public RunRow run(RunId id, RunListener listener) {
    if (Runs.load(store, id).state() == RunState.PUBLISHING) {
      new Publisher(lake, store, clock).publish(id);
      return Runs.load(store, id);
    }
    try (Claims.Claim claim = claims.take(Runs.claims(Runs.load(store, id)))) {
      RunRow run = Runs.load(store, id);
      if (run.state() == RunState.PLANNED || run.state() == RunState.FAILED) {
        Runs.move(store, clock, run, RunState.RUNNING, "");
      } else if (run.state() != RunState.RUNNING) {
        return run;
      }
      return execute(Runs.load(store, id), listener, claim);
    }
  }

  private RunRow execute(RunRow run, RunListener listener, Claims.Claim claim) {
    RunWork work = new RunWork(run, lake, new Journal(store, clock, run.id()));
    RunListener logged = new LoggedSteps(listener);
    StepExecution steps = new StepExecution(lake, store, cluster, specs, clock, work, logged);
    try {
      for (Step step : run.plan().steps()) {
        claim.check();
        patience.apply(
            () -> step.accept(steps),
            (cause, pause) -> logged.retrying(run.id(), step, cause, pause));
      }
      List<Problem> problems = patience.apply(() -> steps.problems(), (cause, pause) -> {});
      claim.check();
      Runs.move(
          store,
          clock,
          run,
          problems.isEmpty() ? RunState.READY : RunState.BLOCKED,
          String.join("; ", problems.stream().map(Problem::what).toList()));
      return Runs.load(store, run.id());
    } catch (TidemarkException e) {
      fail(run, e);
      throw e;
    }
  }

  /** Records a failure; if even that fails, the run stays RUNNING and resumes all the same. */
  private void fail(RunRow run, TidemarkException cause) {
    LOG.warn(LogLine.of("run-failed").with("run", run.id()).because(cause).toString());
    boolean claimLost = cause.category() == TidemarkException.Category.REFUSED;
    if (claimLost) {
      return;
    }
    try {
      store.move(
          run.id(),
          RunState.RUNNING,
          RunState.FAILED,
          cause.problems().stream()
              .map(p -> p.code() + ": " + p.what())
              .collect(Collectors.joining("; ")),
          clock.instant());
    } catch (TidemarkException e) {
      cause.addSuppressed(e);
    }
  }

  /** Brings a run that an earlier process left to where it was heading. Idempotent. */
  public RunRow resume(RunId id, RunListener listener) {
    RunRow run = Runs.load(store, id);
    if (run.state() == RunState.REVERTING) {
      new Reverter(lake, store, clock).resume(id);
    } else if (run.state() == RunState.RUNNING || run.state() == RunState.PUBLISHING) {
      run(id, listener);
    }
    return Runs.load(store, id);
  }

  /**
   * After a conflict: computes the slices that somebody else touched, and what is made from them,
   * once more from the inputs as they are now, and proves them against main as it is now. The rest
   * of the run's work is kept. Returns the run as it is if there is no conflict.
   *
   * @throws TidemarkException as {@link #run}
   */
  public RunRow rebase(RunId id, RunListener listener) {
    try (Claims.Claim claim = claims.take(Runs.claims(Runs.load(store, id)))) {
      RunRow run = Runs.load(store, id);
      if (run.state() != RunState.READY && run.state() != RunState.BLOCKED) {
        throw TidemarkException.user(
            Problem.of(
                "TM-RUN-014",
                "run " + id + " is " + run.state() + " and cannot be rebased",
                "only a run that is READY or BLOCKED has a candidate to keep",
                "run it first"));
      }
      Journal journal = new Journal(store, clock, id);
      Optional<Journal.Basis> next =
          new Rebase(lake, new Publisher(lake, store, clock))
              .next(run, journal, store.evidence(id));
      if (next.isEmpty()) {
        return run;
      }
      claim.check();
      journal.begin(next.get());
      Runs.move(store, clock, run, RunState.RUNNING, "rebased");
      return execute(Runs.load(store, id), listener, claim);
    }
  }

  /**
   * Gives an unpublished run up: its jobs are cancelled, its branches and leases go, main stays as
   * it is. Does nothing for one that was given up before.
   *
   * @throws TidemarkException USER if the run is published or being published
   */
  public RunRow abandon(RunId id) {
    RunRow found = Runs.load(store, id);
    if (found.state() == RunState.ABANDONED) {
      return found;
    }
    if (!found.state().successors().contains(RunState.ABANDONED)) {
      throw TidemarkException.user(
          Problem.of(
              "TM-RUN-015",
              "run " + id + " is " + found.state() + " and cannot be abandoned",
              "main holds slices of it",
              "revert it instead"));
    }
    try (Claims.Claim claim = claims.take(Runs.claims(found))) {
      claim.check();
      new Cleanup(lake, store, cluster, clock).abandon(Runs.load(store, id));
      Runs.move(store, clock, found, RunState.ABANDONED, "");
    }
    return Runs.load(store, id);
  }
}
