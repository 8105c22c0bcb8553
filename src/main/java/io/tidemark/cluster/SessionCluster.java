package io.tidemark.cluster;

import static io.tidemark.cluster.StreamingJobs.ENDED;
import static io.tidemark.cluster.StreamingJobs.list;
import static io.tidemark.cluster.StreamingJobs.text;

import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.json.Json;
import io.tidemark.model.log.LogLine;
import io.tidemark.model.version.OrderVersion;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running Flink session cluster, over REST. A job's name holds its key, so that a job that
 * outlived its caller is found again. Two processes that start the same key in the same moment may
 * both succeed in starting it; the key makes the commit of the later one do nothing.
 */
final class SessionCluster implements Cluster {
  private static final Logger LOG = LoggerFactory.getLogger(SessionCluster.class);

  /** A state of ours: the JobManager does not know a job that it had accepted. */
  private static final String FORGOTTEN = "FORGOTTEN";

  /** The main of the job plans SQL on the JobManager before the call returns. */
  private static final Duration SUBMIT = Duration.ofMinutes(3);

  /** How long the JobManager may be away, in polls of a second, before a job counts as lost. */
  private static final int MISSED_POLLS = 30;

  /** Between polls, in milliseconds, of a JobManager that is away. */
  private static final long LONGEST_PAUSE = 1000;

  /** Between polls otherwise: a job of few slices takes a second or two, and runs have many. */
  private static final long POLL = 400;

  private final FlinkRest rest;
  private final JobArchive archive;
  private final int parallelism;
  private final StreamingJobs jobs;

  SessionCluster(FlinkRest rest, JobArchive archive, int parallelism) {
    this.rest = rest;
    this.archive = archive;
    this.parallelism = parallelism;
    this.jobs = new StreamingJobs(rest);
  }

  @Override
  public void run(JobSpec job, Consumer<Progress> progress) {
    String id = jobs.running(job.key()).orElseGet(() -> submit(job));
    String state = await(id, progress);
    if (state.equals(FORGOTTEN)) {
      throw forgotten(job, id);
    } else if (state.equals("CANCELED") || state.equals("SUSPENDED")) {
      throw JobFailure.cancelled(JobFailure.Subject.of(job));
    } else if (state.equals("FAILED")) {
      throw JobFailure.of(JobFailure.Subject.of(job), jobs.trace(id));
    }
  }

  private static TidemarkException forgotten(JobSpec job, String id) {
    return TidemarkException.external(
        Problem.of(
            "TM-CLUSTER-024",
            "the Flink cluster knows nothing of job " + job.key() + " any more",
            "its JobManager restarted while job " + id + " ran, and keeps no state of its own",
            "run the same command again: what was committed is found, the rest is done again"),
        null);
  }

  @Override
  public void cancel(String key) {
    jobs.running(key).ifPresent(jobs::cancel);
  }

  @Override
  public void start(LiveSpec job) {
    jobs.requireNone(job);
    byte[] spec = RecordJson.write(job, LiveSpec.class).getBytes(StandardCharsets.UTF_8);
    String id = submit("live", spec, JobArchive.classes(job), JobFailure.Subject.of(job));
    jobs.awaitTasks(job, id);
  }

  @Override
  public Optional<LiveJob> find(String key) {
    return new JobObservation(rest, jobs).find(key);
  }

  @Override
  public Stopped stop(String key, String savepoints) {
    return jobs.stop(key, savepoints);
  }

  @Override
  public Optional<String> address() {
    return Optional.empty();
  }

  @Override
  public void close() {
    // The HTTP client holds daemon threads alone.
  }

  private String submit(JobSpec job) {
    byte[] spec = RecordJson.write(job, JobSpec.class).getBytes(StandardCharsets.UTF_8);
    return submit("spec", spec, JobArchive.classes(job), JobFailure.Subject.of(job));
  }

  /**
   * Arguments travel in the body of the call and stay in one JVM: no operating system cuts them.
   */
  private String submit(String kind, byte[] spec, List<Path> classes, JobFailure.Subject subject) {
    FlinkVersion.requireOurs(rest);
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("entryClass", "io.tidemark.job.JobMain");
    body.put(
        "programArgsList",
        List.of(kind, Base64.getEncoder().encodeToString(spec), OrderVersion.own().toString()));
    body.put("parallelism", parallelism);
    long begun = System.nanoTime();
    String jar = jar(classes);
    long uploaded = System.nanoTime();
    FlinkRest.Answer answer = rest.post("jars/" + jar + "/run", body, SUBMIT);
    if (!answer.ok()) {
      throw JobFailure.of(subject, answer.errors());
    }
    String id = text((Map<?, ?>) Json.parse(answer.body()), "jobid");
    LOG.info(
        LogLine.of("job-submitted")
            .with("job", subject.key())
            .with("flink_job", id)
            .with("jar_ms", Duration.ofNanos(uploaded - begun).toMillis())
            .with("plan_ms", Duration.ofNanos(System.nanoTime() - uploaded).toMillis())
            .toString());
    return id;
  }

  /** The id of the uploaded jar; uploads it if the cluster has none of the same content. */
  private String jar(List<Path> classes) {
    JobArchive.Packed packed = archive.pack(classes);
    for (Object file : list(rest.get("jars"), "files")) {
      if (packed.name().equals(((Map<?, ?>) file).get("name"))) {
        return text((Map<?, ?>) file, "id");
      }
    }
    String path = text(rest.upload("jars/upload", packed.name(), packed.content()), "filename");
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private String await(String id, Consumer<Progress> progress) {
    long pause = 100;
    int missed = 0;
    while (true) {
      try {
        Optional<Map<?, ?>> found = rest.find("jobs/" + id);
        missed = 0;
        if (found.isEmpty()) {
          return FORGOTTEN;
        }
        Map<?, ?> job = found.get();
        progress.accept(progress(id, job));
        if (ENDED.contains(text(job, "state"))) {
          return text(job, "state");
        }
      } catch (TidemarkException e) {
        if (++missed > MISSED_POLLS) {
          throw e;
        }
        pause = LONGEST_PAUSE;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(pause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw TidemarkException.external(
            Problem.of(
                "TM-CLUSTER-023",
                "waiting for Flink job " + id + " was interrupted",
                "the job goes on",
                "run the same command again: it finds the job"),
            e);
      }
      pause = Math.min(missed > 0 ? LONGEST_PAUSE : POLL, pause * 2);
    }
  }

  private Progress progress(String id, Map<?, ?> job) {
    int done = 0;
    int all = 0;
    for (Object vertex : list(job, "vertices")) {
      Map<?, ?> tasks = (Map<?, ?>) ((Map<?, ?>) vertex).get("tasks");
      for (Map.Entry<?, ?> state : tasks.entrySet()) {
        int count = ((Number) state.getValue()).intValue();
        all += count;
        done += state.getKey().equals("FINISHED") ? count : 0;
      }
    }
    long rows = 0;
    for (Object item : list(rest.get("jobs/" + id + "/accumulators"), "user-task-accumulators")) {
      Map<?, ?> accumulator = (Map<?, ?>) item;
      if (JobSpec.ROWS_WRITTEN.equals(accumulator.get("name"))) {
        rows += Long.parseLong(text(accumulator, "value"));
      }
    }
    return new Progress(done, all, rows);
  }
}
