package io.tidemark.cluster;

import io.tidemark.model.JobSpec;
import io.tidemark.model.Json;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.TidemarkException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A running Flink session cluster, over REST. A job's name is its key, so that a job that outlived
 * its caller is found again. Two processes that start the same key in the same moment may both
 * succeed in starting it; the key makes the commit of the later one do nothing.
 */
final class SessionCluster implements Cluster {
  private static final Set<String> ENDED = Set.of("FINISHED", "FAILED", "CANCELED", "SUSPENDED");

  /** A state of ours: the JobManager does not know a job that it had accepted. */
  private static final String FORGOTTEN = "FORGOTTEN";

  /** The main of the job plans SQL on the JobManager before the call returns. */
  private static final Duration SUBMIT = Duration.ofMinutes(3);

  /** How long the JobManager may be away, in polls of a second, before a job counts as lost. */
  private static final int MISSED_POLLS = 30;

  private final FlinkRest rest;
  private final JobArchive archive;
  private final int parallelism;

  SessionCluster(FlinkRest rest, JobArchive archive, int parallelism) {
    this.rest = rest;
    this.archive = archive;
    this.parallelism = parallelism;
  }

  @Override
  public void run(JobSpec job, Consumer<Progress> progress) {
    String id = running(job.key()).orElseGet(() -> submit(job));
    String state = await(id, progress);
    if (state.equals(FORGOTTEN)) {
      throw forgotten(job, id);
    } else if (state.equals("CANCELED") || state.equals("SUSPENDED")) {
      throw JobFailure.cancelled(job);
    } else if (state.equals("FAILED")) {
      throw JobFailure.of(job, trace(id));
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
    running(key).ifPresent(id -> rest.patch("jobs/" + id + "?mode=cancel"));
  }

  @Override
  public void close() {
    // The HTTP client holds daemon threads alone.
  }

  private Optional<String> running(String key) {
    for (Object job : list(rest.get("jobs/overview"), "jobs")) {
      Map<?, ?> map = (Map<?, ?>) job;
      if (key.equals(map.get("name")) && !ENDED.contains(text(map, "state"))) {
        return Optional.of(text(map, "jid"));
      }
    }
    return Optional.empty();
  }

  private String submit(JobSpec job) {
    Map<String, Object> body = new LinkedHashMap<>();
    byte[] spec = RecordJson.write(job, JobSpec.class).getBytes(StandardCharsets.UTF_8);
    body.put("entryClass", "io.tidemark.job.JobMain");
    body.put("programArgsList", List.of("spec", Base64.getEncoder().encodeToString(spec)));
    body.put("parallelism", parallelism);
    FlinkRest.Answer answer = rest.post("jars/" + jar(job) + "/run", body, SUBMIT);
    if (!answer.ok()) {
      throw JobFailure.of(job, answer.errors());
    }
    return text((Map<?, ?>) Json.parse(answer.body()), "jobid");
  }

  /** The id of the uploaded jar; uploads it if the cluster has none of the same content. */
  private String jar(JobSpec job) {
    JobArchive.Packed packed = archive.pack(job);
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
      pause = Math.min(1000, pause * 2);
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

  private String trace(String id) {
    Map<?, ?> history = (Map<?, ?>) rest.get("jobs/" + id + "/exceptions").get("exceptionHistory");
    StringBuilder trace = new StringBuilder();
    for (Object entry : history == null ? List.of() : list(history, "entries")) {
      trace.append(text((Map<?, ?>) entry, "stacktrace")).append('\n');
    }
    return trace.toString();
  }

  private static List<?> list(Map<?, ?> map, String name) {
    return map.get(name) instanceof List<?> list ? list : List.of();
  }

  private static String text(Map<?, ?> map, String name) {
    return String.valueOf(map.get(name));
  }
}
