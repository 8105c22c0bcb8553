package io.tidemark.release;

import io.tidemark.lake.Lake;
import io.tidemark.model.Changes;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Evidence;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Pin;
import io.tidemark.model.Plan;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.Step;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Puts a run's candidates on main: all tables in one transaction where the catalog has one, else
 * table after table, inputs before consumers, each in one conditional metadata commit. Either is
 * journalled: a killed process is followed by one that finds what is done and does the rest. If
 * somebody else touched a slice, no table is switched, or those that were are switched back; the
 * run can then be rebased.
 */
public final class Publisher {
  private final Lake lake;
  private final Store store;
  private final Claims claims;
  private final Clock clock;
  private final Patience patience;

  public Publisher(Lake lake, Store store, Clock clock) {
    this(lake, store, clock, Patience.DEFAULT);
  }

  /**
   * @param patience with failures of the control database and the tables
   */
  public Publisher(Lake lake, Store store, Clock clock, Patience patience) {
    this.patience = patience;
    this.lake = lake;
    this.store = store;
    this.claims = new Claims(store, clock);
    this.clock = clock;
  }

  /**
   * One table after a publish.
   *
   * @param snapshot main's snapshot that the publish made; 0 if nothing had to be written
   * @param replaced the slices whose content changed
   * @param confirmed slices that were computed again and came out as they were
   */
  public record TablePublished(
      DatasetId dataset, long snapshot, SliceSet replaced, SliceSet confirmed) {}

  /**
   * Publishes a run that is READY, or goes on with one that was PUBLISHING. A run that is PUBLISHED
   * already is answered again.
   *
   * @throws TidemarkException REFUSED if the gate finds something, if somebody else touched the
   *     slices, or if another process works on the run; USER if the run does not exist or is in no
   *     state to be published
   */
  public List<TablePublished> publish(RunId id) {
    return patience.apply(() -> tryToPublish(id), (cause, pause) -> {});
  }

  /** Begins with what is recorded, and so goes on where an earlier try failed. */
  private List<TablePublished> tryToPublish(RunId id) {
    RunRow run = Runs.load(store, id);
    if (run.state() == RunState.PUBLISHED) {
      return published(run);
    }
    try (Claims.Claim claim = claims.take(Runs.claims(run))) {
      run = Runs.load(store, id);
      if (run.state() == RunState.READY) {
        requireOpenGate(run);
        requireNoConflict(run);
        Runs.move(store, clock, run, RunState.PUBLISHING, "");
      } else if (run.state() != RunState.PUBLISHING && run.state() != RunState.PUBLISHED) {
        throw notReady(run);
      }
      return run.state() == RunState.PUBLISHED ? published(run) : switchTables(run, claim);
    }
  }

  private TidemarkException notReady(RunRow run) {
    List<Problem> problems =
        run.state() == RunState.BLOCKED
            ? Gate.problems(run.plan(), store.evidence(run.id()), heads(run))
            : List.of();
    return problems.isEmpty()
        ? TidemarkException.user(
            Problem.of(
                "TM-RUN-011",
                "run " + run.id() + " is " + run.state() + " and cannot be published",
                "only a run that is READY can",
                "look at it with 'tidemark runs'"))
        : TidemarkException.refused(problems);
  }

  private void requireOpenGate(RunRow run) {
    List<Problem> problems = Gate.problems(run.plan(), store.evidence(run.id()), heads(run));
    if (!problems.isEmpty()) {
      throw TidemarkException.refused(problems);
    }
  }

  private Map<DatasetId, Long> heads(RunRow run) {
    Map<DatasetId, Long> heads = new HashMap<>();
    for (DatasetId id : Gate.published(run.plan())) {
      Dataset dataset = run.graph().dataset(id);
      lake.head(dataset.table(), run.id().branch()).ifPresent(head -> heads.put(id, head));
    }
    return heads;
  }

  /** Looks at all tables before the first is switched, so that a conflict costs no revert. */
  private void requireNoConflict(RunRow run) {
    List<Problem> open = open(run);
    if (!open.isEmpty()) {
      throw TidemarkException.refused(open);
    }
    Map<DatasetId, SliceSet> conflicts = conflicts(run);
    if (!conflicts.isEmpty()) {
      throw conflict(run, conflicts);
    }
  }

