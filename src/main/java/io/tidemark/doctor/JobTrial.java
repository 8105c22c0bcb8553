package io.tidemark.doctor;

import io.tidemark.cluster.Cluster;
import io.tidemark.cluster.Clusters;
import io.tidemark.model.Environment;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.doctor.Finding;
import io.tidemark.model.doctor.Sandbox;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Runs a job on the environment's cluster, by the way of all jobs, that tries what tasks need. */
final class JobTrial {
  private static final String AREA = "flink";

  /** All slots of most clusters; what this many tasks find, more would. */
  private static final int MOST_TASKS = 64;

  /** Three parts of half a minute each on the JobManager at worst, and again in tasks. */
  private static final int MINUTES = 4;

  private final Environment environment;
  private final Supplier<Cluster> cluster;

  JobTrial(Environment environment, Supplier<Cluster> cluster) {
    this.environment = environment;
    this.cluster = cluster;
  }

  List<Finding> run(Sandbox sandbox) {
    return Finding.of(AREA, () -> List.of(tried(sandbox)));
  }

  private Finding tried(Sandbox sandbox) {
    int free = Clusters.freeSlots(environment.cluster());
    if (free == 0) {
      return Finding.warn(
          AREA,
          "no job was run to try out what tasks need: other jobs have all slots",
          "examine again when one has ended, or start more TaskManagers");
    }
    String id = "tidemark-doctor-" + UUID.randomUUID().toString().substring(0, 8);
    Optional<String> checkpoints = environment.streaming().map(LiveSpec.Streaming::checkpoints);
    JobSpec.Probe spec =
        new JobSpec.Probe(
            id,
            environment.catalog(),
            sandbox.table(),
            sandbox.folder() + "/" + id,
            checkpoints,
            Math.min(free, MOST_TASKS),
            sandbox.folder() + "/" + id + "/machines");
    if (!ended(spec)) {
      return Finding.fail(
          AREA,
          "a job to try out what tasks need had not ended after " + MINUTES + " minutes",
          "look into Flink's web UI, and the logs of JobManager and TaskManagers, for what job '"
              + id
              + "' waited for");
    }
    long machines = sandbox.read(spec.resultPath()).lines().count();
    return Finding.ok(
        AREA,
        "a job read the catalog, and wrote, read and deleted in the warehouse"
            + checkpoints.map(folder -> " and in " + folder).orElse("")
            + ": "
            + counted(spec.tasks(), "task")
            + " in "
            + counted(machines, "process"));
  }

  private static String counted(long number, String what) {
    return number + " " + what + (number == 1 ? "" : what.endsWith("s") ? "es" : "s");
  }

  /** Whether it ended in time; it is cancelled if it did not. */
  private boolean ended(JobSpec.Probe spec) {
    Cluster flink = cluster.get();
    FutureTask<Void> task =
        new FutureTask<>(
            () -> {
              flink.run(spec, progress -> {});
              return null;
            });
    Thread thread = new Thread(task, "tidemark-doctor-job");
    thread.setDaemon(true);
    thread.start();
    try {
      task.get(MINUTES, TimeUnit.MINUTES);
      return true;
    } catch (TimeoutException e) {
      flink.cancel(spec.key());
      task.cancel(true);
      return false;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TidemarkException told) {
        throw told;
      }
      throw new IllegalStateException("[BUG] the job that tries things failed", e.getCause());
    } catch (InterruptedException e) {
      flink.cancel(spec.key());
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
