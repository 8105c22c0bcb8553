package io.tidemark.run;

import io.tidemark.cluster.Cluster;
import io.tidemark.lake.Lake;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.StoreSpec;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Graph;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Plan;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.RunId;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.release.Journal;
import io.tidemark.store.Store;
import io.tidemark.store.Stores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Makes slices once more on a branch and compares them with main, row by row. The steps are a run's
 * own, but nothing of it stays: its journal lies in a folder that is deleted, its branch, leases
 * and documents are dropped. What a killed process left is dropped by the next one, since the
 * branch is named after the dataset. For one process per dataset at a time.
 */
public final class Recomputation {
  private final Lake lake;
  private final Cluster cluster;
  private final JobSpecs specs;
  private final Clock clock;

  /**
   * @param catalog of the lake, as jobs open it
   */
  public Recomputation(Lake lake, Cluster cluster, JobSpec.CatalogSpec catalog, Clock clock) {
    this.lake = lake;
    this.cluster = cluster;
    this.specs = new JobSpecs(catalog, lake);
    this.clock = clock;
  }

  /**
   * The difference of all slices that a plan makes, from main to what was made; nothing in it is
   * explained.
   *
   * @param plan of one dataset, by {@link io.tidemark.plan.Planner#again}
   * @throws TidemarkException as runs do
   */
  public DatasetDiff compare(Graph graph, Plan plan, DatasetId dataset, RunListener listener) {
    RunId id = new RunId("verify-" + Fingerprint.of(dataset.value()).abbreviated());
    Path folder = folder();
    try (Store store =
        Stores.open(
            new StoreSpec(
                "jdbc:sqlite:" + folder.resolve("steps.db"), Optional.empty(), Optional.empty()))) {
      store.createRun(id, plan, graph, clock.instant());
      Store.RunRow run = store.findRun(id).orElseThrow();
      RunWork work = new RunWork(run, lake, new Journal(store, clock, id));
      clear(work, dataset);
      try {
        return compare(work, store, dataset, listener);
      } finally {
        clear(work, dataset);
      }
    } finally {
      delete(folder);
    }
  }

  private DatasetDiff compare(RunWork work, Store store, DatasetId dataset, RunListener listener) {
    StepExecution steps = new StepExecution(lake, store, cluster, specs, clock, work, listener);
    DatasetDiff diff = null;
    for (Step step : work.run().plan().steps()) {
      if (step instanceof Step.VerifyV1 verify) {
        listener.started(work.run().id(), step);
        diff = diff(work, dataset, verify.slices(), key(work, step));
        listener.finished(
            work.run().id(), step, verify.slices(), SliceSet.empty(verify.slices().grain()));
      } else {
        step.accept(steps);
      }
    }
    return Optional.ofNullable(diff)
        .orElseThrow(() -> new IllegalStateException("[BUG] nothing was compared"));
  }

  /**
   * Also of slices whose hashes are equal: a hash is what a commit said, rows are what is there.
   */
  private DatasetDiff diff(RunWork work, DatasetId dataset, SliceSet slices, String key) {
    TableRef table = work.dataset(dataset).table();
    cluster.run(
        specs.verify(work, dataset, slices, Optional.empty(), List.of(), key), progress -> {});
    return lake.readText(table, specs.documentPath(work.dataset(dataset), key))
        .flatMap(text -> ((JobResult.Verified) RecordJson.read(text, JobResult.class)).diff())
        .orElseThrow(
            () ->
                TidemarkException.external(
                    Problem.of(
                        "TM-RUN-025",
                        "job " + key + " ended without a result",
                        "its document is not there",
                        "repeat the command"),
                    null));
  }

  private static String key(RunWork work, Step step) {
    return work.run().id() + "/" + step.id();
  }

  private void clear(RunWork work, DatasetId dataset) {
    RunId id = work.run().id();
    TableRef table = work.dataset(dataset).table();
    for (Step step : work.run().plan().steps()) {
      cluster.cancel(key(work, step));
    }
    if (lake.head(table, id.branch()).isPresent()) {
      lake.dropBranch(table, id.branch());
      lake.deleteOrphans(table, id.branch());
    }
    for (Step step : work.run().plan().steps()) {
      lake.deleteText(table, specs.documentPath(work.dataset(dataset), key(work, step)));
    }
    List<DatasetId> read = new ArrayList<>();
    for (Step step : work.run().plan().steps()) {
      if (step instanceof Step.PrepareV2 prepare) {
        read.addAll(prepare.pins().keySet());
      }
    }
    read.forEach(input -> lake.release(work.dataset(input).table(), id.value()));
  }

  private static Path folder() {
    try {
      return Files.createTempDirectory("tidemark-verify");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