  /** What the run built and a live job was given since. */
  private List<Problem> open(RunRow run) {
    List<Problem> problems = new ArrayList<>();
    for (Evidence evidence : store.evidence(run.id())) {
      Dataset dataset = run.graph().dataset(evidence.dataset());
      SliceSet built = Digests.slices(dataset, evidence);
      lake.liveMark(dataset.table(), "main")
          .filter(mark -> !mark.open(built).isEmpty())
          .ifPresent(
              mark ->
                  problems.add(
                      Problem.of(
                          "TM-PUBLISH-003",
                          "slices " + mark.open(built) + " of " + dataset.id() + " are open",
                          "they belong to live job " + mark.job() + ", which writes to them",
                          "abandon the run: tidemark runs --abandon " + run.id())));
    }
    return problems;
  }

  /**
   * The slices of a run's outputs that somebody else touched on main since the candidate was
   * compared with it; only datasets that have some.
   */
  public Map<DatasetId, SliceSet> conflicts(RunRow run) {
    Map<DatasetId, SliceSet> conflicts = new TreeMap<>();
    for (Evidence evidence : store.evidence(run.id())) {
      Dataset dataset = run.graph().dataset(evidence.dataset());
      long head = lake.head(dataset.table(), "main").orElse(0L);
      if (head != evidence.base()) {
        SliceSet touched = touched(dataset, evidence);
        if (!touched.isEmpty()) {
          conflicts.put(evidence.dataset(), touched);
        }
      }
    }
    return conflicts;
  }

  private SliceSet touched(Dataset dataset, Evidence evidence) {
    SliceSet built = Digests.slices(dataset, evidence);
    if (evidence.base() == 0) {
      return built.intersect(Runs.occupied(lake, dataset));
    }
    Changes changes = lake.changesSince(dataset, Pin.main(evidence.base()));
    if (!changes.unknown().isEmpty()) {
      return built;
    }
    List<io.tidemark.model.TimeRange> ranges =
        changes.touched().stream().map(Changes.Touched::range).toList();
    return Runs.overlapping(built, new TimeRanges(ranges));
  }

  private static TidemarkException conflict(RunRow run, Map<DatasetId, SliceSet> conflicts) {
    List<Problem> problems = new ArrayList<>();
    conflicts.forEach(
        (dataset, slices) ->
            problems.add(
                Problem.of(
                    "TM-PUBLISH-001",
                    "somebody else changed " + dataset + " in slices " + slices,
                    "run " + run.id() + " was compared with what main held before",
                    "tidemark run --rebase "
                        + run.id()
                        + ": only these slices and what is made from them are computed again")));
    return TidemarkException.refused(problems);
  }

  private List<TablePublished> switchTables(RunRow run, Claims.Claim claim) {
    Journal journal = new Journal(store, clock, run.id());
    int attempt = journal.publishAttempt();
    Optional<String> undoing = journal.undoing(attempt);
    if (undoing.isPresent()) {
      undo(run, journal, attempt, undoing.get());
      throw conflict(run, conflicts(Runs.load(store, run.id())));
    }
    keepInputs(run, journal);
    keepRecord(run);
    List<Switch> left = switches(run, journal, attempt);
    claim.check();
    if (left.size() > 1 && lake.switchesTogether()) {
      switchTogether(run, journal, attempt, left);
    } else {
      for (Switch table : left) {
        claim.check();
        settle(run, journal, attempt, table, table.outcome(lake));
      }
    }
    finish(run);
    return published(run);
  }

  /** One table that is still to be switched. */
  private record Switch(String stepId, Evidence evidence, Lake.Publish change) {
    Lake.Outcome outcome(Lake lake) {
      return lake.publish(
          change.dataset(), change.base(), change.candidate(), change.slices(), change.stamp());
    }
  }

