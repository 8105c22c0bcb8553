package io.tidemark.run;

import io.tidemark.cluster.Cluster;
import io.tidemark.lake.Lake;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.release.Gate;
import io.tidemark.release.Journal;
import io.tidemark.release.Runs;
import io.tidemark.store.Store;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Carries out the steps of one run up to the gate. A step that is done already is passed over. */
final class StepExecution implements Step.Visitor<Void> {
  private final Lake lake;
  private final Store store;
  private final Clock clock;
  private final RunWork work;
  private final RunListener listener;
  private final BuildStep builds;
  private final VerifyStep verifies;

  StepExecution(
      Lake lake,
      Store store,
      Cluster cluster,
      JobSpecs specs,
      Clock clock,
      RunWork work,
      RunListener listener) {
    this.lake = lake;
    this.store = store;
    this.clock = clock;
    this.work = work;
    this.listener = listener;
    this.builds = new BuildStep(lake, store, cluster, specs);
    this.verifies = new VerifyStep(lake, store, cluster, specs);
  }

  @Override
  public Void prepare(Step.PrepareV2 step) {
    if (work.journal().result(prepared(step)).isPresent()) {
      return null;
    }
    listener.started(work.run().id(), step);
    step.outputs().forEach(output -> lake.ensure(work.dataset(output)));
    if (work.journal().basis().isEmpty()) {
      work.journal().begin(firstBasis(step));
    }
    Journal.Basis basis = work.basis();
    basis
        .pins()
        .forEach(
            (input, snapshot) ->
                lake.lease(
                    work.dataset(input).table(),
                    snapshot,
                    work.run().id().value(),
                    clock.instant().plus(Runs.LEASE)));
    if (basis.attempt() == 0) {
      basis
          .heads()
          .forEach(
              (output, head) ->
                  lake.branch(work.dataset(output).table(), work.run().id().branch(), head));
    }
    work.journal().finish(prepared(step), "");
    SliceSet none = SliceSet.empty(Grain.ALL);
    listener.finished(work.run().id(), step, none, none);
    return null;
  }

  /** Each attempt leases its own inputs. */
  private String prepared(Step.PrepareV2 step) {
    int attempt = work.journal().basis().map(Journal.Basis::attempt).orElse(0);
    return Journal.attempt(step.id(), attempt);
  }

  /** From here on a change of the outputs is a conflict; before, the plan has gone stale. */
  private Journal.Basis firstBasis(Step.PrepareV2 step) {
    Freshness.require(lake, work.run().graph(), work.run().plan());
    TreeMap<DatasetId, Long> heads = new TreeMap<>();
    TreeMap<DatasetId, SliceSet> slices = new TreeMap<>();
    for (DatasetId output : step.outputs()) {
      heads.put(output, lake.head(work.dataset(output).table(), "main").orElse(0L));
      slices.put(output, work.reach().planned(output));
    }
    return new Journal.Basis(0, heads, step.pins(), slices);
  }

  @Override
  public Void build(Step.BuildV1 step) {
    String stepId = Journal.attempt(step.id(), work.basis().attempt());
    if (work.journal().result(stepId).isEmpty()) {
      listener.started(work.run().id(), step);
      SliceSet wanted = BuildStep.wanted(work, step);
      builds.run(work, step, progress(step));
      listener.finished(work.run().id(), step, wanted, step.slices().minus(wanted));
    }
    return null;
  }

  @Override
  public Void verify(Step.VerifyV1 step) {
    if (!verifies.isDone(work, step)) {
      listener.started(work.run().id(), step);
      verifies.run(work, step, progress(step));
      SliceSet changed = work.builtSlices(step.dataset()).minus(work.identical(step.dataset()));
      listener.finished(work.run().id(), step, changed, step.slices().minus(changed));
    }
    return null;
  }

  /** Behind the gate, and not this package's to do. */
  @Override
  public Void publish(Step.PublishV1 step) {
    return null;
  }

  private Consumer<Cluster.Progress> progress(Step step) {
    return p ->
        listener.progress(
            work.run().id(),
            step,
            p.tasks() == 0 ? -1 : (double) p.tasksDone() / p.tasks(),
            p.rowsWritten());
  }

  /** What stands against publishing the run. */
  List<Problem> problems() {
    Map<DatasetId, Long> heads = new HashMap<>();
    for (Dataset dataset : work.run().graph().datasets()) {
      if (work.basis().heads().containsKey(dataset.id())) {
        heads.put(dataset.id(), work.candidate(dataset.id()));
      }
    }
    return Gate.problems(work.run().plan(), store.evidence(work.run().id()), heads);
  }
}
