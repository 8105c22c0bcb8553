package io.tidemark.control;

import io.tidemark.model.Evidence;
import io.tidemark.model.Step;
import io.tidemark.release.Journal;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Looks at runs from outside, and lets others look. */
final class WatchHandler {
  private static final int PAUSE_MILLIS = 200;

  private final Workplace workplace;
  private final Watcher watcher;

  WatchHandler(Workplace workplace, Watcher watcher) {
    this.workplace = workplace;
    this.watcher = watcher;
  }

  RunsWatched runs(Operation.WatchRuns operation) {
    Store store = workplace.store();
    Instant now = workplace.clock().instant();
    return new RunsWatched(
        now,
        store.runs(Math.max(1, operation.limit())).stream().map(this::watched).toList(),
        store.leases(now).stream()
            .map(l -> new RunsWatched.Lease(l.lease(), l.holder(), l.expires()))
            .toList());
  }

  private RunsWatched.Watched watched(RunRow run) {
    Store store = workplace.store();
    List<Journal.Basis> bases = new Journal(store, workplace.clock(), run.id()).bases();
    int attempt = Math.max(0, bases.size() - 1);
    Set<String> finished =
        store.steps(run.id()).stream().map(Store.StepRow::stepId).collect(Collectors.toSet());
    long built = 0;
    for (Step step : run.plan().steps()) {
      if (step instanceof Step.BuildV1 build
          && (finished.contains(build.id())
              || finished.contains(Journal.attempt(build.id(), attempt)))) {
        built += build.slices().count();
      }
    }
    List<Evidence> evidence = store.evidence(run.id());
    return new RunsWatched.Watched(
        Describe.line(run),
        built,
        evidence.stream().flatMap(e -> e.slices().stream()).mapToLong(s -> s.rows()).sum(),
        evidence.stream().mapToLong(e -> e.diff().counts().unexplained()).sum(),
        attempt,
        store.transitions(run.id()).stream()
            .map(t -> new RunsWatched.Transition(t.state(), t.entered()))
            .toList());
  }

  Served serve(Control door, Operation.Serve operation) {
    try (Openers.Endpoint endpoint = workplace.endpoint(door, operation)) {
      watcher.note("Metrics are at " + endpoint.url() + "; Ctrl-C ends it.");
      boolean goesOn = true;
      while (goesOn && !watcher.wantsTheEnd()) {
        goesOn = pause();
      }
      return new Served(endpoint.url());
    }
  }

  /** Whether nobody wants this thread to end. */
  private static boolean pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }
}