  /** What the journal and the tables do not know to be done, inputs before consumers. */
  private List<Switch> switches(RunRow run, Journal journal, int attempt) {
    List<Switch> left = new ArrayList<>();
    for (Step step : run.plan().steps()) {
      String stepId = Journal.attempt(step.id(), attempt);
      if (!(step instanceof Step.PublishV1 publish) || journal.result(stepId).isPresent()) {
        continue;
      }
      Dataset dataset = run.graph().dataset(publish.dataset());
      Evidence evidence = Runs.evidence(store, run.id(), publish.dataset());
      SliceSet built = Digests.slices(dataset, evidence);
      SliceSet replaced = built.minus(evidence.identical());
      if (built.isEmpty()) {
        journal.finish(stepId, written(publish.dataset(), 0, replaced, built));
        continue;
      }
      String key = run.id() + "/" + stepId;
      Switch table =
          new Switch(
              stepId,
              evidence,
              new Lake.Publish(
                  dataset,
                  evidence.base(),
                  evidence.candidate(),
                  replaced,
                  stamp(run, journal, dataset, evidence, key)));
      Optional<Lake.Committed> landed = lake.find(dataset.table(), "main", key);
      if (landed.isPresent()) {
        // Asked once more: who died right after the commit may not have kept what a revert needs.
        settle(run, journal, attempt, table, table.outcome(lake));
      } else {
        left.add(table);
      }
    }
    return left;
  }

  /** All or none; who reads the catalog's pointers in one transaction sees no state between. */
  private void switchTogether(RunRow run, Journal journal, int attempt, List<Switch> tables) {
    Lake.Joint joint =
        lake.switchTogether(tables.stream().<Lake.Change>map(Switch::change).toList());
    if (joint instanceof Lake.AllDone all) {
      for (int i = 0; i < tables.size(); i++) {
        settle(run, journal, attempt, tables.get(i), all.changes().get(i));
      }
    } else if (joint instanceof Lake.NoneDone none) {
      Switch table =
          tables.stream()
              .filter(t -> t.change().dataset().id().equals(none.dataset()))
              .findFirst()
              .orElseThrow();
      settle(run, journal, attempt, table, none.conflict());
    }
  }

  /** Journals a table that is switched; switches those before it back if it cannot be. */
  private void settle(
      RunRow run, Journal journal, int attempt, Switch table, Lake.Outcome outcome) {
    DatasetId dataset = table.change().dataset().id();
    if (outcome instanceof Lake.Done done) {
      journal.finish(
          table.stepId(),
          written(dataset, done.snapshot(), table.change().slices(), table.evidence().identical()));
    } else if (outcome instanceof Lake.Conflict conflict) {
      String reason = dataset + ": " + conflict.reason();
      journal.beginUndo(attempt, reason);
      undo(run, journal, attempt, reason);
      throw conflict(run, new TreeMap<>(Map.of(dataset, conflict.slices())));
    }
  }

  private static String written(
      DatasetId dataset, long snapshot, SliceSet replaced, SliceSet confirmed) {
    return RecordJson.write(
        new TablePublished(dataset, snapshot, replaced, confirmed), TablePublished.class);
  }

  private Stamp stamp(RunRow run, Journal journal, Dataset dataset, Evidence evidence, String key) {
    Transform transform = run.graph().transformOf(dataset.id()).orElseThrow();
    Journal.Basis basis = journal.basis().orElseThrow();
    TreeMap<DatasetId, Pin> pins = new TreeMap<>();
    for (DatasetId input : transform.inputs()) {
      pin(run, basis, input).ifPresent(pin -> pins.put(input, pin));
    }
    return new Stamp(
        key,
        Stamp.Kind.PUBLISH,
        dataset.id(),
        new Stamp.Origin(
            Optional.of(run.id()),
            Optional.of(planHash(run.plan())),
            Optional.of(transform.analysis()),
            pins),
        new Stamp.Content(
            dataset.layout().slice(), Digests.of(evidence), Digests.changedColumns(evidence)),
        run.plan().change().orElse(""));
  }

  /** How an input of the run was read; empty for a table that held nothing. */
  private Optional<Pin> pin(RunRow run, Journal.Basis basis, DatasetId input) {
    if (!basis.heads().containsKey(input)) {
      return Optional.ofNullable(basis.pins().get(input)).map(Pin::main);
    }
    Evidence evidence = Runs.evidence(store, run.id(), input);
    return evidence.candidate() == 0
        ? Optional.empty()
        : Optional.of(Pin.candidate(evidence.candidate(), evidence.base(), run.id()));
  }

  /** The hash by which snapshot summaries name a plan. */
  public static Fingerprint planHash(Plan plan) {
    return RecordJson.hash(plan, Plan.class);
  }

