package io.tidemark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.tidemark.model.Environment.FlinkEndpoint;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.testing.Specs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(1200)
final class StreamingJobsIT {
  @TempDir private Path folder;
  private Cluster cluster;

  @BeforeAll
  void open() {
    cluster =
        Clusters.open(
            new FlinkEndpoint(Optional.empty(), 2, Optional.empty()),
            StreamingJobsIT::bounded,
            StreamingJobsIT::compose);
  }

  @AfterAll
  void close() {
    cluster.close();
  }

  private static void bounded(JobSpec job, StreamExecutionEnvironment env) {
    env.fromSequence(1, 100).sinkTo(new DiscardingSink<>());
  }

  private static void compose(LiveSpec job, StreamExecutionEnvironment env) {
    Configuration c = new Configuration();
    c.setString("execution.runtime-mode", "STREAMING");
    c.setString("execution.checkpointing.dir", job.streaming().checkpoints());
    c.setString("restart-strategy.type", "fixed-delay");
    c.setString("restart-strategy.fixed-delay.attempts", "1000");
    c.setString("restart-strategy.fixed-delay.delay", "200 ms");
    env.configure(c);
    env.enableCheckpointing(200);
    env.fromSequence(1, Long.MAX_VALUE)
        .map(new Tick(job.job(), Path.of(java.net.URI.create(job.streaming().checkpoints()))))
        .name("tick it")
        .sinkTo(new DiscardingSink<>());
  }

  private LiveSpec spec(String name, String mode) {
    return new LiveSpec(
        name,
        mode,
        1,
        new JobSpec.CatalogSpec("none", new TreeMap<>()),
        new LiveSpec.Streaming(
            new TreeMap<>(), Duration.ofMillis(200), folder.resolve(name).toUri().toString()),
        List.of(),
        List.of(),
        List.of());
  }

  private Cluster.Stopped stop(String name) {
    return cluster.stop("live/" + name, folder.resolve("savepoints").toUri().toString());
  }

  private LiveJob find(String name) {
    return cluster.find("live/" + name).orElseThrow();
  }

  @Test
  void aJobRunsBesideBoundedOnesAndTellsWhatItDoes() {
    cluster.start(spec("steady", "run"));
    cluster.start(spec("second", "run"));
    await()
        .atMost(Duration.ofMinutes(5))
        .until(() -> find("steady").checkpoints().last().isPresent());
    await()
        .atMost(Duration.ofMinutes(5))
        .until(() -> find("steady").metrics("tidemark.ticks").stream().anyMatch(m -> m.sum() > 7));

    cluster.run(Specs.build("beside", "x"), p -> {});
    LiveJob job = find("steady");

    assertThat(job.state()).isEqualTo(LiveJob.State.RUNNING);
    assertThat(job.since()).isBetween(Instant.now().minusSeconds(120), Instant.now());
    assertThat(job.restarts()).isEqualTo(new LiveJob.Restarts(0, Optional.empty()));
    LiveJob.Checkpoint last = job.checkpoints().last().orElseThrow();
    assertThat(last.id()).isPositive();
    assertThat(last.at()).isAfter(job.since());
    assertThat(last.bytes()).isPositive();
    assertThat(job.pressure()).isPresent();
    assertThat(job.metrics("tidemark.ticks"))
        .singleElement()
        .satisfies(
            m -> {
              assertThat(m.name()).startsWith("tick_it.");
              assertThat(m.min()).isEqualTo(7);
              assertThat(m.max()).isEqualTo(7);
            });
    stop("steady");
    stop("second");
  }

  @Test
  void stoppingTakesALastCheckpointWhoseCompletionIsTold() throws IOException {
    cluster.start(spec("stopped", "run"));

    assertThat(stop("stopped")).isEqualTo(Cluster.Stopped.WITH_LAST_COMMIT);

    assertThat(find("stopped").state()).isEqualTo(LiveJob.State.FINISHED);
    assertThat(folder.resolve("stopped/completed")).exists();
    assertThat(files(folder.resolve("savepoints"))).as("what nobody reads").isEmpty();
    assertThat(stop("stopped")).isEqualTo(Cluster.Stopped.NOT_RUNNING);
    assertThat(stop("never-started")).isEqualTo(Cluster.Stopped.NOT_RUNNING);
  }

  @Test
  void aJobWhoseLastCommitFailedIsNotSaidToHaveMadeIt() {
    cluster.start(spec("left", "left"));
    assertThat(stop("left")).isEqualTo(Cluster.Stopped.UNCOMMITTED);
    assertThat(find("left").state()).isEqualTo(LiveJob.State.FINISHED);
  }

