package io.tidemark.cluster;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A streaming job as Flink sees it at one moment. What it committed is not told here but by its
 * tables.
 *
 * @param id Flink's
 * @param since when it came into its state
 * @param restarts how it failed so far and went on
 * @param checkpoints those it took since it was started
 * @param pressure the vertex that waits most for what follows it; empty while it is not measured
 * @param metrics those that Tidemark's operators and Kafka's consumers keep; empty while Flink has
 *     not fetched any
 */
public record LiveJob(
    String id,
    State state,
    Instant since,
    Restarts restarts,
    Checkpoints checkpoints,
    Optional<Pressure> pressure,
    List<Metric> metrics) {

  /** A metric beside them, of every job that runs: its JobManager's clock when it was asked. */
  public static final String CLOCK = "jobmanager.clock_ms";

  /** Where a job is. */
  public enum State {
    /** Submitted, and not all of its tasks run yet. */
    STARTING,
    RUNNING,
    /** It failed and is about to be started again from its last checkpoint. */
    RESTARTING,
    /** It is being ended: cancelled, or stopped with a last commit. */
    ENDING,
    FAILED,
    CANCELLED,
    FINISHED;

    /** Whether nothing of it runs, nor will without another start. */
    public boolean isOver() {
      return this == FAILED || this == CANCELLED || this == FINISHED;
    }
  }

  /**
   * Failures so far.
   *
   * @param count how often it was started again
   * @param failure the newest failure in one line
   */
  public record Restarts(long count, Optional<Failure> failure) {
    public Restarts {
      Objects.requireNonNull(failure, "failure");
    }
  }

  /** What went wrong, in one line, and when. */
  public record Failure(String reason, Instant at) {}

  /**
   * Checkpoints so far.
   *
   * @param last the newest that was completed
   * @param failed how many were not
   */
  public record Checkpoints(Optional<Checkpoint> last, long failed) {
    public Checkpoints {
      Objects.requireNonNull(last, "last");
    }
  }

  /**
   * A completed checkpoint.
   *
   * @param at when it was complete
   * @param took from trigger to completion
   */
  public record Checkpoint(long id, Instant at, long bytes, Duration took) {}

  /**
   * How long a vertex waits for what follows it.
   *
   * @param ratio 0 to 1, of its busiest subtask
   */
  public record Pressure(String vertex, double ratio) {}

  /**
   * One metric over the subtasks of a vertex.
   *
   * @param name as Flink has it: the operator's name, with every unusual character replaced, and
   *     the metric's, joined by dots
   */
  public record Metric(String name, double min, double max, double sum) {}

  public LiveJob {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(since, "since");
    Objects.requireNonNull(pressure, "pressure");
    metrics = List.copyOf(metrics);
  }

  /** The metrics whose name ends in this one, of whatever operator. */
  public List<Metric> metrics(String name) {
    return metrics.stream()
        .filter(m -> m.name().equals(name) || m.name().endsWith("." + name))
        .toList();
  }
}