  /** Switches the tables back that this attempt had switched, consumers before inputs. */
  private void undo(RunRow run, Journal journal, int attempt, String reason) {
    List<DatasetId> order = new ArrayList<>(Gate.published(run.plan()));
    Collections.reverse(order);
    List<String> stuck = new ArrayList<>();
    for (DatasetId id : order) {
      journal
          .result(Journal.attempt(stepId(run.plan(), id), attempt))
          .map(result -> RecordJson.read(result, TablePublished.class))
          .filter(table -> table.snapshot() != 0)
          .ifPresent(
              table -> {
                Dataset dataset = run.graph().dataset(id);
                Lake.Outcome outcome =
                    new Undo(lake)
                        .undo(dataset, table.snapshot(), run.id() + "/undo-" + id + "~" + attempt);
                if (outcome instanceof Lake.Conflict conflict) {
                  stuck.add(id + ": " + conflict.reason());
                } else {
                  rebase(run.id(), dataset, table.snapshot());
                }
              });
    }
    journal.endUndo(attempt);
    if (!stuck.isEmpty()) {
      Runs.move(store, clock, run, RunState.FAILED, "switched and not back: " + stuck);
      throw TidemarkException.refused(
          Problem.of(
              "TM-PUBLISH-002",
              "run " + run.id() + " is published in part: " + String.join("; ", stuck),
              "another table had a conflict (" + reason + "), and these changed again since",
              "look at their history, then roll these tables back to the snapshots before the"
                  + " run"));
    }
    Runs.move(store, clock, run, RunState.READY, "conflict: " + reason);
  }

  private static String stepId(Plan plan, DatasetId dataset) {
    return plan.steps().stream()
        .filter(s -> s instanceof Step.PublishV1 p && p.dataset().equals(dataset))
        .map(Step::id)
        .findFirst()
        .orElseThrow();
  }

  /**
   * A table that was switched and switched back holds what it held, under a newer head: the
   * evidence is of that head from now on, or the run's own two commits would count as foreign.
   */
  private void rebase(RunId run, Dataset dataset, long publish) {
    Evidence old = Runs.evidence(store, run, dataset.id());
    boolean moved =
        lake.stamps(dataset.table(), "main").stream().anyMatch(c -> c.snapshot() == publish);
    if (moved) {
      store.putEvidence(
          run,
          new Evidence(
              old.dataset(),
              lake.head(dataset.table(), "main").orElse(0L),
              old.candidate(),
              old.slices(),
              old.identical(),
              old.diff(),
              old.checks()));
    }
  }

  /** What the control database alone knew stays readable without it. */
  private void keepRecord(RunRow run) {
    for (Evidence evidence : store.evidence(run.id())) {
      if (!evidence.slices().isEmpty()) {
        RunRecord.write(
            lake,
            run.id(),
            run.graph().dataset(evidence.dataset()),
            new RunRecord(run.plan(), run.graph(), evidence));
      }
    }
  }

  /** Candidates that consumers were built from stay readable after their branch is gone. */
  private void keepInputs(RunRow run, Journal journal) {
    Journal.Basis basis = journal.basis().orElseThrow();
    for (Evidence evidence : store.evidence(run.id())) {
      boolean read =
          run.graph().consumersOf(evidence.dataset()).stream()
              .anyMatch(t -> basis.heads().containsKey(t.output()));
      if (read && evidence.candidate() != 0 && !evidence.slices().isEmpty()) {
        lake.lease(
            run.graph().dataset(evidence.dataset()).table(),
            evidence.candidate(),
            run.id().value(),
            clock.instant().plus(Runs.LEASE));
      }
    }
  }

  private void finish(RunRow run) {
    for (DatasetId id : Gate.published(run.plan())) {
      lake.dropBranch(run.graph().dataset(id).table(), run.id().branch());
    }
    new LeaseSweep(lake, store).sweep(run);
    Runs.move(store, clock, run, RunState.PUBLISHED, "");
  }

  private List<TablePublished> published(RunRow run) {
    Journal journal = new Journal(store, clock, run.id());
    int attempt = journal.publishAttempt();
    return run.plan().steps().stream()
        .filter(step -> step instanceof Step.PublishV1)
        .flatMap(step -> journal.result(Journal.attempt(step.id(), attempt)).stream())
        .map(result -> RecordJson.read(result, TablePublished.class))
        .toList();
  }
}
