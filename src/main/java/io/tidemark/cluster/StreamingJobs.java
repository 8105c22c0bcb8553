package io.tidemark.cluster;

import io.tidemark.cluster.Cluster.Stopped;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.json.Json;
import io.tidemark.model.naming.JobNames;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Jobs that do not end by themselves, over REST, which a MiniCluster answers to as well. */
final class StreamingJobs {
  static final Set<String> ENDED = Set.of("FINISHED", "FAILED", "CANCELED", "SUSPENDED");

  private static final Set<String> GOING = Set.of("RUNNING", "FINISHED", "INITIALIZING");

  /** A cluster that has slots deploys a job in seconds; state is empty, so nothing is restored. */
  private static final Duration DEPLOYED = Duration.ofSeconds(90);

  /** A job that fails so often before all of its tasks have run once is not going to run. */
  private static final int FAILED_STARTS = 3;

  /** A last checkpoint may have to wait for slow operators and a slow catalog. */
  private static final Duration STOPPED = Duration.ofMinutes(3);

  /** For a job that somebody else is stopping, after its last checkpoint. */
  private static final Duration ENDING = Duration.ofSeconds(5);

  private static final Duration DISPOSED = Duration.ofSeconds(10);
  private static final int POLL_MILLIS = 200;

  private final FlinkRest rest;

  StreamingJobs(FlinkRest rest) {
    this.rest = rest;
  }

  /** The id of the job of a key that has not ended. */
  Optional<String> running(String key) {
    return newest(key).filter(j -> !ENDED.contains(text(j, "state"))).map(j -> text(j, "jid"));
  }

  /** The newest job of a key as the overview has it; one that runs before all that do not. */
  Optional<Map<?, ?>> newest(String key) {
    Optional<Map<?, ?>> found = Optional.empty();
    for (Object item : list(rest.get("jobs/overview"), "jobs")) {
      Map<?, ?> job = (Map<?, ?>) item;
      if (JobNames.isOf(text(job, "name"), key)
          && found.filter(f -> rank(f) >= rank(job)).isEmpty()) {
        found = Optional.of(job);
      }
    }
    return found;
  }

  private static long rank(Map<?, ?> job) {
    boolean ended = ENDED.contains(text(job, "state"));
    return ended ? number(job, "start-time") : Long.MAX_VALUE;
  }

