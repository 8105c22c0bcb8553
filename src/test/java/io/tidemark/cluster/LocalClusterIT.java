package io.tidemark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.tidemark.model.Environment.FlinkEndpoint;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Location;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import io.tidemark.testing.Specs;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LocalClusterIT {
  private final AtomicInteger composed = new AtomicInteger();
  private Cluster cluster;
  private Duration cold;

  @BeforeAll
  void open() {
    cluster =
        Clusters.open(new FlinkEndpoint(Optional.empty(), 2, Optional.empty()), this::compose);
    long start = System.nanoTime();
    cluster.run(Specs.build("warm-up", "work"), p -> {});
    cold = Duration.ofNanos(System.nanoTime() - start);
  }

  @AfterAll
  void close() {
    cluster.close();
  }

  private void compose(JobSpec job, StreamExecutionEnvironment env) {
    composed.incrementAndGet();
    Transform transform = ((JobSpec.Build) job).transform();
    env.fromSequence(1, 100)
        .map(new Work(((Transform.JavaClass) transform.logic()).className()))
        .sinkTo(new DiscardingSink<>());
  }

  @Test
  void theWarmClusterIsKeptAndCountsWhatAJobDid() {
    long start = System.nanoTime();
    List<Cluster.Progress> seen = new CopyOnWriteArrayList<>();

    cluster.run(Specs.build("small", "work"), seen::add);

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(cold);
    Cluster.Progress last = seen.get(seen.size() - 1);
    assertThat(last.tasksDone()).isEqualTo(last.tasks()).isPositive();
    assertThat(last.rowsWritten()).isEqualTo(100);
  }

  @Test
  void problemsThrownInsideTheJobArriveWhole() {
    TidemarkException e = failure("problem");

    assertThat(e.category()).isEqualTo(TidemarkException.Category.REFUSED);
    assertThat(e.problems()).containsExactly(Work.PROBLEM);
  }

  @Test
  void anExceptionOfTheTransformNamesItAndTheCauseWithoutATrace() {
    TidemarkException e = failure(Work.class.getName());

    assertThat(e.category()).isEqualTo(TidemarkException.Category.USER);
    assertThat(e.problems())
        .singleElement()
        .satisfies(
            p ->
                assertThat(p.what())
                    .isEqualTo(
                        "transform 'out' failed: java.lang.NumberFormatException:"
                            + " For input string: \"x\""));
  }

  @Test
  void anInputOutputFailureIsNotTheUsersFault() {
    TidemarkException e = failure("disk");

    assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
    assertThat(e.problems().get(0).what()).contains("java.io.IOException: No space left on device");
  }

  @Test
  void aCancelledJobEndsItsWaiter() {
    List<Cluster.Progress> seen = new CopyOnWriteArrayList<>();
    CompletableFuture<Void> waiter =
        CompletableFuture.runAsync(() -> cluster.run(Specs.build("long", "forever"), seen::add));
    await().atMost(Duration.ofMinutes(5)).until(() -> seen.stream().anyMatch(p -> p.tasks() > 0));

    cluster.cancel("long");

    TidemarkException e =
        (TidemarkException)
            catchThrowableOfType(java.util.concurrent.CompletionException.class, waiter::join)
                .getCause();
    assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
    assertThat(e.problems().get(0).what()).isEqualTo("job 'long' was cancelled");
  }

  @Test
  void aJobOfTheSameKeyIsWaitedForAndNotStartedAgain() {
    int before = composed.get();
    CompletableFuture<Void> first =
        CompletableFuture.runAsync(() -> cluster.run(Specs.build("twin", "slow"), p -> {}));
    await().atMost(Duration.ofMinutes(5)).until(() -> composed.get() == before + 1);

    cluster.run(Specs.build("twin", "slow"), p -> {});
    first.join();

    assertThat(composed.get()).isEqualTo(before + 1);
  }

  private TidemarkException failure(String mode) {
    return catchThrowableOfType(
        TidemarkException.class, () -> cluster.run(Specs.build("fails-" + mode, mode), p -> {}));
  }

  /** Does what its mode says to each number. */
  static final class Work extends RichMapFunction<Long, Long> {
    static final Problem PROBLEM =
        Problem.at(
            new Location("a/b.sql", 3, 7), "TM-X-001", "it broke\nin \"two\" lines", "why", "fix");

    private final String mode;
    private final LongCounter written = new LongCounter();

    Work(String mode) {
      this.mode = mode;
    }

    @Override
    public void open(OpenContext context) {
      getRuntimeContext().addAccumulator(JobSpec.ROWS_WRITTEN, written);
    }

    @Override
    public Long map(Long value) throws Exception {
      written.add(1);
      if (mode.equals("problem")) {
        throw TidemarkException.refused(PROBLEM);
      } else if (mode.equals(Work.class.getName())) {
        return Long.parseLong("x");
      } else if (mode.equals("disk")) {
        throw new java.io.IOException("No space left on device");
      } else if (mode.equals("forever") || (mode.equals("slow") && value == 1)) {
        new java.util.concurrent.CountDownLatch(1)
            .await(
                mode.equals("slow") ? 1500 : 600_000, java.util.concurrent.TimeUnit.MILLISECONDS);
      }
      return value;
    }
  }
}
