package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.model.json.Json;
import io.tidemark.sample.ShopEvents;
import io.tidemark.sample.ShopEvents.Event;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.OrdersProject;
import io.tidemark.testing.SessionCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/**
 * The orders pipeline at work: its shop sells one stretch of event time after another, as fast as
 * it can, and something that the live job needs is killed while it does. What is sold and what is
 * killed follows from the seed alone.
 */
final class LiveShop implements AutoCloseable {
  /** Of the live job, of a shadow, of a run or correction, and of a comparison at the same time. */
  private static final int SLOTS = 8;

  private static final int OUTSIDE = 3;
  private static final int REFUSED = 4;
  private static final int SPEED = 600;
  private static final int PER_MINUTE = 30;
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final KafkaBroker kafka;
  private final Path folder;
  private final long seed;
  private final Random random;
  private final OrdersProject project;
  private final SessionCluster flink;
  private final CommandLineSession user;
  private final List<Event> sold = new ArrayList<>();
  private Instant until;
  private int stretches;

  /** What is ended as {@code kill -9} does. */
  enum Victim {
    TASK_MANAGER,
    JOB_MANAGER,
    BROKER
  }

  LiveShop(KafkaBroker kafka, Path folder, long seed, Instant opens) throws IOException {
    this.kafka = kafka;
    this.folder = folder;
    this.seed = seed;
    this.random = new Random(seed);
    this.until = opens;
    project = OrdersProject.copyTo(folder);
    flink = SessionCluster.start(folder.resolve("flink"), SLOTS);
    project.configure(
        List.of(
            "flink:",
            "  rest: " + flink.rest(),
            "  parallelism: 2",
            "  job_jar: " + SessionCluster.jobJar(folder),
            "kafka:",
            "  bootstrap_servers: " + kafka.bootstrap(),
            "live:",
            "  checkpoint_every: PT1S",
            "  checkpoints: " + folder.resolve("checkpoints").toUri()));
    user = new CommandLineSession(Wiring::open, folder);
    kafka.createTopic(ShopEvents.ORDERS, 3);
    kafka.createTopic(ShopEvents.PAYMENTS, 2);
  }

  @Override
  public void close() {
    flink.close();
  }

  OrdersProject project() {
    return project;
  }

  /** A command, whatever comes of it. */
  Result run(String... arguments) {
    Result result = user.run(arguments);
    tell(List.of(arguments) + " -> " + result.exitCode() + " " + result.err());
    return result;
  }

  /** Until it is done: what failed outside may be asked for again. */
  Result succeeds(String... arguments) {
    List<Result> tried = new ArrayList<>();
    for (long end = System.nanoTime() + PATIENCE.toNanos(); System.nanoTime() < end; ) {
      Result result = run(arguments);
      if (result.exitCode() != OUTSIDE) {
        assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
        return result;
      }
      tried.add(result);
    }
    throw new AssertionError("never done: " + tried);
  }

