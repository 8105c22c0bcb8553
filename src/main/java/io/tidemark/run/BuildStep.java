package io.tidemark.run;

import io.tidemark.cluster.Cluster;
import io.tidemark.lake.Lake;
import io.tidemark.model.DatasetId;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Plan;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.release.Journal;
import io.tidemark.store.Store;
import java.util.List;
import java.util.function.Consumer;

/**
 * Computes slices of one dataset in one job. Whether it was done is asked of the branch, before the
 * job is started and after it ended in whatever way, since a job may have committed although it
 * failed and although this process was killed.
 */
final class BuildStep {
  private final Lake lake;
  private final Store store;
  private final Cluster cluster;
  private final JobSpecs specs;

  BuildStep(Lake lake, Store store, Cluster cluster, JobSpecs specs) {
    this.lake = lake;
    this.store = store;
    this.cluster = cluster;
    this.specs = specs;
  }

  /** The slices of the step that the present attempt computes. */
  static SliceSet wanted(RunWork work, Step.BuildV1 step) {
    Journal.Basis basis = work.basis();
    if (basis.attempt() == 0) {
      return step.slices().minus(work.cutOff(step));
    }
    SliceSet again = basis.slices().get(step.dataset());
    return again == null ? SliceSet.empty(step.slices().grain()) : step.slices().intersect(again);
  }

  void run(RunWork work, Step.BuildV1 step, Consumer<Cluster.Progress> progress) {
    String stepId = Journal.attempt(step.id(), work.basis().attempt());
    String key = work.run().id() + "/" + stepId;
    SliceSet slices = wanted(work, step);
    if (slices.isEmpty()) {
      JobResult nothing = new JobResult.Built(key, List.of(), 0, 0, 0, List.of(), List.of());
      work.journal().finish(stepId, RecordJson.write(nothing, JobResult.class));
      return;
    }
    TableRef table = work.dataset(step.dataset()).table();
    if (lake.find(table, work.run().id().branch(), key).isEmpty()) {
      execute(work, table, specs.build(work, step, slices, key), progress);
    }
    String document =
        lake.readText(table, specs.documentPath(work.dataset(step.dataset()), key))
            .orElseThrow(() -> documentGone(key, table));
    JobResult.Built built = (JobResult.Built) RecordJson.read(document, JobResult.class);
    work.journal().finish(stepId, RecordJson.write(built, JobResult.class));
    recordRate(work.run().plan(), step.dataset(), slices, built.millis());
  }

  private void execute(
      RunWork work, TableRef table, JobSpec.Build spec, Consumer<Cluster.Progress> progress) {
    TidemarkException failure = null;
    try {
      cluster.run(spec, progress);
    } catch (TidemarkException e) {
      failure = e;
    }
    if (lake.find(table, work.run().id().branch(), spec.key()).isPresent()) {
      return;
    }
    throw failure != null
        ? failure
        : TidemarkException.external(
            Problem.of(
                "TM-RUN-022",
                "job " + spec.key() + " ended without a commit on " + table,
                "its result is not on the run's branch",
                "repeat the command; it is computed again"),
            null);
  }

  private static TidemarkException documentGone(String key, TableRef table) {
    return TidemarkException.external(
        Problem.of(
            "TM-RUN-023",
            "the result document of " + key + " is gone from " + table,
            "its slices were computed, but what was measured is lost",
            "abandon the run and plan again"),
        null);
  }

  /** The plan's estimate of the step's input over the time it took, so that estimates meet it. */
  private void recordRate(Plan plan, DatasetId dataset, SliceSet slices, long millis) {
    plan.impacts().stream()
        .filter(impact -> impact.dataset().equals(dataset) && !impact.stale().isEmpty())
        .findFirst()
        .ifPresent(
            impact -> {
              double share = (double) slices.count() / impact.stale().count();
              double bytes = impact.cost().bytes() * share;
              if (bytes > 0 && millis > 0) {
                store.recordRate(dataset, bytes / millis * 1000);
              }
            });
  }
}
