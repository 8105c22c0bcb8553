package io.tidemark.release;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.RecordJson;
import io.tidemark.model.RunId;
import io.tidemark.model.SliceSet;
import io.tidemark.store.Store;
import java.time.Clock;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a run has done so far, read from its finished steps. The ids of steps that may be done again
 * carry the number of the attempt: {@code build-a-1}, {@code build-a-1~1}. Reads and writes the
 * store on each call, so it is as current as the store. Thread-safe.
 */
public final class Journal {
  private static final String BASIS = "basis";
  private static final String UNDOING = "undo";
  private static final String UNDONE = "undone";
  private static final String REVERTING = "revert";

  private final Store store;
  private final Clock clock;
  private final RunId run;

  public Journal(Store store, Clock clock, RunId run) {
    this.store = store;
    this.clock = clock;
    this.run = run;
  }

  /**
   * What the work of one attempt stands on. The first is made when the run is prepared; each rebase
   * adds one.
   *
   * @param attempt from 0
   * @param heads main of each output when the attempt began; 0 for an empty one
   * @param pins the snapshots of main that inputs are read at
   * @param slices what is computed in this attempt per output; in attempt 0 what the plan says
   */
  public record Basis(
      int attempt,
      SortedMap<DatasetId, Long> heads,
      SortedMap<DatasetId, Long> pins,
      SortedMap<DatasetId, SliceSet> slices) {
    public Basis {
      heads = Collections.unmodifiableSortedMap(new TreeMap<>(heads));
      pins = Collections.unmodifiableSortedMap(new TreeMap<>(pins));
      slices = Collections.unmodifiableSortedMap(new TreeMap<>(slices));
    }
  }

  /** The newest attempt's basis; empty before the run is prepared. */
  public Optional<Basis> basis() {
    List<Basis> all = bases();
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  /** All of them, by attempt. */
  public List<Basis> bases() {
    return store.steps(run).stream()
        .filter(step -> step.stepId().equals(BASIS) || step.stepId().startsWith(BASIS + "~"))
        .map(step -> RecordJson.read(step.result(), Basis.class))
        .toList();
  }

  /** Records a basis; keeps the one of the same attempt that is there. */
  public void begin(Basis basis) {
    finish(attempt(BASIS, basis.attempt()), RecordJson.write(basis, Basis.class));
  }

  /** The id of a step in an attempt. */
  public static String attempt(String stepId, int attempt) {
    return attempt == 0 ? stepId : stepId + "~" + attempt;
  }

  /** The result of a finished step. */
  public Optional<String> result(String stepId) {
    return store.steps(run).stream()
        .filter(step -> step.stepId().equals(stepId))
        .map(Store.StepRow::result)
        .findFirst();
  }

  public void finish(String stepId, String result) {
    store.finishStep(run, stepId, result, clock.instant());
  }

  /** How often a publish that had begun was undone: the number of the publish to come. */
  int publishAttempt() {
    return (int)
        store.steps(run).stream()
            .filter(step -> step.stepId().equals(UNDONE) || step.stepId().startsWith(UNDONE + "~"))
            .count();
  }

  /** Why the publish of this attempt is being undone; empty while it is not. */
  Optional<String> undoing(int attempt) {
    return result(attempt(UNDOING, attempt));
  }

  void beginUndo(int attempt, String reason) {
    finish(attempt(UNDOING, attempt), reason);
  }

  void endUndo(int attempt) {
    finish(attempt(UNDONE, attempt), "");
  }

  /** Records what part of the run is about to be reverted; does nothing if it was before. */
  void beginRevert(String scope) {
    finish(REVERTING + "~" + Fingerprint.of(scope).abbreviated(), scope);
  }

  /** What the newest revert was asked to take back. */
  Optional<String> reverting() {
    List<String> reverts = reverts();
    return reverts.isEmpty() ? Optional.empty() : Optional.of(reverts.get(reverts.size() - 1));
  }

  private List<String> reverts() {
    return store.steps(run).stream()
        .filter(step -> step.stepId().startsWith(REVERTING + "~"))
        .map(Store.StepRow::result)
        .toList();
  }
}
