package io.tidemark.release;

import io.tidemark.lake.Lake;
import io.tidemark.lake.Lake.Committed;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Puts published slices back to what they were. Works from the tables alone: a run that the control
 * database has lost can still be reverted.
 */
public final class Reverter {
  private final Lake lake;
  private final Store store;
  private final Claims claims;
  private final Clock clock;
  private final Patience patience;

  public Reverter(Lake lake, Store store, Clock clock) {
    this(lake, store, clock, Patience.DEFAULT);
  }

  /**
   * @param patience with failures of the control database and the tables
   */
  public Reverter(Lake lake, Store store, Clock clock, Patience patience) {
    this.patience = patience;
    this.lake = lake;
    this.store = store;
    this.claims = new Claims(store, clock);
    this.clock = clock;
  }

  /**
   * What part of a run is reverted.
   *
   * @param dataset only this one; empty for all that the run published
   * @param slices only these, written as {@code 2001-03} or {@code 2001-03..2001-05,2001-07}, read
   *     in each dataset's own grain; empty for all
   */
  public record Scope(Optional<DatasetId> dataset, Optional<String> slices) {
    public static final Scope ALL = new Scope(Optional.empty(), Optional.empty());

    public Scope {
      Objects.requireNonNull(dataset, "dataset");
      Objects.requireNonNull(slices, "slices");
    }
  }

  /**
   * One table after a revert.
   *
   * @param snapshot main's snapshot of the revert; that of the publish if it had been reverted
   *     already
   * @param slices those that are what they were before the run
   */
  public record TableReverted(DatasetId dataset, long snapshot, SliceSet slices) {}

  /**
   * Reverts all tables in one transaction where the catalog has one, else consumers before inputs,
   * one conditional metadata commit each. Does nothing for slices that were reverted before. What
   * is made from a reverted slice and not reverted with it becomes stale.
   *
   * @param graph the present one, which names the tables
   * @throws TidemarkException REFUSED if a slice was replaced by a later publish or another process
   *     works on the run; USER if the run published nothing in this scope
   */
  public List<TableReverted> revert(Graph graph, RunId id, Scope scope) {
    return patience.apply(() -> tryToRevert(graph, id, scope), (cause, pause) -> {});
  }

  /**
   * What {@link #revert} would put back; changes nothing.
   *
   * @throws TidemarkException USER if the run published nothing in this scope
   */
  public List<TableReverted> look(Graph graph, RunId id, Scope scope) {
    Optional<RunRow> run = published(id);
    return parts(run.map(RunRow::graph).orElse(graph), id, scope).stream()
        .map(part -> part.reverted(part.publish().snapshot()))
        .toList();
  }

  private Optional<RunRow> published(RunId id) {
    Optional<RunRow> run = store.findRun(id);
    run.filter(r -> r.state() != RunState.PUBLISHED && r.state() != RunState.REVERTING)
        .filter(r -> r.state() != RunState.REVERTED)
        .ifPresent(
            r -> {
              throw TidemarkException.user(
                  Problem.of(
                      "TM-REVERT-001",
                      "run " + id + " is " + r.state() + " and cannot be reverted",
                      "main holds nothing of it",
                      "only a published run can be reverted"));
            });
    return run;
  }

  /** Finds what an earlier try has reverted by its stamps. */
  private List<TableReverted> tryToRevert(Graph graph, RunId id, Scope scope) {
    Optional<RunRow> run = published(id);
    Graph tables = run.map(RunRow::graph).orElse(graph);
    List<Part> parts = parts(tables, id, scope);
    Set<String> names = new TreeSet<>();
    names.add("run " + id);
    parts.forEach(part -> names.add(Runs.tableClaim(part.dataset())));
    try (Claims.Claim claim = claims.take(names)) {
      run.filter(r -> r.state() == RunState.PUBLISHED)
          .ifPresent(
              r -> {
                new Journal(store, clock, id).beginRevert(RecordJson.write(scope, Scope.class));
                Runs.move(store, clock, r, RunState.REVERTING, "");
              });
      claim.check();
      List<TableReverted> reverted =
          lake.switchesTogether() && parts.size() > 1
              ? revertTogether(id, parts, run)
              : revertInTurn(id, parts, run, claim);
      run.ifPresent(r -> settle(r, tables));
      return reverted;
    }
  }

  /** Completes a revert that was interrupted. Does nothing for a run that is not REVERTING. */
  public void resume(RunId id) {
    RunRow run = Runs.load(store, id);
    if (run.state() == RunState.REVERTING) {
      Scope scope =
          new Journal(store, clock, id)
              .reverting()
              .map(text -> RecordJson.read(text, Scope.class))
              .orElse(Scope.ALL);
      revert(run.graph(), id, scope);
    }
  }

  /** What of one table is to be reverted: the publish, and the slices of it. */
  private record Part(Dataset dataset, Committed publish, SliceSet asked, SliceSet left) {
    TableReverted reverted(long snapshot) {
      return new TableReverted(dataset.id(), snapshot, asked);
    }
  }

