package io.tidemark.control.handlers;

import io.tidemark.control.Report;
import io.tidemark.control.Report.LiveEvent;
import io.tidemark.control.ShadowAct;
import io.tidemark.control.Watcher;
import io.tidemark.live.LiveJobs;
import io.tidemark.live.Side;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.Problem;
import io.tidemark.model.ShadowStatus;
import io.tidemark.model.TidemarkException;
import java.util.List;
import java.util.Optional;

/** Shadows: starts them, stays with those of this process and compares, and ends them. */
final class ShadowHandler implements ShadowAct.Visitor<Report.LiveShown> {
  private final Workplace workplace;
  private final Watcher watcher;

  ShadowHandler(Workplace workplace, Watcher watcher) {
    this.workplace = workplace;
    this.watcher = watcher;
  }

  @Override
  public Report.LiveShown start(ShadowAct.Start operation) {
    LivePart part = LivePart.ofShadow(workplace.graph(), operation.datasets());
    Graph graph = part.graph();
    LiveJobs jobs = workplace.liveJobs();
    LiveJobs.Request request =
        new LiveJobs.Request(
            graph,
            part.selected(),
            Optional.empty(),
            operation.change().map(name -> Resolve.change(graph, name)),
            List.of(),
            t -> LiveHandler.queries(graph, t));
    try (LiveJobs.Started started = jobs.start(Side.SHADOW, request)) {
      if (workplace.environment().cluster().rest().isPresent()) {
        return new Report.LiveShown(LiveEvent.STARTED, jobs.status(graph));
      }
      watcher.note(
          "Live job '"
              + started.order().name()
              + "' runs in this process and writes to a branch. Ctrl-C stops it; its branch stays"
              + " until tidemark live stop --shadow.");
      return stay(graph, jobs);
    }
  }

  private Report.LiveShown stay(Graph graph, LiveJobs jobs) {
    String unseen = "";
    while (!watcher.wantsTheEnd()) {
      try {
        jobs.compare(graph);
        LiveStatus status = jobs.status(graph);
        watcher.status(status);
        Optional<ShadowStatus> shadow = status.shadow();
        if (shadow.isEmpty()) {
          return new Report.LiveShown(LiveEvent.STOPPED, status);
        } else if (shadow.get().health().state() == LiveStatus.State.FAILED) {
          throw failed(graph, shadow.get());
        } else if (shadow.get().health().state() == LiveStatus.State.NOT_RUNNING) {
          return new Report.LiveShown(LiveEvent.STOPPED, status);
        }
        unseen = "";
      } catch (TidemarkException e) {
        String what = e.problems().get(0).what();
        if (e.category() != TidemarkException.Category.EXTERNAL
            || e.problems().get(0).code().equals(LiveHandler.FAILED)) {
          throw e;
        } else if (!what.equals(unseen)) {
          watcher.note("The shadow goes on, but cannot be looked at: " + what);
          unseen = what;
        }
      }
      if (!Pause.of(LiveHandler.LOOK)) {
        break;
      }
    }
    watcher.note("Stopping the shadow.");
    jobs.stop(Side.SHADOW, graph.name());
    return new Report.LiveShown(LiveEvent.STOPPED, jobs.status(graph));
  }

  private static TidemarkException failed(Graph graph, ShadowStatus shadow) {
    return TidemarkException.external(
        Problem.of(
            LiveHandler.FAILED,
            "the shadow of '" + graph.name() + "' failed: " + shadow.health().reason(),
            "the live job is not touched by it",
            "mend what it names, then: tidemark live shadow"),
        null);
  }

  @Override
  public Report.LiveShown stop(ShadowAct.Stop act) {
    Graph graph = LivePart.first(workplace.graph());
    LiveJobs jobs = workplace.liveJobs();
    LiveEvent event = LiveHandler.stop(graph, jobs, Side.SHADOW);
    jobs.drop(graph);
    return new Report.LiveShown(event, jobs.status(graph));
  }

  @Override
  public Report.LiveShown promote(ShadowAct.Promote act) {
    return new LiveHandler(workplace, watcher).promote(act);
  }

  @Override
  public Report.LiveShown demote(ShadowAct.Demote act) {
    return new LiveHandler(workplace, watcher).demote();
  }
}