  private static List<Path> files(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(Files::isRegularFile).toList();
    }
  }

  @Test
  void aSecondJobOfTheSameKeyIsRefusedUntilTheFirstIsGone() {
    cluster.start(spec("twice", "run"));

    TidemarkException e =
        catchThrowableOfType(TidemarkException.class, () -> cluster.start(spec("twice", "run")));

    assertThat(e.category()).isEqualTo(TidemarkException.Category.REFUSED);
    assertThat(e.problems().get(0).what())
        .isEqualTo("live job 'twice' runs already on this Flink cluster");
    cluster.cancel("live/twice");
    await()
        .atMost(Duration.ofMinutes(5))
        .until(() -> find("twice").state() == LiveJob.State.CANCELLED);
    cluster.start(spec("twice", "run"));
    assertThat(find("twice").state()).isEqualTo(LiveJob.State.RUNNING);
    stop("twice");
  }

  @Test
  void aJobThatFailsForGoodAtOnceIsNotStarted() {
    TidemarkException e =
        catchThrowableOfType(
            TidemarkException.class, () -> cluster.start(spec("refused", "refuse")));

    assertThat(e.problems()).containsExactly(Tick.PROBLEM);
    assertThat(find("refused").state()).isEqualTo(LiveJob.State.FAILED);
    assertThat(find("refused").restarts().failure().orElseThrow().reason())
        .isEqualTo("it is not to be");
  }

  @Test
  void aJobThatFailedAndGoesOnSaysWhatHadHappened() {
    cluster.start(spec("shaky", "once"));

    await().atMost(Duration.ofMinutes(5)).until(() -> find("shaky").restarts().count() > 0);
    await()
        .atMost(Duration.ofMinutes(5))
        .until(() -> find("shaky").state() == LiveJob.State.RUNNING);

    LiveJob job = find("shaky");
    assertThat(job.restarts().count()).isEqualTo(1);
    assertThat(job.restarts().failure().orElseThrow().reason())
        .isEqualTo("IOException: the disk went away");
    stop("shaky");
  }

  @Test
  void aJobThatNeverComesToRunIsNotLeftTrying() {
    TidemarkException e =
        catchThrowableOfType(
            TidemarkException.class, () -> cluster.start(spec("hopeless", "always")));

    if (e == null) {
      // All of its tasks ran for a moment, so it was started, and goes on trying in the open.
      await().atMost(Duration.ofMinutes(5)).until(() -> find("hopeless").restarts().count() > 1);
      assertThat(stop("hopeless")).isEqualTo(Cluster.Stopped.CANCELLED);
    } else {
      assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
      assertThat(e.problems().get(0).what()).contains("the disk went away");
    }
    await()
        .atMost(Duration.ofMinutes(5))
        .until(() -> find("hopeless").state() == LiveJob.State.CANCELLED);
  }

  @Test
  void aJobThatCannotTakeALastCheckpointIsCancelled() throws IOException {
    cluster.start(spec("broken", "later"));
    Files.writeString(folder.resolve("broken/break"), "now");
    await().atMost(Duration.ofMinutes(5)).until(() -> find("broken").restarts().count() > 1);

    Cluster.Stopped how = stop("broken");

    assertThat(how).isEqualTo(Cluster.Stopped.CANCELLED);
    assertThat(find("broken").state()).isEqualTo(LiveJob.State.CANCELLED);
  }

  @Test
  void whoAsksForAStopAndIsKilledDoesNotKeepTheClusterFromEnding() {
    Cluster own =
        Clusters.open(
            new FlinkEndpoint(Optional.empty(), 2, Optional.empty()),
            StreamingJobsIT::bounded,
            StreamingJobsIT::compose);
    own.start(spec("abandoned", "run"));
    FlinkRest rest =
        new FlinkRest(
            java.net.URI.create(own.address().orElseThrow()).resolve("/"), Duration.ofSeconds(30));
    String id = own.find("live/abandoned").orElseThrow().id();

    FlinkRest.Answer asked =
        rest.post(
            "jobs/" + id + "/stop",
            Map.of("targetDirectory", folder.resolve("savepoints").toUri().toString()),
            Duration.ofSeconds(30));

    assertThat(asked.ok()).isTrue();
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> own.find("live/abandoned").orElseThrow().state() == LiveJob.State.FINISHED);
    assertThatCode(own::close).doesNotThrowAnyException();
  }

  @Test
  void twoWhoStopAJobAtOnceBothSeeItEnd() {
    cluster.start(spec("wanted", "run"));

    CompletableFuture<Cluster.Stopped> other = CompletableFuture.supplyAsync(() -> stop("wanted"));
    Cluster.Stopped mine = stop("wanted");

    assertThat(List.of(mine, other.join())).containsOnly(Cluster.Stopped.WITH_LAST_COMMIT);
    assertThat(find("wanted").state()).isEqualTo(LiveJob.State.FINISHED);
  }

  /** Slowly hands on what it is given; the rest is said by its mode. */
  static final class Tick extends RichMapFunction<Long, Long> implements CheckpointListener {
    static final Problem PROBLEM = Problem.of("TM-X-002", "it is not to be", "why", "fix");

    private final String mode;
    private final java.io.File folder;
    private int seen;

    Tick(String mode, Path folder) {
      this.mode = mode;
      this.folder = folder.toFile();
    }

    @Override
    public void open(OpenContext context) {
      LongCounter left = new LongCounter(mode.equals("left") ? 2 : 0);
      getRuntimeContext().addAccumulator("tidemark.pending_checkpoints", left);
      getRuntimeContext().getMetricGroup().addGroup("tidemark").gauge("ticks", () -> 7 + 0 * seen);
    }

    @Override
    public Long map(Long value) throws Exception {
      if (mode.equals("refuse")) {
        throw new SuppressRestartsException(TidemarkException.refused(PROBLEM));
      }
      new java.util.concurrent.CountDownLatch(1)
          .await(20, java.util.concurrent.TimeUnit.MILLISECONDS);
      TaskInfo task = getRuntimeContext().getTaskInfo();
      boolean first = task.getAttemptNumber() == 0 && task.getIndexOfThisSubtask() == 0;
      if (mode.equals("always")
          || (mode.equals("later") && new java.io.File(folder, "break").exists())
          || (mode.equals("once") && first && ++seen > 100)) {
        throw new IOException("the disk went away");
      }
      return value;
    }

    @Override
    public void notifyCheckpointComplete(long id) {
      try {
        Files.writeString(folder.toPath().resolve("completed"), String.valueOf(id));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
