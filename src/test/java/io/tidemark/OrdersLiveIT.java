package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.model.JobSpec;
import io.tidemark.model.Json;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.TableRef;
import io.tidemark.sample.ShopEvents;
import io.tidemark.sample.ShopEvents.Event;
import io.tidemark.testing.ChildJvm;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.LakeFixture;
import io.tidemark.testing.OrdersProject;
import io.tidemark.testing.SessionCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The orders pipeline on a Flink cluster of real processes, with a real broker, through everything
 * that may happen to it: six hours of events pass in two minutes while TaskManager, JobManager,
 * broker and commands are killed, the code is mended, and slices are backfilled, reverted and
 * corrected. At the end every record is accounted for, by verify and by plain Java.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(900)
class OrdersLiveIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final TableRef DEAD_LETTERS = LiveSpec.deadLetters(TableRef.parse("shop.orders"));
  private static final Instant FROM = Instant.parse("2026-11-01T06:30:00Z");
  private static final Duration EVENT_TIME = Duration.ofMinutes(6 * 60 + 10);
  private static final int SPEED = 180;
  private static final int PER_MINUTE = 60;
  private static final int SEED = 7;
  private static final int SLOTS = 4;
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final List<String> DATASETS =
      List.of("orders", "payments", "order_values", "revenue", "paid_orders");

  private final List<Event> sent = new ArrayList<>();

  private final Random random = new Random(SEED);
  private int generated;
  private Path folder;
  private OrdersProject project;
  private CommandLineSession user;
  private SessionCluster flink;
  private LakeFixture tables;
  private CompletableFuture<Void> shop;
  private CompletableFuture<Void> harm;

  /** What is ended as {@code kill -9} does. */
  private enum Victim {
    TASK_MANAGER,
    JOB_MANAGER,
    BROKER
  }

  @BeforeAll
  void opensTheShop(@TempDir Path temporary) throws IOException {
    folder = temporary;
    flink = SessionCluster.start(folder.resolve("flink"), SLOTS);
    project = OrdersProject.copyTo(folder);
    project.useFirstVersion();
    project.configure(
        List.of(
            "flink:",
            "  rest: " + flink.rest(),
            "  parallelism: 2",
            "  job_jar: " + SessionCluster.jobJar(folder),
            "kafka:",
            "  bootstrap_servers: " + KAFKA.bootstrap(),
            "live:",
            "  checkpoint_every: PT1S",
            "  checkpoints: " + folder.resolve("checkpoints").toUri()));
    user = new CommandLineSession(Wiring::open, folder);
    TreeMap<String, String> catalog = new TreeMap<>();
    catalog.put("type", "jdbc");
    catalog.put("uri", "jdbc:sqlite:" + folder.resolve(".tidemark/catalog.db"));
    catalog.put("warehouse", folder.resolve(".tidemark/warehouse").toString());
    catalog.put("jdbc.schema-version", "V1");
    catalog.put("jdbc.busy_timeout", "30000");
    Files.createDirectories(folder.resolve(".tidemark"));
    tables = new LakeFixture(new JobSpec.CatalogSpec("tidemark", catalog));
    ShopEvents events =
        new ShopEvents(new ShopEvents.Settings(SEED, FROM, PER_MINUTE, ShopEvents.Disorder.USUAL));
    for (Event e = events.next(); e.sentAt().isBefore(FROM.plus(EVENT_TIME)); e = events.next()) {
      sent.add(e);
    }
    generated = sent.size();
    KAFKA.createTopic(ShopEvents.ORDERS, 3);
    KAFKA.createTopic(ShopEvents.PAYMENTS, 2);
  }

  @AfterAll
  void closes() {
    if (tables != null) {
      tables.close();
    }
    if (flink != null) {
      flink.close();
    }
  }

  /** Until it is done: what failed outside may be asked for again. */
  private Result succeeds(String... arguments) {
    List<Result> tried = new ArrayList<>();
    for (long deadline = System.nanoTime() + PATIENCE.toNanos(); System.nanoTime() < deadline; ) {
      Result result = tell(user.run(arguments), arguments);
      if (result.exitCode() != 3) {
        assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
        return result;
      }
      tried.add(result);
    }
    throw new AssertionError("never done: " + tried);
  }

  /** Keeps what was asked and answered, for whoever has to find out what went wrong. */
  private Result tell(Result result, String... arguments) {
    tell(List.of(arguments) + " -> " + result.exitCode() + " " + result.err());
    return result;
  }

  private synchronized void tell(String what) {
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

  private Map<?, ?> live() {
    Result result = user.run("live", "status", "--format", "json");
    return result.exitCode() == 0
        ? (Map<?, ?>) ((Map<?, ?>) Json.parse(result.out())).get("job")
        : Map.of();
  }

  private boolean isRunning() {
    return live().get("health") instanceof Map<?, ?> health
        && "RUNNING".equals(health.get("state"));
  }

  /** Grows with each checkpoint and each start. */
  private long checkpoint() {
    return live().get("checkpoints") instanceof Map<?, ?> at
        ? ((Number) at.get("epoch")).longValue() * 1_000_000 + ((Number) at.get("last")).longValue()
        : 0;
  }

  /** Up to when a dataset's slices are closed. */
  private Instant closedUntil(String dataset) {
    return live().get("tasks") instanceof List<?> tasks
        ? tasks.stream()
            .map(t -> (Map<?, ?>) t)
            .filter(t -> dataset.equals(t.get("dataset")) && t.get("openFrom") != null)
            .map(t -> Instant.parse(t.get("openFrom") + ":00:00Z"))
            .findFirst()
            .orElse(Instant.MIN)
        : Instant.MIN;
  }

  private void awaitClosed(String dataset, String until) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> !closedUntil(dataset).isBefore(Instant.parse(until)));
  }

  private static long inKafka() {
    return KAFKA.endOffsets(ShopEvents.ORDERS).values().stream().mapToLong(n -> n).sum()
        + KAFKA.endOffsets(ShopEvents.PAYMENTS).values().stream().mapToLong(n -> n).sum();
  }

  /** Kills in random order, each when a random part of its share of all events is there. */
  private void doHarm() {
    List<Victim> victims = new ArrayList<>(Arrays.asList(Victim.values()));
    victims.add(Victim.TASK_MANAGER);
    Collections.shuffle(victims, random);
    for (int i = 0; i < victims.size(); i++) {
      double share = (i + 1 + random.nextDouble() / 2) / (victims.size() + 1);
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(200))
          .until(() -> inKafka() >= share * generated);
      try {
        long before = checkpoint();
        tell("kill " + victims.get(i) + " at " + before);
        kill(victims.get(i));
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofSeconds(1))
            .until(() -> isRunning() && checkpoint() > before + 1);
        tell("recovered at " + checkpoint());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void kill(Victim victim) throws IOException {
    switch (victim) {
      case TASK_MANAGER -> {
        flink.killTaskManager();
        flink.startTaskManager();
      }
      case BROKER -> {
        KAFKA.kill();
        KAFKA.restart();
      }
      case JOB_MANAGER -> {
        flink.killJobManager();
        flink.startJobManager();
        await()
            .atMost(PATIENCE)
            .ignoreExceptionsMatching(IOException.class::isInstance)
            .until(() -> slots() >= SLOTS);
        succeeds("live", "start");
      }
    }
  }

  private int slots() throws IOException {
    return flink.get("/overview").get("slots-total") instanceof Number n ? n.intValue() : 0;
  }

  /** Rebuilds and publishes what is stale, however often something stands in between. */
  private void backfill() {
    for (int attempt = 0; attempt < 5; attempt++) {
      Result run = tell(user.run("run", "--change", "fx-fix", "--publish"), "backfill");
      if (run.exitCode() == 0) {
        return;
      }
      assertThat(run.exitCode()).as(run.out() + run.err()).isIn(3, 4);
      if (run.exitCode() == 4) {
        assertThat(run.out() + run.err()).doesNotContain("without explanation");
        tell(user.run("runs", "--abandon", "latest", "--yes"), "abandon");
      }
    }
    throw new AssertionError("the backfill never came through");
  }

  private List<Map<?, ?>> published() {
    Map<?, ?> runs = (Map<?, ?>) Json.parse(succeeds("runs", "--format", "json").out());
    return ((List<?>) runs.get("runs"))
        .stream()
            .<Map<?, ?>>map(r -> (Map<?, ?>) r)
            .filter(r -> "PUBLISHED".equals(r.get("state")))
            .toList();
  }

  @Test
  @Order(1)
  void slicesCloseWhileEventsCome() {
    succeeds("load", "rates", folder.resolve("jobs/orders/data/rates.csv").toString());
    succeeds("live", "start", "--from", "2026-11-01T06");
    shop =
        CompletableFuture.runAsync(
            () ->
                tell(
                    user.run(
                        "generate",
                        "orders",
                        "--rate=" + PER_MINUTE,
                        "--speed=" + SPEED,
                        "--events=" + generated,
                        "--seed=" + SEED,
                        "--from=" + FROM),
                    "generate"));
    harm = CompletableFuture.runAsync(this::doHarm);

    awaitClosed("order_values", "2026-11-01T07:00:00Z");
    awaitClosed("paid_orders", "2026-11-01T07:00:00Z");
  }

  @Test
  @Order(2)
  void theMendedCodeIsBackfilledAlthoughTheCommandIsKilled() throws Exception {
    project.useFix();
    assertThat(succeeds("plan", "--change", "fx-fix").out()).contains("logic");
    Path log = folder.resolve("killed.log");
    Process command =
        ChildJvm.tidemark(
            folder, log, List.of("-Xmx512m"), "run", "--change", "fx-fix", "--publish");
    try {
      await()
          .atMost(PATIENCE)
          .until(() -> !command.isAlive() || Files.readString(log).contains("done prepare"));
    } finally {
      command.destroyForcibly().waitFor();
    }

    backfill();

    assertThat(published()).isNotEmpty();
  }

  @Test
  @Order(3)
  void oneSliceOfItIsRevertedAndMadeFreshAgain() {
    Map<?, ?> run =
        published().stream()
            .filter(r -> ((List<?>) r.get("datasets")).contains("order_values"))
            .findFirst()
            .orElseThrow();
    BigDecimal fixed = eurosOf("2026-11-01T06");

    succeeds(
        "revert",
        String.valueOf(run.get("run")),
        "--dataset=order_values",
        "--slice=2026-11-01T06",
        "--yes");

    assertThat(eurosOf("2026-11-01T06")).isGreaterThan(fixed.multiply(BigDecimal.TEN));
    backfill();
    assertThat(eurosOf("2026-11-01T06")).isLessThan(fixed.multiply(BigDecimal.TEN));
  }

  private BigDecimal eurosOf(String hour) {
    return tables.values(TableRef.parse("shop.order_values")).stream()
        .filter(r -> text(r.get(7)).startsWith(hour))
        .map(r -> (BigDecimal) r.get(6))
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  @Test
  @Order(4)
  void whatComesLateIsCorrected() {
    sendLate();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> succeeds("status").out().contains("late data"));

    assertThat(succeeds("correct", "--now").out()).contains("published");
  }

  /** An order whose hour is long closed, beside those that the shop sends. */
  private void sendLate() {
    Instant at = Instant.parse("2026-11-01T06:45:00Z");
    String value =
        "{\"order_id\":\"o-late\",\"customer_id\":1,\"product\":\"eggs\",\"quantity\":3,"
            + "\"amount\":10.80,\"currency\":\"USD\",\"ordered_at\":\"%s\"}".formatted(at);
    Instant now = FROM.plus(EVENT_TIME);
    KAFKA.send(ShopEvents.ORDERS, 0, "o-late", value, now);
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    sent.add(new Event(sent.size(), ShopEvents.ORDERS, "o-late", bytes, at, now));
  }

  @Test
  @Order(5)
  void everyRecordIsAccountedFor() {
    shop.join();
    harm.join();
    assertThat(inKafka()).isEqualTo(sent.size());
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(() -> assertThat(held()).isEqualTo(sent.size()));
    awaitClosed("order_values", "2026-11-01T12:00:00Z");
    awaitClosed("paid_orders", "2026-11-01T11:00:00Z");
    assertThat(isRunning()).isTrue();
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              succeeds("correct", "--now");
              backfill();
              return succeeds("status").out().contains("Everything is up to date");
            });

    for (String dataset : DATASETS) {
      assertThat(succeeds("verify", dataset).out()).endsWith("0 lost, 0 doubled, 0 unexplained\n");
    }
  }

  /** Rows and dead letters of all topics. */
  private long held() {
    return (long) rows("orders", 7).size() + rows("payments", 4).size() + letters().size();
  }

  @Test
  @Order(6)
  void tablesHoldWhatPlainJavaMakesOfTheEvents() {
    OrdersOracle oracle = new OrdersOracle(sent);

    assertThat(sorted(rows("orders", 7))).isEqualTo(sorted(oracle.orders()));
    assertThat(sorted(rows("payments", 4))).isEqualTo(sorted(oracle.payments()));
    assertThat(sorted(letters())).isEqualTo(sorted(oracle.unreadable()));
    assertThat(oracle.unreadable()).hasSizeGreaterThan(100);
    assertThat(positions()).doesNotHaveDuplicates();
    Instant values = closedUntil("order_values");
    assertHolds("order_values", 7, values, oracle.orderValues(values));
    Instant revenue = closedUntil("revenue");
    assertHolds("revenue", 1, revenue, oracle.revenue(revenue));
    Instant paid = closedUntil("paid_orders");
    assertHolds("paid_orders", 4, paid, oracle.paidOrders(paid));
  }

  @Test
  @Order(7)
  void theLiveJobStopsAfterALastCommit() {
    assertThat(succeeds("live", "stop").out()).contains("Stopped after a last commit");
    assertThat(succeeds("verify", "orders").out()).endsWith("0 lost, 0 doubled, 0 unexplained\n");
  }

  private void assertHolds(String dataset, int time, Instant before, Set<String> expected) {
    assertThat(before).isAfterOrEqualTo(Instant.parse("2026-11-01T11:00:00Z"));
    List<String> held =
        tables.values(TableRef.parse("shop." + dataset)).stream()
            .filter(r -> Instant.parse(text(r.get(time))).isBefore(before))
            .map(r -> r.stream().map(OrdersLiveIT::text).toList().toString())
            .toList();
    assertThat(sorted(held)).as(dataset).isEqualTo(sorted(List.copyOf(expected)));
  }

  /** A source's rows without where they come from. */
  private List<String> rows(String dataset, int columns) {
    return tables.values(TableRef.parse("shop." + dataset)).stream()
        .map(r -> r.stream().limit(columns).map(OrdersLiveIT::text).toList().toString())
        .toList();
  }

  /** The bytes of dead letters, as text. */
  private List<String> letters() {
    return tables.values(DEAD_LETTERS).stream()
        .map(r -> StandardCharsets.UTF_8.decode(((ByteBuffer) r.get(5)).duplicate()).toString())
        .toList();
  }

  private List<String> positions() {
    List<String> positions = new ArrayList<>();
    tables
        .values(TableRef.parse("shop.orders"))
        .forEach(r -> positions.add("orders " + r.subList(8, 10)));
    tables
        .values(TableRef.parse("shop.payments"))
        .forEach(r -> positions.add("payments " + r.subList(5, 7)));
    tables.values(DEAD_LETTERS).forEach(r -> positions.add("orders " + r.subList(1, 3)));
    return positions;
  }

  private static String text(Object value) {
    if (value instanceof OffsetDateTime t) {
      return t.toInstant().toString();
    }
    return value instanceof BigDecimal d ? d.toPlainString() : String.valueOf(value);
  }

  private static List<String> sorted(List<String> rows) {
    return rows.stream().sorted().collect(Collectors.toList());
  }
}
