package io.tidemark.control.handlers;

import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.control.Watcher;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.Problem;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.TidemarkException;
import io.tidemark.release.Publisher;
import io.tidemark.release.Recovery;
import io.tidemark.release.Runs;
import io.tidemark.run.Adoption;
import io.tidemark.run.Runner;
import io.tidemark.store.Store.RunRow;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Runs: starts, resumes, shows and gives them up. */
final class RunHandler {
  private final Workplace workplace;
  private final Watcher watcher;

  RunHandler(Workplace workplace, Watcher watcher) {
    this.workplace = workplace;
    this.watcher = watcher;
  }

  /** Whether something is still to be done with a run. */
  static boolean isOpen(RunRow run) {
    return switch (run.state()) {
      case PLANNED, RUNNING, READY, BLOCKED, PUBLISHING, REVERTING, FAILED -> true;
      case PUBLISHED, REVERTED, ABANDONED -> false;
    };
  }

  /**
   * Brings runs that an earlier process left to where they were heading. One that cannot be does
   * not stand in the way of what was asked for.
   */
  void resume() {
    recoverIfLost();
    Runner runner = null;
    for (RunRow run : Runs.interrupted(workplace.store(), workplace.clock())) {
      runner = runner == null ? runner() : runner;
      resume(runner, run);
    }
  }

  /**
   * For commands that only look: what an earlier process left is said, and left to a command that
   * works, since bringing it to its end may take a Flink job.
   */
  void announce() {
    recoverIfLost();
    for (RunRow run : Runs.interrupted(workplace.store(), workplace.clock())) {
      watcher.note(
          "Run "
              + run.id()
              + " was interrupted while "
              + doing(run.state())
              + "; the next load, run, publish, revert or rollback resumes it.");
    }
    for (RunRow run : Runs.notBegun(workplace.store(), workplace.clock())) {
      watcher.note(
          "Run "
              + run.id()
              + " was recorded and never begun: it touched no table. The next run of the same plan"
              + " takes it up; or give it up: tidemark runs --abandon "
              + run.id());
    }
  }

  /** A control database without any run may be one that was lost: tables know what it knew. */
  private void recoverIfLost() {
    if (workplace.store().runs(1).isEmpty()) {
      try {
        recover();
      } catch (TidemarkException e) {
        // A project that cannot be read says so to whoever needs it; a list of runs does not.
        watcher.note("Runs could not be read back: " + e.problems().get(0).what() + ".");
      }
    }
  }

  private void recover() {
    List<RunId> runs = new Recovery(workplace.lake(), workplace.store()).recover(workplace.graph());
    if (!runs.isEmpty()) {
      watcher.note(
          "The control database did not know "
              + (runs.size() == 1 ? "1 run" : runs.size() + " runs")
              + " that tables tell of; "
              + (runs.size() == 1 ? "it was" : "they were")
              + " read back from there.");
    }
  }

  private void resume(Runner runner, RunRow run) {
    watcher.note(
        "Run " + run.id() + " was interrupted while " + doing(run.state()) + "; it is resumed.");
    try {
      RunRow now = runner.resume(run.id(), new RunProgress(watcher));
      watcher.note("Run " + run.id() + " is " + word(now.state()) + ".");
    } catch (TidemarkException e) {
      watcher.note(
          "Run "
              + run.id()
              + " could not be resumed: "
              + String.join("; ", e.problems().stream().map(Problem::what).toList())
              + ".");
    }
  }

  private static String doing(RunState state) {
    return switch (state) {
      case PUBLISHING -> "tables were being switched";
      case REVERTING -> "slices were being put back";
      default -> "slices were being built";
    };
  }

  private static String word(RunState state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  Report.RunShown start(Operation.StartRun operation) {
    resume();
    Graph graph = workplace.graph();
    Runner runner = runner();
    Optional<RunId> submitted =
        operation.source() instanceof Operation.OnBranch found
            ? Optional.of(adopt(runner, graph, found))
            : Optional.of(plan(graph, operation.source()))
                .filter(plan -> !plan.isEmpty())
                .map(plan -> runner.submit(graph, plan));
    if (submitted.isEmpty()) {
      return new Report.RunShown(Optional.empty(), List.of());
    }
    RunId id = submitted.get();
    watcher.note("Run " + id);
    RunRow run = runner.run(id, new RunProgress(watcher));
    if (operation.after() == Operation.After.PUBLISH && run.state() == RunState.READY) {
      new Publisher(workplace.lake(), workplace.store(), workplace.clock()).publish(id);
    }
    return shown(id);
  }

  private RunId adopt(Runner runner, Graph graph, Operation.OnBranch found) {
    Adoption adoption =
        Adoption.find(
            workplace.lake(),
            graph,
            found.branch(),
            found.dataset().map(name -> Resolve.dataset(graph, name).id()));
    Plan stale =
        new PlanHandler(workplace)
            .plan(
                graph,
                new Operation.Selection(
                    List.of(adoption.dataset().value()),
                    Optional.empty(),
                    Optional.empty(),
                    found.change()));
    return runner.adopt(graph, adoption.plan(stale), adoption);
  }

  private Plan plan(Graph graph, Operation.Source source) {
    if (source instanceof Operation.Fresh fresh) {
      return new PlanHandler(workplace).plan(graph, fresh.selection());
    }
    Plan plan = PlanHandler.read(((Operation.PlanFile) source).file());
    if (!plan.revision().equals(graph.revision())) {
      throw TidemarkException.user(
          Problem.of(
              "TM-CONTROL-009",
              "the plan was made from another revision of jobs/",
              "what it says about slices and steps may not hold any more",
              "make it again: tidemark plan --out FILE"));
    }
    return plan;
  }

  Report.RunShown rebase(Operation.Rebase operation) {
    resume();
    RunRow run = Resolve.run(workplace.store(), operation.run());
    runner().rebase(run.id(), new RunProgress(watcher));
    return shown(run.id());
  }

  Report.RunShown show(Operation.ShowRun operation) {
    return shown(Resolve.run(workplace.store(), operation.run()).id());
  }

  Report.RunsListed list(Operation.ListRuns operation) {
    return new Report.RunsListed(
        workplace.store().runs(Math.max(1, operation.limit())).stream()
            .map(Describe::line)
            .toList());
  }

  Report.RunShown abandon(Operation.Abandon operation) {
    RunRow run = Resolve.run(workplace.store(), operation.run());
    runner().abandon(run.id());
    return shown(run.id());
  }

  Report.DiffShown diff(Operation.Diff operation) {
    recoverIfLost();
    RunRow run = Resolve.run(workplace.store(), operation.run());
    return Describe.diff(run, workplace.store().evidence(run.id()));
  }

  private Report.RunShown shown(RunId id) {
    return Describe.run(Runs.load(workplace.store(), id), workplace.store().evidence(id));
  }

  private Runner runner() {
    return new Runner(
        workplace.lake(),
        workplace.store(),
        workplace.cluster(),
        workplace.environment().catalog(),
        workplace.clock());
  }
}
