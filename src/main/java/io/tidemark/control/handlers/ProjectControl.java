package io.tidemark.control.handlers;

import io.tidemark.control.Control;
import io.tidemark.control.Corrected;
import io.tidemark.control.Examined;
import io.tidemark.control.Generated;
import io.tidemark.control.Maintained;
import io.tidemark.control.Operation;
import io.tidemark.control.Ordered;
import io.tidemark.control.Report;
import io.tidemark.control.RolledBack;
import io.tidemark.control.RunsWatched;
import io.tidemark.control.Served;
import io.tidemark.control.Verified;
import io.tidemark.control.Watcher;
import io.tidemark.doctor.Doctor;
import io.tidemark.model.log.LogLine;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands each operation to the handler of its area. */
final class ProjectControl implements Control {
  private static final Logger LOG = LoggerFactory.getLogger(ProjectControl.class);

  private final Workplace workplace;

  ProjectControl(Workplace workplace) {
    this.workplace = workplace;
  }

  @Override
  public <R extends Report> R execute(Operation<R> operation, Watcher watcher) {
    LogLine line = LogLine.of("operation").with("operation", operation.getClass().getSimpleName());
    LOG.info(line.with("phase", "began").toString());
    try {
      R report = operation.accept(new Handlers(this, workplace, watcher));
      LOG.info(line.with("phase", "done").toString());
      return report;
    } catch (RuntimeException e) {
      LOG.warn(line.with("phase", "failed").because(e).toString());
      throw e;
    }
  }

  @Override
  public void close() {
    workplace.close();
  }

  /** One operation's way to its handler. */
  private record Handlers(Control door, Workplace workplace, Watcher watcher)
      implements Operation.Visitor {
    @Override
    public Report.Validated validate(Operation.Validate operation) {
      return new ProjectHandler(workplace).validate();
    }

    @Override
    public Report.GraphShown showGraph(Operation.ShowGraph operation) {
      return new ProjectHandler(workplace).graph();
    }

    @Override
    public Report.Initialised init(Operation.Init operation) {
      return ProjectHandler.init(operation);
    }

    @Override
    public Report.Loaded load(Operation.Load operation) {
      runs().resume();
      return new LoadHandler(workplace, watcher).load(operation);
    }

    @Override
    public Report.StatusShown status(Operation.Status operation) {
      runs().announce();
      return new StateHandler(workplace).status();
    }

    @Override
    public Report.SlicesShown slices(Operation.ShowSlices operation) {
      return new StateHandler(workplace).slices(operation);
    }

    @Override
    public Report.HistoryShown history(Operation.ShowHistory operation) {
      return new StateHandler(workplace).history(operation);
    }

    @Override
    public Report.Planned plan(Operation.MakePlan operation) {
      runs().announce();
      return new PlanHandler(workplace).plan(operation);
    }

    @Override
    public Report.RunShown run(Operation.StartRun operation) {
      return runs().start(operation);
    }

    @Override
    public Report.RunShown rebase(Operation.Rebase operation) {
      return runs().rebase(operation);
    }

    @Override
    public Report.RunShown showRun(Operation.ShowRun operation) {
      runs().announce();
      return runs().show(operation);
    }

    @Override
    public Report.RunsListed listRuns(Operation.ListRuns operation) {
      runs().announce();
      return runs().list(operation);
    }

    @Override
    public Report.RunShown abandon(Operation.Abandon operation) {
      return runs().abandon(operation);
    }

    @Override
    public Report.DiffShown diff(Operation.Diff operation) {
      return runs().diff(operation);
    }

    @Override
    public Report.Published publish(Operation.Publish operation) {
      runs().resume();
      return new ReleaseHandler(workplace).publish(operation);
    }

    @Override
    public Report.Reverted revert(Operation.Revert operation) {
      runs().resume();
      return new ReleaseHandler(workplace).revert(operation);
    }

    @Override
    public RolledBack rollback(Operation.Rollback operation) {
      runs().resume();
      return new ReleaseHandler(workplace).rollback(operation);
    }

    @Override
    public Examined examine(Operation.Examine operation) {
      Doctor doctor =
          new Doctor(
              workplace.environment(),
              workplace::examineCatalog,
              workplace::cluster,
              workplace.clock());
      return new Examined(workplace.environment().name(), doctor.examine(workplace::graph));
    }

    @Override
    public Report.LineageShown lineage(Operation.Lineage operation) {
      return new InsightHandler(workplace).lineage(operation);
    }

    @Override
    public Report.QueryShown query(Operation.Query operation) {
      return new InsightHandler(workplace).query(operation);
    }

    @Override
    public Report.LiveShown startLive(Operation.StartLive operation) {
      return new LiveHandler(workplace, watcher).start(operation);
    }

    @Override
    public Report.LiveShown shadow(Operation.Shadow operation) {
      runs().resume();
      return operation.act().accept(new ShadowHandler(workplace, watcher));
    }

    @Override
    public Report.LiveShown stopLive(Operation.StopLive operation) {
      return new LiveHandler(workplace, watcher).stop(operation);
    }

    @Override
    public Ordered orderLive(Operation.OrderLive operation) {
      return new OrderHandler(workplace).order(operation);
    }

    @Override
    public Report.LiveShown live(Operation.ShowLive operation) {
      return new LiveHandler(workplace, watcher).show();
    }

    @Override
    public Verified verify(Operation.Verify operation) {
      runs().announce();
      return new VerifyHandler(workplace, watcher).verify(operation);
    }

    @Override
    public Maintained maintain(Operation.Maintain operation) {
      return new MaintainHandler(workplace, watcher).maintain(operation);
    }

    @Override
    public Corrected correct(Operation.Correct operation) {
      runs().resume();
      return new CorrectHandler(workplace, watcher).correct(operation);
    }

    @Override
    public Generated generate(Operation.Generate operation) {
      return new GenerateHandler(workplace, watcher).generate(operation);
    }

    @Override
    public RunsWatched watchRuns(Operation.WatchRuns operation) {
      return new WatchHandler(workplace, watcher).runs(operation);
    }

    @Override
    public Served serve(Operation.Serve operation) {
      return new WatchHandler(workplace, watcher).serve(door, operation);
    }

    private RunHandler runs() {
      return new RunHandler(workplace, watcher);
    }
  }
}
