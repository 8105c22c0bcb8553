package io.tidemark.model;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a live job does, from its tables, its cluster and its topics. While its tables cannot be
 * read, it has no sources and tasks.
 *
 * @param name of the live job
 * @param health whether it runs
 * @param checkpoints how often and how well its work becomes visible
 * @param pressure the part of it that waits most for what follows; empty while it is not measured
 * @param sources with their topics
 * @param tasks its transforms, in topological order
 * @param follows tables of other live jobs that it reads
 * @param shadow other code beside it; empty for none
 */
public record LiveStatus(
    String name,
    Health health,
    Checkpoints checkpoints,
    Optional<Pressure> pressure,
    List<SourceStatus> sources,
    List<TaskStatus> tasks,
    List<FollowedStatus> follows,
    Optional<ShadowStatus> shadow) {

  /** What a live job is doing. */
  public enum State {
    NOT_RUNNING,
    STARTING,
    RUNNING,
    /** It runs, but its tables cannot be written to; what it read is kept until they can. */
    COMMITS_WAITING,
    /** It failed and is about to go on from its last checkpoint. */
    RESTARTING,
    STOPPING,
    /** It ended and does not go on by itself. */
    FAILED
  }

  /**
   * @param reason why it is not running as it should, in one line; empty if it is
   * @param since when it came into its state, as far as that is known
   * @param restarts how often it failed and went on since it was started
   */
  public record Health(State state, String reason, Optional<Instant> since, long restarts) {
    public Health {
      Objects.requireNonNull(state, "state");
      Objects.requireNonNull(reason, "reason");
      Objects.requireNonNull(since, "since");
    }
  }

  /**
   * @param epoch of the newest start that committed; 0 if none did, or tables cannot be read
   * @param last the newest checkpoint that the cluster completed, else the newest that a table
   *     holds; 0 for none
   * @param age since the last one, as far as that is known
   * @param bytes of state in it
   * @param took from its trigger to its completion
   * @param failed how many were not completed since the job was started
   * @param conflicts how often a commit was tried again because somebody else's had come between,
   *     since the job last failed or started
   */
  public record Checkpoints(
      long epoch,
      long last,
      Optional<Duration> age,
      long bytes,
      Duration took,
      long failed,
      long conflicts) {
    public Checkpoints {
      Objects.requireNonNull(age, "age");
      Objects.requireNonNull(took, "took");
    }
  }

  /**
   * @param part of the Flink job
   * @param ratio of its time, 0 to 1
   */
  public record Pressure(String part, double ratio) {}

  /**
   * One topic and the table it is read into.
   *
   * @param watermark events before it are no longer waited for
   * @param lag what the topic holds and the table does not
   * @param deadLetters records that could not be read, ever
   * @param silent partitions without a record for longer than {@code idleAfter}, which the
   *     watermark does not wait for; only those the broker tells the time of
   */
  public record SourceStatus(
      DatasetId dataset,
      String topic,
      Optional<Instant> watermark,
      Lag lag,
      long deadLetters,
      List<Integer> silent,
      Duration idleAfter) {
    public SourceStatus {
      silent = List.copyOf(silent);
    }
  }

  /**
   * @param events offsets from the first record that is not committed to the end of the topic, zero
   *     if there is none; empty while no broker answers
   * @param time since the oldest of them was taken by Kafka; zero if there is none
   */
  public record Lag(Optional<Long> events, Optional<Duration> time) {
    public static final Lag UNKNOWN = new Lag(Optional.empty(), Optional.empty());

    public Lag {
      Objects.requireNonNull(events, "events");
      Objects.requireNonNull(time, "time");
    }
  }

  /**
   * One transform.
   *
   * @param openFrom the first slice that is open; empty while none has closed
   * @param open open slices that hold rows
   * @param late rows that came after their slice had closed, ever
   * @param doubted closed slices that the job does not vouch for
   */
  public record TaskStatus(
      DatasetId dataset, Optional<String> openFrom, SliceSet open, long late, SliceSet doubted) {
    public TaskStatus {
      Objects.requireNonNull(openFrom, "openFrom");
    }
  }

  /**
   * A table of another live job.
   *
   * @param openFrom its first slice that is open, up to which it can be read; empty while none has
   *     closed
   */
  public record FollowedStatus(DatasetId dataset, Optional<String> openFrom) {
    public FollowedStatus {
      Objects.requireNonNull(openFrom, "openFrom");
    }
  }

  public LiveStatus {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(health, "health");
    Objects.requireNonNull(checkpoints, "checkpoints");
    Objects.requireNonNull(pressure, "pressure");
    sources = List.copyOf(sources);
    tasks = List.copyOf(tasks);
    follows = List.copyOf(follows);
    Objects.requireNonNull(shadow, "shadow");
  }

  /** Without a shadow, and following nothing. */
  public LiveStatus(
      String name,
      Health health,
      Checkpoints checkpoints,
      Optional<Pressure> pressure,
      List<SourceStatus> sources,
      List<TaskStatus> tasks) {
    this(name, health, checkpoints, pressure, sources, tasks, List.of(), Optional.empty());
  }

  /** The same with a shadow beside it. */
  public LiveStatus with(ShadowStatus beside) {
    return new LiveStatus(
        name, health, checkpoints, pressure, sources, tasks, follows, Optional.of(beside));
  }
}
