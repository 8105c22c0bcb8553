package io.tidemark.cluster;

import static io.tidemark.cluster.StreamingJobs.list;
import static io.tidemark.cluster.StreamingJobs.number;
import static io.tidemark.cluster.StreamingJobs.text;

import io.tidemark.cluster.LiveJob.Checkpoint;
import io.tidemark.cluster.LiveJob.Checkpoints;
import io.tidemark.cluster.LiveJob.Failure;
import io.tidemark.cluster.LiveJob.Metric;
import io.tidemark.cluster.LiveJob.Pressure;
import io.tidemark.cluster.LiveJob.Restarts;
import io.tidemark.cluster.LiveJob.State;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Looks at one streaming job: its state, failures, checkpoints and metrics. */
final class JobObservation {
  private static final String PRESSURE = "backPressuredTimeMsPerSecond";

  /** Sources also have metrics per split, whose names hold whole paths: none of them ends so. */
  private static final Pattern KEPT =
      Pattern.compile(".*\\.tidemark\\.\\w+|.*\\.pendingRecords|" + PRESSURE);

  /** Flink fetches metrics only because somebody asks, and answers at once with what it has. */
  private static final int TRIES = 8;

  private final FlinkRest rest;
  private final StreamingJobs jobs;

  JobObservation(FlinkRest rest, StreamingJobs jobs) {
    this.rest = rest;
    this.jobs = jobs;
  }

  Optional<LiveJob> find(String key) {
    return jobs.newest(key)
        .flatMap(job -> rest.find("jobs/" + text(job, "jid")))
        .map(job -> observe(text(job, "jid"), job));
  }

  private LiveJob observe(String id, Map<?, ?> job) {
    State state = state(job);
    Readings readings = state == State.RUNNING ? readings(id, job) : Readings.NONE;
    return new LiveJob(
        id,
        state,
        since(job),
        restarts(id, state),
        checkpoints(id),
        readings.pressure(),
        readings.metrics());
  }

  private static State state(Map<?, ?> job) {
    return switch (text(job, "state")) {
      case "RUNNING" -> StreamingJobs.isGoing(job) ? State.RUNNING : State.STARTING;
      case "RESTARTING", "FAILING" -> State.RESTARTING;
      case "CANCELLING" -> State.ENDING;
      case "FAILED" -> State.FAILED;
      case "CANCELED", "SUSPENDED" -> State.CANCELLED;
      case "FINISHED" -> State.FINISHED;
      default -> State.STARTING;
    };
  }

  private static Instant since(Map<?, ?> job) {
    long at =
        job.get("timestamps") instanceof Map<?, ?> times ? number(times, text(job, "state")) : 0;
    return Instant.ofEpochMilli(at == 0 ? number(job, "start-time") : at);
  }

  private Restarts restarts(String id, State state) {
    List<?> failures = jobs.failures(id);
    Optional<Failure> newest =
        failures.stream()
            .map(f -> (Map<?, ?>) f)
            .findFirst()
            .map(
                f ->
                    new Failure(
                        JobFailure.line(text(f, "stacktrace")),
                        Instant.ofEpochMilli(number(f, "timestamp"))));
    long counted = (long) failures.size() - (state == State.FAILED ? 1 : 0);
    long known =
        rest.list("jobs/" + id + "/metrics?get=numRestarts").stream()
            .mapToLong(m -> Math.round(Double.parseDouble(text((Map<?, ?>) m, "value"))))
            .findFirst()
            .orElse(0);
    return new Restarts(Math.max(known, counted), newest);
  }

  private Checkpoints checkpoints(String id) {
    Map<?, ?> all = rest.find("jobs/" + id + "/checkpoints").orElse(Map.of());
    Map<?, ?> counts = all.get("counts") instanceof Map<?, ?> map ? map : Map.of();
    Map<?, ?> latest = all.get("latest") instanceof Map<?, ?> map ? map : Map.of();
    Optional<Checkpoint> last =
        latest.get("completed") instanceof Map<?, ?> c
            ? Optional.of(
                new Checkpoint(
                    number(c, "id"),
                    Instant.ofEpochMilli(number(c, "latest_ack_timestamp")),
                    number(c, "state_size"),
                    Duration.ofMillis(number(c, "end_to_end_duration"))))
            : Optional.empty();
    return new Checkpoints(last, number(counts, "failed"));
  }

  private record Readings(Optional<Pressure> pressure, List<Metric> metrics) {
    static final Readings NONE = new Readings(Optional.empty(), List.of());
  }

  private Readings readings(String id, Map<?, ?> job) {
    Readings readings = Readings.NONE;
    double now = number(job, "now");
    Metric clock = new Metric(LiveJob.CLOCK, now, now, now);
    for (int i = 0; i < TRIES && (i < 3 || readings.pressure().isEmpty()); i++) {
      readings = read(id, job);
      StreamingJobs.pause();
    }
    List<Metric> metrics = new ArrayList<>(readings.metrics());
    metrics.add(clock);
    return new Readings(readings.pressure(), metrics);
  }

  private Readings read(String id, Map<?, ?> job) {
    Optional<Pressure> worst = Optional.empty();
    List<Metric> metrics = new ArrayList<>();
    for (Object item : list(job, "vertices")) {
      Map<?, ?> vertex = (Map<?, ?>) item;
      String path = "jobs/" + id + "/vertices/" + text(vertex, "id") + "/subtasks/metrics";
      for (Metric metric : values(path, names(path))) {
        if (!metric.name().equals(PRESSURE)) {
          metrics.add(metric);
        } else if (worst.filter(w -> w.ratio() >= metric.max() / 1000).isEmpty()) {
          worst = Optional.of(new Pressure(text(vertex, "name"), metric.max() / 1000));
        }
      }
    }
    return new Readings(worst, metrics);
  }

  private List<String> names(String path) {
    return rest.list(path).stream()
        .map(m -> text((Map<?, ?>) m, "id"))
        .filter(name -> KEPT.matcher(name).matches())
        .toList();
  }

  private List<Metric> values(String path, List<String> names) {
    if (names.isEmpty()) {
      return List.of();
    }
    String wanted =
        names.stream()
            .map(name -> URLEncoder.encode(name, StandardCharsets.UTF_8))
            .collect(Collectors.joining(","));
    return rest.list(path + "?agg=min,max,sum&get=" + wanted).stream()
        .map(m -> (Map<?, ?>) m)
        .map(m -> new Metric(text(m, "id"), real(m, "min"), real(m, "max"), real(m, "sum")))
        .toList();
  }

  private static double real(Map<?, ?> map, String name) {
    return map.get(name) instanceof Number n ? n.doubleValue() : 0;
  }
}
