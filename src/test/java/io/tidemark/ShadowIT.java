package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.model.TableRef;
import io.tidemark.model.json.Json;
import io.tidemark.testing.ChildJvm;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.LakeFixture;
import io.tidemark.testing.LocalConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.core.ConditionTimeoutException;
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
 * A shadow beside a live job, each in a process of its own, with a real broker: it is compared,
 * promoted and put back. Each step needs the last.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(1200)
class ShadowIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final TableRef VISITS = TableRef.parse("shop.visits");
  private static final TableRef HOURS = TableRef.parse("shop.city_hour");
  private static final int PARTITIONS = 3;

  /** The exit code of what may be asked for again. */
  private static final int OUTSIDE = 3;

  private static final String PIPELINE =
      """
      name: shop
      datasets:
        visits:
          table: shop.visits
          kind: source
          schema:
            id: BIGINT NOT NULL
            at: TIMESTAMP(3) NOT NULL
            city: STRING NOT NULL
            amount: INT NOT NULL
          event_time: at
          partition: PT1H
          slice: PT1H
          topic:
            name: visits
            out_of_orderness: PT10S
            idle_after: PT1M
        city_hour:
          table: shop.city_hour
          kind: derived
          schema:
            city: STRING NOT NULL
            hour: TIMESTAMP(3) NOT NULL
            visits: BIGINT NOT NULL
            amount: BIGINT NOT NULL
          key: [city, hour]
          event_time: hour
          partition: PT1H
          slice: PT1H
      transforms:
        city_hour:
          sql: city_hour.sql
          inputs: [visits]
      """;

  private static final String SQL =
      """
      SELECT
        city,
        CAST(FLOOR(`at` TO HOUR) AS TIMESTAMP(3)) AS `hour`,
        COUNT(*) AS visits,
        SUM(CAST(amount AS BIGINT)) AS amount
      FROM visits
      GROUP BY city, FLOOR(`at` TO HOUR)
      """;

  private static final String CENTS =
      """
      description: Amounts are in cents.
      datasets:
        city_hour:
          columns: [amount]
          relation: new_amount = old_amount * 100
      """;

  private static final List<String> JVM =
      List.of("-Xmx768m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");

  private Path project;
  private CommandLineSession user;
  private LakeFixture tables;
  private final Map<String, Process> running = new TreeMap<>();
  private final Map<String, String[]> asked = new TreeMap<>();
  private int sent;

  @BeforeAll
  void writesAProject(@TempDir Path folder) throws IOException {
    project = folder;
    user = new CommandLineSession(Wiring::open, project);
    KAFKA.createTopic("visits", PARTITIONS);
    Files.createDirectories(project.resolve("jobs/shop"));
    Files.writeString(project.resolve("jobs/shop/pipeline.yaml"), PIPELINE);
    Files.writeString(project.resolve("jobs/shop/city_hour.sql"), SQL);
    LocalConfig.write(
        project,
        List.of(
            "flink: {parallelism: 2}",
            "kafka: {bootstrap_servers: '" + KAFKA.bootstrap() + "'}",
            "live: {checkpoint_every: PT1S}"));
    tables = LocalConfig.tables(project);
  }

  @AfterAll
  void endsWhatStillRuns() throws InterruptedException {
    for (Process process : running.values()) {
      process.destroyForcibly().waitFor(5, TimeUnit.MINUTES);
    }
    tables.close();
  }

  /** Until it is done: what failed outside may be asked for again. */
  private Result succeeds(String... arguments) {
    AtomicReference<Result> last = new AtomicReference<>();
    await()
        .atMost(Duration.ofMinutes(5))
        .until(
            () -> {
              last.set(user.run(arguments));
              return last.get().exitCode() != OUTSIDE;
            });
    Result result = last.get();
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    return result;
  }

  private Path log(String what) {
    return project.resolve(what + ".log");
  }

  /** Runs {@code tidemark live ARGUMENTS} in a process that stays. */
  private void start(String... arguments) throws IOException {
    asked.put(arguments[0], arguments);
    List<String> live = new ArrayList<>(List.of("live"));
    live.addAll(List.of(arguments));
    running.put(
        arguments[0],
        ChildJvm.tidemark(project, log(arguments[0]), JVM, live.toArray(String[]::new)));
  }

  private void awaitState(String process, String... path) throws IOException {
    await()
        .atMost(Duration.ofMinutes(5))
        .until(() -> !isAtWork(process) || state(path).equals("RUNNING"));
    assertThat(running.get(process).isAlive()).as(Files.readString(log(process))).isTrue();
  }

  /** Whether a process is there; one that something outside ended is started again. */
  private boolean isAtWork(String process) throws IOException {
    if (!running.get(process).isAlive() && running.get(process).exitValue() == OUTSIDE) {
      start(asked.get(process));
    }
    return running.get(process).isAlive();
  }

  private Map<?, ?> status() {
    return (Map<?, ?>) Json.parse(succeeds("live", "status", "--format", "json").out());
  }

  private static Map<?, ?> at(Map<?, ?> map, String... path) {
    Map<?, ?> found = map;
    for (String step : path) {
      found = (Map<?, ?>) found.get(step);
    }
    return found;
  }

  private String state(String... path) {
    Map<?, ?> found = status();
    for (String step : path) {
      if (!(found.get(step) instanceof Map<?, ?> next)) {
        return "";
      }
      found = next;
    }
    return String.valueOf(found.get("state"));
  }

  private long epoch() {
    return ((Number) at(status(), "job", "checkpoints").get("epoch")).longValue();
  }

  /** What the shadow's status says of its one dataset. */
  private String compared(String how) {
    return at(status(), "job").get("shadow") instanceof Map<?, ?> shadow
        ? String.valueOf(((Map<?, ?>) ((List<?>) shadow.get("datasets")).get(0)).get(how))
        : "";
  }

  private void awaitCompared(String how, String slice) {
    try {
      await()
          .atMost(Duration.ofMinutes(5))
          .untilAsserted(() -> assertThat(compared(how)).contains(slice));
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(user.run("live", "status").out(), e);
    }
  }

  /** One event per city in each partition, of one hour of a day. */
  private void send(int hour, int amount) {
    for (int partition = 0; partition < PARTITIONS; partition++) {
      for (String city : List.of("Oslo", "Bergen")) {
        KAFKA.send(
            "visits",
            partition,
            city,
            "{\"id\": %d, \"at\": \"2026-11-01T%02d:%02d:00\", \"city\": \"%s\", \"amount\": %d}"
                .formatted(sent, hour, sent % 50, city, amount),
            Instant.parse("2026-11-02T00:00:00Z"));
        sent++;
      }
    }
  }

  private void awaitRaw() {
    await()
        .atMost(Duration.ofMinutes(5))
        .untilAsserted(() -> assertThat(positions()).hasSize(sent));
  }

  /** Each record's partition and offset as the source's table has it. */
  private List<String> positions() {
    return tables.values(VISITS).stream().map(r -> r.get(5) + ":" + r.get(6)).toList();
  }

  private void assertNothingLostOrDoubled() {
    List<String> expected = new ArrayList<>();
    KAFKA
        .endOffsets("visits")
        .forEach(
            (p, end) -> {
              for (long o = 0; o < end; o++) {
                expected.add(p + ":" + o);
              }
            });
    assertThat(positions()).containsExactlyInAnyOrderElementsOf(expected);
  }

  /** Amounts by hour, over all cities. */
  private Map<String, Long> amounts() {
    return tables.perHour(HOURS, 1, 3);
  }

  private void awaitAmounts(Map<String, Long> expected) {
    await()
        .atMost(Duration.ofMinutes(5))
        .untilAsserted(() -> assertThat(amounts()).isEqualTo(expected));
  }

  @Test
  @Order(1)
  void equalCodeMakesEqualSlices() throws IOException {
    start("start");
    awaitState("start", "job", "health");
    send(10, 1);
    send(11, 2);
    awaitAmounts(Map.of("10", 6L));

    start("shadow");
    awaitState("shadow", "job", "shadow", "health");
    send(12, 3);
    send(13, 4);

    awaitCompared("identical", "2026-11-01T11..2026-11-01T12");
    assertThat(compared("unexplained")).endsWith(":");
    assertThat(epoch()).isEqualTo(1);
    awaitRaw();
    assertNothingLostOrDoubled();
    assertThat(user.run("live", "status").out())
        .contains("Shadow: running")
        .containsPattern("city_hour +2 +2 +0 +0 +0 +0 +0");
    assertThat(tables.table(HOURS).refs()).containsKey("tidemark-shadow");
  }

  @Test
  @Order(2)
  void aStoppedShadowLeavesNothingBehind() throws Exception {
    assertThat(succeeds("live", "stop", "--shadow").out()).contains("Stopped after a last commit");

    assertThat(running.get("shadow").waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(running.get("shadow").exitValue()).as(Files.readString(log("shadow"))).isZero();
    assertThat(at(status(), "job").get("shadow")).isNull();
    assertThat(tables.table(HOURS).refs()).doesNotContainKey("tidemark-shadow");
    assertThat(state("job", "health")).isEqualTo("RUNNING");
  }

  @Test
  @Order(3)
  void differencesThatNobodyDeclaredAreUnexplained() throws Exception {
    Files.writeString(
        project.resolve("jobs/shop/city_hour.sql"),
        SQL.replace("SUM(CAST(amount AS BIGINT))", "SUM(CAST(amount AS BIGINT) * 100)"));
    start("shadow");
    awaitState("shadow", "job", "shadow", "health");
    send(14, 5);
    send(15, 6);

    awaitCompared("unexplained", "2026-11-01T13..2026-11-01T14");
    assertThat(succeeds("live", "status").out()).contains("4 unexplained");
    Result refused = user.run("live", "promote", "--after", "2");
    assertThat(refused.exitCode()).as(refused.out() + refused.err()).isEqualTo(4);
    assertThat(refused.err())
        .contains("rows of city_hour differ without explanation in 2026-11-01T13..2026-11-01T14");
    Result few = user.run("live", "promote", "--after", "9");
    assertThat(few.exitCode()).isEqualTo(4);
    assertThat(few.err()).contains("2 of 9 slices of city_hour");
    succeeds("live", "stop", "--shadow");
    assertThat(running.get("shadow").waitFor(5, TimeUnit.MINUTES)).isTrue();
  }

  @Test
  @Order(4)
  void differencesThatAChangeDeclaresAreExplained() throws Exception {
    Files.createDirectories(project.resolve("jobs/shop/changes"));
    Files.writeString(project.resolve("jobs/shop/changes/cents.yaml"), CENTS);
    start("shadow", "--change", "cents");
    awaitState("shadow", "job", "shadow", "health");
    send(16, 7);
    send(17, 8);
    send(18, 9);

    awaitCompared("explained", "2026-11-01T15..2026-11-01T17");
    assertThat(compared("unexplained")).endsWith(":");
    awaitAmounts(
        Map.of(
            "10", 6L, "11", 12L, "12", 18L, "13", 24L, "14", 30L, "15", 36L, "16", 42L, "17", 48L));
  }

  @Test
  @Order(5)
  void aPromotionThatIsKilledIsCompletedByTheNext() throws Exception {
    start("promote", "--after", "3");
    await()
        .atMost(Duration.ofMinutes(5))
        .until(() -> Files.readString(log("promote")).contains("Stopping the shadow"));
    running.get("promote").destroyForcibly().waitFor(5, TimeUnit.MINUTES);

    start("promote", "--after", "3");
    await().atMost(Duration.ofMinutes(5)).until(() -> !isAtWork("promote") || epoch() == 2);
    awaitState("promote", "job", "shadow", "health");
    assertThat(succeeds("live", "status").out()).contains("the version before; it goes on until");
    for (String before : List.of("start", "shadow")) {
      assertThat(running.get(before).waitFor(5, TimeUnit.MINUTES)).isTrue();
      assertThat(running.get(before).exitValue()).as(Files.readString(log(before))).isZero();
    }
    send(19, 1);
    send(20, 1);
    awaitRaw();
    assertNothingLostOrDoubled();
    TreeMap<String, Long> expected =
        new TreeMap<>(Map.of("10", 6L, "11", 12L, "12", 18L, "13", 24L, "14", 30L));
    expected.putAll(Map.of("15", 3600L, "16", 4200L, "17", 4800L, "18", 5400L, "19", 600L));
    awaitAmounts(expected);
    assertThat(succeeds("verify", "city_hour").out())
        .contains("2026-11-01T15..2026-11-01T19")
        .endsWith("0 lost, 0 doubled, 0 unexplained\n");
    assertThat(succeeds("history", "city_hour").out()).contains("promote-");
  }

  @Test
  @Order(6)
  void theVersionBeforeIsPutBack() throws Exception {
    start("demote");
    await().atMost(Duration.ofMinutes(5)).until(() -> !isAtWork("demote") || epoch() == 3);
    awaitState("demote", "job", "shadow", "health");

    send(21, 2);
    send(22, 1);

    TreeMap<String, Long> expected =
        new TreeMap<>(Map.of("10", 6L, "11", 12L, "12", 18L, "13", 24L, "14", 30L));
    expected.putAll(Map.of("15", 36L, "16", 42L, "17", 48L, "18", 5400L, "19", 600L));
    expected.putAll(Map.of("20", 6L, "21", 12L));
    awaitAmounts(expected);
    awaitRaw();
    assertNothingLostOrDoubled();
    assertThat(succeeds("live", "status").out())
        .contains("runs other code than jobs/ holds, for city_hour");
    assertThat(succeeds("plan").out()).contains("city_hour");
    assertThat(user.run("live", "demote").exitCode()).isEqualTo(4);
  }
}