  private List<Part> parts(Graph graph, RunId run, Scope scope) {
    List<Transform> order = new ArrayList<>(graph.transforms());
    Collections.reverse(order);
    List<Part> parts = new ArrayList<>();
    for (Transform transform : order) {
      if (scope.dataset().isPresent() && !scope.dataset().get().equals(transform.output())) {
        continue;
      }
      Dataset dataset = graph.dataset(transform.output());
      List<Committed> history = lake.stamps(dataset.table(), "main");
      for (Committed commit : history) {
        if (isPublish(commit.stamp(), run)) {
          SliceSet asked =
              commit.stamp().content().sliceSet().intersect(named(dataset, scope.slices()));
          if (!asked.isEmpty()) {
            SliceSet left = asked.minus(alreadyReverted(history, commit));
            parts.add(new Part(dataset, commit, asked, left));
          }
          break;
        }
      }
    }
    if (parts.isEmpty()) {
      throw TidemarkException.user(
          Problem.of(
              "TM-REVERT-002",
              "run " + run + " published nothing of that",
              "no table's history has a publish of it with these slices",
              "look at what it published with 'tidemark runs'"));
    }
    return parts;
  }

  private static boolean isPublish(Stamp stamp, RunId run) {
    return stamp.kind() == Stamp.Kind.PUBLISH && stamp.origin().run().equals(Optional.of(run));
  }

  /** The slices named; all of the publish's if none are. */
  private static SliceSet named(Dataset dataset, Optional<String> slices) {
    if (slices.isEmpty()) {
      return dataset.layout().slice() == io.tidemark.model.Grain.ALL
          ? SliceSet.range(dataset.layout().slice(), 0, 1)
          : SliceSet.range(dataset.layout().slice(), Long.MIN_VALUE / 2, Long.MAX_VALUE / 2);
    }
    try {
      return SliceSet.parse(dataset.layout().slice(), slices.get());
    } catch (IllegalArgumentException e) {
      throw TidemarkException.user(
          Problem.of(
              "TM-REVERT-003",
              "cannot read the slices '" + slices.get() + "' of " + dataset.id(),
              String.valueOf(e.getMessage()),
              "write them like 2001-03 or 2001-03..2001-05, no finer than "
                  + dataset.layout().slice().text()));
    }
  }

  private static SliceSet alreadyReverted(List<Committed> history, Committed publish) {
    String prefix = keyPrefix(publish.stamp());
    return history.stream()
        .takeWhile(c -> c.snapshot() != publish.snapshot())
        .map(Committed::stamp)
        .filter(s -> s.kind() == Stamp.Kind.REVERT && s.key().startsWith(prefix))
        .map(s -> s.content().sliceSet())
        .reduce(SliceSet.empty(publish.stamp().content().grain()), SliceSet::union);
  }

  private static String keyPrefix(Stamp publish) {
    return publish.origin().run().orElseThrow() + "/revert-" + publish.dataset() + "-";
  }

  private List<TableReverted> revertInTurn(
      RunId run, List<Part> parts, Optional<RunRow> row, Claims.Claim claim) {
    List<TableReverted> reverted = new ArrayList<>();
    for (Part part : parts) {
      claim.check();
      Lake.Outcome outcome = new Lake.Done(part.publish().snapshot());
      if (!part.left().isEmpty()) {
        outcome = new Undo(lake).undo(part.dataset(), part.publish(), part.left(), undoKey(part));
      }
      if (outcome instanceof Lake.Conflict conflict) {
        throw refused(run, row, part.dataset().id(), conflict);
      }
      reverted.add(part.reverted(((Lake.Done) outcome).snapshot()));
    }
    return reverted;
  }

  /** All tables go back in one transaction, or none does. */
  private List<TableReverted> revertTogether(RunId run, List<Part> parts, Optional<RunRow> row) {
    List<Lake.Change> changes = new ArrayList<>();
    for (Part part : parts) {
      if (!part.left().isEmpty()) {
        changes.addAll(
            new Undo(lake).changes(part.dataset(), part.publish(), part.left(), undoKey(part)));
      }
    }
    Lake.Joint joint = lake.switchTogether(changes);
    if (joint instanceof Lake.NoneDone none) {
      throw refused(run, row, none.dataset(), none.conflict());
    }
    List<Lake.Done> done = ((Lake.AllDone) joint).changes();
    Map<DatasetId, Long> last = new HashMap<>();
    for (int i = 0; i < changes.size(); i++) {
      last.put(changes.get(i).dataset().id(), done.get(i).snapshot());
    }
    return parts.stream()
        .map(p -> p.reverted(last.getOrDefault(p.dataset().id(), p.publish().snapshot())))
        .toList();
  }

  private static String undoKey(Part part) {
    String prefix = keyPrefix(part.publish().stamp());
    return prefix.substring(0, prefix.length() - 1);
  }

  private TidemarkException refused(
      RunId run, Optional<RunRow> row, DatasetId dataset, Lake.Conflict conflict) {
    row.ifPresent(
        r -> Runs.move(store, clock, r, RunState.PUBLISHED, "revert: " + conflict.reason()));
    return TidemarkException.refused(
        Problem.of(
            "TM-REVERT-004",
            "cannot take back " + dataset + " in slices " + conflict.slices() + " of run " + run,
            conflict.reason(),
            "revert the later change first, or revert other slices"));
  }

  /** A run of which nothing is left on main is reverted; else it is still published. */
  private void settle(RunRow run, Graph graph) {
    boolean left = false;
    for (DatasetId id : Gate.published(run.plan())) {
      List<Committed> history = lake.stamps(graph.dataset(id).table(), "main");
      left |=
          history.stream()
              .filter(c -> isPublish(c.stamp(), run.id()))
              .findFirst()
              .map(
                  c -> !c.stamp().content().sliceSet().minus(alreadyReverted(history, c)).isEmpty())
              .orElse(false);
    }
    if (left) {
      Runs.move(store, clock, run, RunState.PUBLISHED, "reverted in part");
    } else {
      Runs.move(store, clock, run, RunState.REVERTED, "");
    }
  }
}
