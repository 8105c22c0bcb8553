package io.tidemark.cluster;

import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.naming.JobNames;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.accumulators.StringifiedAccumulatorResult;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;

/**
 * Flink inside this process. Started by the first job, since most commands run none, and kept warm
 * for the next ones: starting costs more than a small job takes.
 */
final class LocalCluster implements Cluster {
  /** Two jobs, or two stages of one, side by side. */
  private static final int SLOTS_PER_PARALLELISM = 2;

  private static final int MANAGED_MEBIBYTES_PER_SLOT = 64;
  private static final int NETWORK_MEBIBYTES_PER_SLOT = 24;

  /** Longer than whatever a cluster waits for before it ends. */
  private static final Duration ENDED = Duration.ofSeconds(60);

  private final int parallelism;
  private final Clusters.Composer<JobSpec> composer;
  private final Clusters.Composer<LiveSpec> live;
  private final Map<String, Running> running = new ConcurrentHashMap<>();
  private MiniCluster flink;
  private boolean closed;
  private boolean roomy;

  LocalCluster(
      int parallelism, Clusters.Composer<JobSpec> composer, Clusters.Composer<LiveSpec> live) {
    this.parallelism = parallelism;
    this.composer = composer;
    this.live = live;
  }

  private record Running(JobID id, CompletableFuture<JobResult> result) {}

  @Override
  public void run(JobSpec job, Consumer<Progress> progress) {
    MiniCluster cluster = started();
    Running mine = running.computeIfAbsent(job.key(), key -> submit(cluster, job));
    try {
      JobResult result = await(cluster, mine, progress);
      if (!result.isSuccess()) {
        throw result
            .getSerializedThrowable()
            .map(failure -> JobFailure.of(JobFailure.Subject.of(job), failure))
            .orElseGet(() -> JobFailure.cancelled(JobFailure.Subject.of(job)));
      }
    } catch (ExecutionException e) {
      throw JobFailure.of(JobFailure.Subject.of(job), e.getCause());
    } catch (InterruptedException e) {
      cancel(job.key());
      Thread.currentThread().interrupt();
      throw JobFailure.cancelled(JobFailure.Subject.of(job));
    } finally {
      running.remove(job.key(), mine);
    }
  }