  /** Keeps what was asked and answered, for whoever has to find out what went wrong. */
  synchronized void tell(String what) {
    try {
      Files.writeString(
          folder.resolve("story.log"),
          Instant.now() + " " + what + System.lineSeparator(),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The events that were sent, and those that are on their way. */
  List<Event> sold() {
    return sold;
  }

  /** Up to when the shop has sold. */
  Instant until() {
    return until;
  }

  long inKafka() {
    return kafka.endOffsets(ShopEvents.ORDERS).values().stream().mapToLong(n -> n).sum()
        + kafka.endOffsets(ShopEvents.PAYMENTS).values().stream().mapToLong(n -> n).sum();
  }

  /**
   * Sells for so long, and meanwhile kills somebody.
   *
   * @return done when all is sent, and the live job commits again after the kill
   */
  CompletableFuture<Void> sell(Duration stretch, Set<Victim> victims) {
    long before = inKafka();
    Instant from = until;
    until = from.plus(stretch);
    long own = seed * 1_000 + stretches++;
    ShopEvents events =
        new ShopEvents(new ShopEvents.Settings(own, from, PER_MINUTE, ShopEvents.Disorder.USUAL));
    int count = 0;
    for (Event e = events.next(); e.sentAt().isBefore(until); e = events.next()) {
      sold.add(e);
      count++;
    }
    long moment = before + random.nextInt(count);
    List<String> command =
        List.of(
            "generate",
            "orders",
            "--rate=" + PER_MINUTE,
            "--speed=" + SPEED,
            "--events=" + count,
            "--seed=" + own,
            "--from=" + from);
    CompletableFuture<Void> sale =
        apart(
            () -> {
              Result result = run(command.toArray(String[]::new));
              assertThat(result.exitCode()).as(result.err()).isZero();
            });
    CompletableFuture<Void> harm = apart(() -> victims.forEach(v -> strike(v, moment)));
    return CompletableFuture.allOf(sale, harm);
  }

  private static CompletableFuture<Void> apart(Runnable work) {
    return CompletableFuture.runAsync(work, task -> new Thread(task, "shop").start());
  }

  /** One order of any time, at the end of what was sold so far. */
  void sell(String id, Instant at) {
    String value =
        "{\"order_id\":\"%s\",\"customer_id\":1,\"product\":\"eggs\",\"quantity\":3,".formatted(id)
            + "\"amount\":10.80,\"currency\":\"USD\",\"ordered_at\":\"%s\"}".formatted(at);
    kafka.send(ShopEvents.ORDERS, 0, id, value, until);
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    sold.add(new Event(sold.size(), ShopEvents.ORDERS, id, bytes, at, until));
  }

  /**
   * In random order, one for each of so many stretches. A JobManager keeps no state, so what runs
   * after its death is what jobs/ holds then: it dies first or last, or the mended code would need
   * no shadow.
   */
  List<Set<Victim>> victims(int stretches) {
    List<Victim> others = new ArrayList<>(List.of(Victim.BROKER, Victim.TASK_MANAGER));
    while (others.size() < stretches - 1) {
      others.add(Victim.TASK_MANAGER);
    }
    Collections.shuffle(others, random);
    others.add(random.nextBoolean() ? 0 : others.size(), Victim.JOB_MANAGER);
    return others.stream().<Set<Victim>>map(EnumSet::of).toList();
  }

  private void strike(Victim victim, long moment) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(300))
        .until(() -> inKafka() >= moment && checkpoint() > 0);
    long before = checkpoint();
    tell("kill " + victim + " at " + before);
    try {
      kill(victim);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    awaitTrue(() -> isRunning() && checkpoint() > before + 1);
    tell("recovered at " + checkpoint());
  }

  private void kill(Victim victim) throws IOException {
    switch (victim) {
      case TASK_MANAGER -> {
        flink.killTaskManager();
        flink.startTaskManager();
      }
      case BROKER -> {
        kafka.kill();
        kafka.restart();
      }
      case JOB_MANAGER -> {
        loseJobs();
        succeeds("live", "start");
      }
    }
  }

  /** Another JobManager takes the place of one that was killed, and knows of no jobs. */
  void loseJobs() throws IOException {
    flink.killJobManager();
    flink.startJobManager();
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsMatching(IOException.class::isInstance)
        .until(() -> slots() >= SLOTS);
  }

  private int slots() throws IOException {
    return flink.get("/overview").get("slots-total") instanceof Number n ? n.intValue() : 0;
  }

  static void awaitTrue(Callable<Boolean> condition) {
    await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(1)).until(condition);
  }

  /** What {@code live status} says of the job; empty if it cannot. */
  Map<?, ?> live() {
    Result result = user.run("live", "status", "--format", "json");
    return result.exitCode() == 0
        ? (Map<?, ?>) ((Map<?, ?>) Json.parse(result.out())).get("job")
        : Map.of();
  }

  boolean isRunning() {
    return isRunning(live());
  }

  static boolean isRunning(Map<?, ?> job) {
    return job.get("health") instanceof Map<?, ?> health && "RUNNING".equals(health.get("state"));
  }

  /** Grows with each checkpoint and each start. */
  private long checkpoint() {
    return live().get("checkpoints") instanceof Map<?, ?> at
        ? ((Number) at.get("epoch")).longValue() * 1_000_000 + ((Number) at.get("last")).longValue()
        : 0;
  }

  /** Up to when a dataset's slices are closed. */
  Instant closedUntil(String dataset) {
    return live().get("tasks") instanceof List<?> tasks
        ? tasks.stream()
            .map(t -> (Map<?, ?>) t)
            .filter(t -> dataset.equals(t.get("dataset")) && t.get("openFrom") != null)
            .map(t -> Instant.parse(t.get("openFrom") + ":00:00Z"))
            .findFirst()
            .orElse(Instant.MIN)
        : Instant.MIN;
  }

  void awaitClosed(String dataset, Instant end) {
    awaitTrue(() -> !closedUntil(dataset).isBefore(end));
    tell(dataset + " closed until " + end);
  }

  /** Rebuilds and publishes what is stale, however often something stands in between. */
  void backfill() {
    awaitTrue(
        () -> {
          Result run = run("run", "--change", "fx-fix", "--publish");
          assertThat(run.exitCode()).as(run.out() + run.err()).isIn(0, OUTSIDE, REFUSED);
          if (run.exitCode() == REFUSED) {
            assertThat(run.out() + run.err()).doesNotContain("without explanation");
            run("runs", "--abandon", "latest", "--yes");
          }
          return run.exitCode() == 0;
        });
  }

  List<Map<?, ?>> published() {
    Map<?, ?> runs = (Map<?, ?>) Json.parse(succeeds("runs", "--format", "json").out());
    return ((List<?>) runs.get("runs"))
        .stream()
            .<Map<?, ?>>map(r -> (Map<?, ?>) r)
            .filter(r -> "PUBLISHED".equals(r.get("state")))
            .toList();
  }
}
