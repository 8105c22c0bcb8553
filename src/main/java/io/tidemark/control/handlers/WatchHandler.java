package io.tidemark.control.handlers;

import io.tidemark.control.Control;
import io.tidemark.control.Openers;
import io.tidemark.control.Operation;
import io.tidemark.control.RunsWatched;
import io.tidemark.control.Served;
import io.tidemark.control.Watcher;
import io.tidemark.model.Evidence;
import io.tidemark.model.JobResult;
import io.tidemark.model.RecordJson;
import io.tidemark.model.SliceStats;
import io.tidemark.model.Step;
import io.tidemark.release.Journal;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks at runs from outside, and lets others look. */
final class WatchHandler {
  private static final Pattern CODE = Pattern.compile("TM-[A-Z]+-\\d{3}");
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final Workplace workplace;
  private final Watcher watcher;

  WatchHandler(Workplace workplace, Watcher watcher) {
    this.workplace = workplace;
    this.watcher = watcher;
  }

  RunsWatched runs(Operation.WatchRuns operation) {
    Store store = workplace.store();
    Instant now = workplace.clock().instant();
    List<RunRow> runs = store.runs(Math.max(1, operation.limit()));
    List<RunsWatched.Watched> watched = runs.stream().map(this::watched).toList();
    return new RunsWatched(
        now,
        watched,
        runs.stream()
            .findFirst()
            .map(newest -> progress(newest, Math.toIntExact(watched.get(0).rebases()))),
        store.leases(now).stream()
            .map(l -> new RunsWatched.Lease(l.lease(), l.holder(), l.expires()))
            .toList());
  }

  private RunsWatched.Watched watched(RunRow run) {
    return new RunsWatched.Watched(
        Describe.line(run),
        attempt(run),
        workplace.store().transitions(run.id()).stream()
            .map(t -> new RunsWatched.Transition(t.state(), code(t.reason()), t.entered()))
            .toList());
  }

  /** Reasons that are problems begin with the code of the first. */
  private static Optional<String> code(String reason) {
    Matcher matcher = CODE.matcher(reason);
    return matcher.lookingAt() ? Optional.of(matcher.group()) : Optional.empty();
  }

  /** The number of the attempt that a run is at, from 0. */
  private int attempt(RunRow run) {
    return new Journal(workplace.store(), workplace.clock(), run.id())
        .basis()
        .map(Journal.Basis::attempt)
        .orElse(0);
  }

  private RunsWatched.Progress progress(RunRow run, int attempt) {
    Store store = workplace.store();
    Map<String, Store.StepRow> finished = new HashMap<>();
    store.steps(run.id()).forEach(row -> finished.put(row.stepId(), row));
    long slices = 0;
    RunsWatched.Built built = new RunsWatched.Built(0, 0, Optional.empty());
    for (Step step : run.plan().steps()) {
      if (step instanceof Step.BuildV1 build) {
        boolean done = false;
        for (int i = 0; i <= attempt; i++) {
          Store.StepRow row = finished.get(Journal.attempt(build.id(), i));
          done |= row != null && (i == 0 || i == attempt);
          built = row == null ? built : plus(built, row);
        }
        slices += done ? build.slices().count() : 0;
      }
    }
    List<Evidence> evidence = store.evidence(run.id());
    return new RunsWatched.Progress(
        slices,
        built,
        evidence.stream().flatMap(e -> e.slices().stream()).mapToLong(s -> s.rows()).sum(),
        evidence.stream().mapToLong(e -> e.diff().counts().unexplained()).sum());
  }

  private static RunsWatched.Built plus(RunsWatched.Built built, Store.StepRow row) {
    JobResult.Built result = (JobResult.Built) RecordJson.read(row.result(), JobResult.class);
    return new RunsWatched.Built(
        built.rows() + result.slices().stream().mapToLong(SliceStats::rows).sum(),
        built.bytes() + result.bytes(),
        Optional.of(built.newest().filter(n -> n.isAfter(row.finished())).orElse(row.finished())));
  }

  Served serve(Control door, Operation.Serve operation) {
    try (Openers.Endpoint endpoint = workplace.endpoint(door, operation)) {
      watcher.note("Metrics are at " + endpoint.url() + "; Ctrl-C ends it.");
      boolean goesOn = true;
      while (goesOn && !watcher.wantsTheEnd()) {
        goesOn = Pause.of(PAUSE);
      }
      return new Served(endpoint.url());
    }
  }
}