  @Override
  public void cancel(String key) {
    Running job = running.get(key);
    MiniCluster cluster = current();
    if (cluster == null) {
      return;
    } else if (job == null) {
      StreamingJobs jobs = new StreamingJobs(rest(cluster));
      jobs.running(key).ifPresent(jobs::cancel);
      return;
    }
    try {
      cluster.cancelJob(job.id()).get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      // It ended before the call came: nothing is left to cancel.
    } catch (TimeoutException e) {
      throw unusable("did not answer to a cancel within 30 s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    MiniCluster cluster;
    synchronized (this) {
      closed = true;
      cluster = flink;
      flink = null;
    }
    if (cluster == null) {
      return;
    }
    try {
      cluster.closeAsync().get(ENDED.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      // It has ended, and complains of somebody who never came for an answer.
    } catch (TimeoutException e) {
      throw unusable("did not stop within " + ENDED.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Running submit(MiniCluster cluster, JobSpec job) {
    JobID id =
        submit(
            cluster,
            env -> composer.compose(job, env),
            JobNames.of(job),
            JobFailure.Subject.of(job),
            JobArchive.classes(job));
    return new Running(id, cluster.requestJobResult(id));
  }

  private JobID submit(
      MiniCluster cluster,
      Consumer<StreamExecutionEnvironment> compose,
      String name,
      JobFailure.Subject job,
      List<Path> classes) {
    Configuration configuration = new Configuration();
    configuration.setString("execution.runtime-mode", "BATCH");
    StreamExecutionEnvironment env = new StreamExecutionEnvironment(configuration);
    env.setParallelism(parallelism);
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    try {
      compose.accept(env);
      StreamGraph graph = env.getStreamGraph();
      graph.setJobName(name);
      graph.setClasspath(JobArchive.urls(classes));
      cluster.submitJob(graph).get();
      return graph.getJobID();
    } catch (ExecutionException e) {
      throw JobFailure.of(job, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw JobFailure.cancelled(job);
    } catch (RuntimeException e) {
      throw JobFailure.of(job, e);
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  @Override
  public void start(LiveSpec job) {
    MiniCluster cluster = started();
    StreamingJobs jobs = new StreamingJobs(rest(cluster));
    jobs.requireNone(job);
    makeRoom(cluster);
    JobID id =
        submit(
            cluster,
            env -> live.compose(job, env),
            JobNames.of(job),
            JobFailure.Subject.of(job),
            JobArchive.classes(job));
    jobs.awaitTasks(job, id.toHexString());
  }

  /** A streaming job keeps its slots for good, so each has a TaskManager's worth of its own. */
  private synchronized void makeRoom(MiniCluster cluster) {
    if (!roomy) {
      // The first one shares with what else runs here: half of the slots are enough for either.
      roomy = true;
      return;
    }
    try {
      cluster.startTaskManager();
    } catch (Exception e) {
      throw unusable("has no room for another job: " + e.getMessage(), e);
    }
  }

  @Override
  public Optional<LiveJob> find(String key) {
    return Optional.ofNullable(current())
        .map(LocalCluster::rest)
        .flatMap(rest -> new JobObservation(rest, new StreamingJobs(rest)).find(key));
  }

  @Override
  public Stopped stop(String key, String savepoints) {
    return Optional.ofNullable(current())
        .map(cluster -> new StreamingJobs(rest(cluster)).stop(key, savepoints))
        .orElse(Stopped.NOT_RUNNING);
  }

  @Override
  public Optional<String> address() {
    return Optional.ofNullable(current()).map(c -> address(c).toString());
  }

  private static FlinkRest rest(MiniCluster cluster) {
    return new FlinkRest(address(cluster).resolve("/"), Duration.ofSeconds(30));
  }

  private static URI address(MiniCluster cluster) {
    try {
      return cluster.getRestAddress().get(30, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw unusable("does not say where it answers", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unusable("was not waited for: interrupted", e);
    }
  }

  private static JobResult await(MiniCluster cluster, Running job, Consumer<Progress> progress)
      throws ExecutionException, InterruptedException {
    while (true) {
      try {
        JobResult result = job.result().get(1, TimeUnit.SECONDS);
        progress.accept(progress(cluster.getArchivedExecutionGraph(job.id()).get()));
        return result;
      } catch (TimeoutException e) {
        if (!cluster.isRunning()) {
          throw unusable("was stopped while a job ran", e);
        }
        progress.accept(progress(cluster.getExecutionGraph(job.id()).get()));
      }
    }
  }

  private static Progress progress(AccessExecutionGraph graph) {
    int done = 0;
    int all = 0;
    for (AccessExecutionVertex task : graph.getAllExecutionVertices()) {
      all++;
      done += task.getExecutionState() == ExecutionState.FINISHED ? 1 : 0;
    }
    long rows = 0;
    for (StringifiedAccumulatorResult result : graph.getAccumulatorResultsStringified()) {
      rows += result.getName().equals(JobSpec.ROWS_WRITTEN) ? Long.parseLong(result.getValue()) : 0;
    }
    return new Progress(done, all, rows);
  }

  private synchronized MiniCluster current() {
    return flink;
  }

  private synchronized MiniCluster started() {
    if (closed) {
      throw new IllegalStateException("[BUG] the cluster is closed");
    }
    if (flink == null) {
      MiniCluster cluster =
          new MiniCluster(configuration(Math.max(4, parallelism * SLOTS_PER_PARALLELISM)));
      try {
        cluster.start();
      } catch (Exception e) {
        CompletableFuture<Void> unused = cluster.closeAsync();
        throw unusable("did not start: " + e.getMessage(), e);
      }
      flink = cluster;
    }
    return flink;
  }

  private static MiniClusterConfiguration configuration(int slots) {
    Configuration c = new Configuration();
    c.setString("rest.bind-port", "0");
    c.setString("rest.bind-address", "localhost");
    c.setString("web.submit.enable", "false");
    // A cluster that ends waits for questions that are not answered, by default for ten minutes,
    // and for those who asked for a stop to fetch how it came out, by default for five. Who was
    // killed meanwhile never does; who asks from here gives a question up after half a minute.
    c.setString("web.timeout", "30 s");
    c.setString("rest.async.store-duration", "20 s");
    c.setString("restart-strategy.type", "disable");
    // A status is asked for now and then, and should tell of now.
    c.setString("metrics.fetcher.update-interval", "1000");
    c.setString("taskmanager.memory.managed.size", slots * MANAGED_MEBIBYTES_PER_SLOT + "m");
    String network = slots * NETWORK_MEBIBYTES_PER_SLOT + "m";
    c.setString("taskmanager.memory.network.min", network);
    c.setString("taskmanager.memory.network.max", network);
    c.setString("taskmanager.memory.framework.off-heap.batch-shuffle.size", "16m");
    // Result partitions are many and small here; the default of 512 buffers is for large clusters.
    c.setString("taskmanager.network.sort-shuffle.min-buffers", "64");
    // Heartbeats carry the counters that progress is told from.
    c.setString("heartbeat.interval", "1000");
    c.setString("jobstore.max-capacity", "8");
    c.setString("classloader.check-leaked-classloader", "false");
    c.setString("classloader.resolve-order", "parent-first");
    return new MiniClusterConfiguration.Builder()
        .setConfiguration(c)
        .setNumTaskManagers(1)
        .setNumSlotsPerTaskManager(slots)
        .build();
  }

  private static TidemarkException unusable(String what, Throwable cause) {
    return TidemarkException.external(
        Problem.of(
            "TM-CLUSTER-020",
            "the Flink cluster in this process " + what,
            "",
            "run the same command again; check free memory, disk and local ports if it persists"),
        cause);
  }
}