  /**
   * @throws TidemarkException REFUSED if a job of the key runs
   */
  void requireNone(LiveSpec job) {
    if (running(job.key()).isPresent()) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-CLUSTER-030",
              "live job '" + job.name() + "' runs already on this Flink cluster",
              "two at once would fence each other off",
              "stop it first: tidemark live stop"));
    }
  }

  /** Waits until every task of a job that was just submitted runs. */
  void awaitTasks(LiveSpec job, String id) {
    JobFailure.Subject subject = JobFailure.Subject.of(job);
    long deadline = System.nanoTime() + DEPLOYED.toNanos();
    while (true) {
      Map<?, ?> now = rest.find("jobs/" + id).orElse(Map.of("state", "FAILED"));
      String state = text(now, "state");
      if (state.equals("RUNNING") && isGoing(now)) {
        return;
      } else if (ENDED.contains(state)) {
        throw state.equals("FAILED")
            ? JobFailure.of(subject, trace(id))
            : JobFailure.cancelled(subject);
      } else if (System.nanoTime() > deadline || failures(id).size() >= FAILED_STARTS) {
        String trace = trace(id);
        cancel(id);
        throw trace.isBlank() ? notDeployed(job) : JobFailure.of(subject, trace);
      }
      pause();
    }
  }

  /** Whether all tasks of a job run. */
  static boolean isGoing(Map<?, ?> job) {
    List<?> vertices = list(job, "vertices");
    return !vertices.isEmpty()
        && vertices.stream()
            .allMatch(
                v -> {
                  Map<?, ?> tasks = (Map<?, ?>) ((Map<?, ?>) v).get("tasks");
                  return tasks.entrySet().stream()
                      .allMatch(
                          t ->
                              GOING.contains(t.getKey())
                                  || ((Number) t.getValue()).intValue() == 0);
                });
  }

  private static TidemarkException notDeployed(LiveSpec job) {
    return TidemarkException.external(
        Problem.of(
            "TM-CLUSTER-031",
            "live job '" + job.name() + "' did not get all of its tasks to run",
            "after " + DEPLOYED.toSeconds() + " s some still wait for a task slot",
            "add TaskManagers or lower 'parallelism' in the environment file, then start it again"),
        null);
  }

  void cancel(String id) {
    FlinkRest.Answer ignored = rest.patch("jobs/" + id + "?mode=cancel");
  }

  Stopped stop(String key, String savepoints) {
    Optional<String> found = running(key);
    if (found.isEmpty()) {
      return Stopped.NOT_RUNNING;
    }
    String id = found.get();
    Optional<String> savepoint = savepoint(id, savepoints);
    if (savepoint.isPresent()) {
      Optional<Stopped> how = awaitGone(key, id);
      dispose(savepoint.get());
      return how.orElse(Stopped.WITH_LAST_COMMIT);
    }
    // Of two who stop a job at once one is refused, and the other's last commit is under way.
    Optional<String> end = awaitEnd(id, ENDING);
    if (end.isEmpty()) {
      cancel(id);
      end = awaitEnd(id, STOPPED);
    }
    return end.orElseThrow(() -> neverEnds(key)).equals("FINISHED")
        ? finished(id)
        : Stopped.CANCELLED;
  }

  /**
   * How a job that wrote its savepoint ended; empty if it ran in a process that is gone, too,
   * before it could be asked.
   */
  private Optional<Stopped> awaitGone(String key, String id) {
    try {
      String end = awaitEnd(id, STOPPED).orElseThrow(() -> neverEnds(key));
      // What may not be committed fails a job, though its state is saved.
      return Optional.of(end.equals("FINISHED") ? finished(id) : Stopped.UNCOMMITTED);
    } catch (TidemarkException e) {
      if (!FlinkRest.isUnreachable(e)) {
        throw e;
      }
      return Optional.empty();
    }
  }

  private Stopped finished(String id) {
    boolean left =
        rest.find("jobs/" + id + "/accumulators").stream()
            .flatMap(told -> list(told, "user-task-accumulators").stream())
            .map(a -> (Map<?, ?>) a)
            .anyMatch(
                a ->
                    LiveSpec.PENDING_CHECKPOINTS.equals(a.get("name"))
                        && !text(a, "value").equals("0"));
    return left ? Stopped.UNCOMMITTED : Stopped.WITH_LAST_COMMIT;
  }

  /**
   * Where the savepoint lies; empty if there is none and the job still runs. Two stops of one job
   * at once make it fail and start over; so all who ask for one, or repeat what a killed process
   * has asked, ask under the same name, and Flink answers each with the same.
   */
  private Optional<String> savepoint(String id, String folder) {
    FlinkRest.Answer answer =
        rest.post(
            "jobs/" + id + "/stop",
            Map.of("drain", false, "targetDirectory", folder, "triggerId", id),
            Duration.ofSeconds(30));
    if (!answer.ok()) {
      return Optional.empty();
    }
    String request = text((Map<?, ?>) Json.parse(answer.body()), "request-id");
    long deadline = System.nanoTime() + STOPPED.toNanos();
    while (System.nanoTime() < deadline) {
      Optional<Map<?, ?>> now = rest.find("jobs/" + id + "/savepoints/" + request);
      if (now.isEmpty()) {
        return Optional.empty();
      } else if (now.get().get("operation") instanceof Map<?, ?> done) {
        return Optional.ofNullable(done.get("location")).map(String::valueOf);
      }
      pause();
    }
    return Optional.empty();
  }

  /** How a job ended; empty if it has not. One that nobody knows any more was cancelled. */
  private Optional<String> awaitEnd(String id, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() < deadline) {
      String state = rest.find("jobs/" + id).map(job -> text(job, "state")).orElse("CANCELED");
      if (ENDED.contains(state)) {
        return Optional.of(state);
      }
      pause();
    }
    return Optional.empty();
  }

  private static TidemarkException neverEnds(String key) {
    return TidemarkException.external(
        Problem.of(
            "TM-CLUSTER-032",
            "job '" + key + "' does not end",
            "it was told to " + STOPPED.toMinutes() + " min ago",
            "look at the Flink cluster's log, then stop it again"),
        null);
  }

  /**
   * The next start reads tables, never a savepoint. One that cannot be deleted takes only space.
   */
  private void dispose(String savepoint) {
    try {
      FlinkRest.Answer answer =
          rest.post("savepoint-disposal", Map.of("savepoint-path", savepoint), DISPOSED);
      if (answer.ok()) {
        String request = text((Map<?, ?>) Json.parse(answer.body()), "request-id");
        long deadline = System.nanoTime() + DISPOSED.toNanos();
        while (System.nanoTime() < deadline
            && rest.find("savepoint-disposal/" + request)
                .filter(now -> now.get("operation") == null)
                .isPresent()) {
          pause();
        }
      }
    } catch (TidemarkException e) {
      // The cluster went away after the job had ended.
    }
  }

  /** What a job failed with, newest first. */
  String trace(String id) {
    StringBuilder trace = new StringBuilder();
    for (Object entry : failures(id)) {
      trace.append(text((Map<?, ?>) entry, "stacktrace")).append('\n');
    }
    return trace.toString();
  }

  List<?> failures(String id) {
    return rest.find("jobs/" + id + "/exceptions")
        .map(e -> e.get("exceptionHistory") instanceof Map<?, ?> h ? list(h, "entries") : null)
        .orElse(List.of());
  }

  static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TidemarkException.external(
          Problem.of(
              "TM-CLUSTER-033",
              "waiting for a streaming job was interrupted",
              "the job goes on",
              "see what it does: tidemark live status"),
          e);
    }
  }

  static List<?> list(Map<?, ?> map, String name) {
    return map.get(name) instanceof List<?> list ? list : List.of();
  }

  static String text(Map<?, ?> map, String name) {
    return String.valueOf(map.get(name));
  }

  static long number(Map<?, ?> map, String name) {
    return map.get(name) instanceof Number n ? n.longValue() : 0;
  }
}
