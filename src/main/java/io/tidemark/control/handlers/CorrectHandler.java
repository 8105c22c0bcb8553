package io.tidemark.control.handlers;

import io.tidemark.control.Corrected;
import io.tidemark.control.Openers;
import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.control.Watcher;
import io.tidemark.live.Corrections;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.Limits;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.TableRef;
import io.tidemark.release.Publisher;
import io.tidemark.release.Runs;
import io.tidemark.run.FactsReader;
import io.tidemark.run.Runner;
import io.tidemark.store.Store.RunRow;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Puts right what came late, by a run like any other. */
final class CorrectHandler {
  /** After so long without a commit a live job is not expected to make the next one soon. */
  private static final Duration QUIET = Duration.ofMinutes(10);

  private final Workplace workplace;
  private final Watcher watcher;

  CorrectHandler(Workplace workplace, Watcher watcher) {
    this.workplace = workplace;
    this.watcher = watcher;
  }

  Corrected correct(Operation.Correct operation) {
    Graph graph = workplace.graph();
    Optional<DatasetId> only = operation.dataset().map(name -> Resolve.dataset(graph, name).id());
    Limits limits = workplace.environment().limits();
    Instant now = workplace.clock().instant();
    graph.datasets().stream()
        .filter(d -> d.topic().isPresent() || graph.transformOf(d.id()).isPresent())
        .forEach(d -> workplace.lake().remember(d.table(), now.minus(QUIET)));
    Corrections.Round round =
        new Corrections(workplace.lake(), graph, limits, this::query)
            .next(
                new FactsReader(workplace.lake(), workplace.store()).read(graph),
                only,
                new Corrections.Pace(
                    operation.pace() == Operation.Pace.NOW
                        ? Instant.MAX
                        : now.minus(limits.correctAfter()),
                    now.minus(limits.correctAtLatest())));
    List<Corrected.Waiting> waiting =
        round.waiting().stream()
            .map(w -> new Corrected.Waiting(w.dataset(), w.slices(), w.why()))
            .toList();
    if (round.plan().isEmpty()) {
      return new Corrected(Optional.empty(), List.of(), waiting);
    }
    RunRow run = run(round);
    return new Corrected(Optional.of(Describe.line(run)), slices(round), waiting);
  }

  private static List<Corrected.Slices> slices(Corrections.Round round) {
    return round.plan().impacts().stream()
        .filter(i -> !i.stale().isEmpty())
        .map(
            (Plan.Impact i) ->
                new Corrected.Slices(i.dataset(), i.stale(), round.expected().get(i.dataset())))
        .toList();
  }

  private RunRow run(Corrections.Round round) {
    Runner runner =
        new Runner(
            workplace.lake(),
            workplace.store(),
            workplace.cluster(),
            workplace.environment().catalog(),
            workplace.clock());
    RunId id = runner.submit(round.graph(), round.plan());
    watcher.note("Run " + id);
    RunRow run = runner.run(id, new RunProgress(watcher));
    if (run.state() == RunState.READY) {
      new Publisher(workplace.lake(), workplace.store(), workplace.clock()).publish(id);
    }
    return Runs.load(workplace.store(), id);
  }

  private Corrections.Rows query(String sql, Map<DatasetId, TableRef> names, int limit) {
    Openers.Rows rows = workplace.query().run(sql, names, limit);
    return new Corrections.Rows(
        rows.rows(),
        rows.completeness() == Report.Completeness.ALL
            ? Corrections.Extent.ALL
            : Corrections.Extent.CUT_OFF);
  }
}
