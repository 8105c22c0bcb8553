package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.model.Environment.StoreSpec;
import io.tidemark.model.TableRef;
import io.tidemark.model.json.Json;
import io.tidemark.store.Store;
import io.tidemark.store.Stores;
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
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
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
 * A live job as people run it: a process that stays, with a real broker, while other commands work
 * beside it. It is stopped, killed and upgraded; each step needs the last.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(1200)
class LiveCliIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final TableRef VISITS = TableRef.parse("shop.visits");
  private static final TableRef HOURS = TableRef.parse("shop.city_hour");
  private static final int PARTITIONS = 3;

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
            idle_after: PT5S
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

  private static final List<String> JVM =
      List.of("-Xmx768m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");

  private Path project;
  private CommandLineSession user;
  private LakeFixture tables;
  private Process live;
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
    if (live != null) {
      live.destroyForcibly().waitFor(5, TimeUnit.MINUTES);
    }
    tables.close();
  }

  private Result succeeds(String... arguments) {
    Result result = user.run(arguments);
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    return result;
  }

  private Path log() {
    return project.resolve("live.log");
  }

  private void start(String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("live", "start"));
    arguments.addAll(List.of(more));
    live = ChildJvm.tidemark(project, log(), JVM, arguments.toArray(String[]::new));
    await().atMost(Duration.ofMinutes(5)).until(() -> !live.isAlive() || state().equals("RUNNING"));
    assertThat(live.isAlive()).as(Files.readString(log())).isTrue();
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

  private String state() {
    return String.valueOf(at(status(), "job", "health").get("state"));
  }

  private long epoch() {
    return ((Number) at(status(), "job", "checkpoints").get("epoch")).longValue();
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
  void eventsFlowIntoTheRawTableAndClosedSlicesIntoTheDerivedOne() throws IOException {
    start();

    send(10, 1);
    send(11, 2);
    send(12, 3);

    awaitRaw();
    awaitAmounts(Map.of("10", 6L, "11", 12L));
    assertThat(epoch()).isEqualTo(1);
    String text = succeeds("live", "status").out();
    assertThat(text)
        .contains("live job shop: running")
        .contains("start 1, checkpoint ")
        .contains("visits")
        .contains("2026-11-01T12");
  }

  @Test
  @Order(2)
  void otherCommandsWorkBesideItAndASecondStartIsRefused() {
    Result second = user.run("live", "start");
    assertThat(second.exitCode()).as(second.err()).isEqualTo(4);
    assertThat(second.err()).contains("live/shop is being worked on by process " + live.pid());
    assertThat(succeeds("status").out()).contains("Everything is up to date");
  }

  @Test
  @Order(3)
  void aTermSignalStopsItAfterALastCommit() throws Exception {
    send(12, 4);

    live.destroy();

    assertThat(live.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(live.exitValue()).as(Files.readString(log())).isZero();
    assertThat(Files.readString(log())).contains("Stopped after a last commit: live job shop");
    assertThat(state()).isEqualTo("NOT_RUNNING");
  }

  @Test
  @Order(4)
  void theNextStartGoesOnWhereTheTablesStand() throws IOException {
    send(12, 5);
    start();
    send(13, 6);

    awaitRaw();
    assertNothingLostOrDoubled();
    awaitAmounts(Map.of("10", 6L, "11", 12L, "12", 72L));
    assertThat(epoch()).isEqualTo(2);
  }

  @Test
  @Order(5)
  void aKilledProcessIsFollowedByOneThatLosesAndDoublesNothing() throws Exception {
    send(13, 7);
    live.destroyForcibly().waitFor(5, TimeUnit.MINUTES);
    send(13, 8);
    assertThat(state()).isEqualTo("NOT_RUNNING");

    start();
    send(14, 9);

    awaitRaw();
    assertNothingLostOrDoubled();
    awaitAmounts(Map.of("10", 6L, "11", 12L, "12", 72L, "13", 126L));
  }

  @Test
  @Order(6)
  void changedCodeIsTakenUpByAStartAndMakesOpenSlicesAnew() throws Exception {
    send(14, 1);
    awaitRaw();
    assertThat(succeeds("live", "stop").out()).contains("Stopped after a last commit");
    assertThat(live.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(live.exitValue()).as(Files.readString(log())).isZero();
    Files.writeString(
        project.resolve("jobs/shop/city_hour.sql"),
        SQL.replace("SUM(CAST(amount AS BIGINT))", "SUM(CAST(amount AS BIGINT) * 100)"));

    start();
    send(15, 1);

    awaitAmounts(Map.of("10", 6L, "11", 12L, "12", 72L, "13", 126L, "14", 6000L));
    assertNothingLostOrDoubled();
    assertThat(succeeds("status").out())
        .as("the slice that was closing when the process was killed may be doubted instead")
        .containsPattern(
            "logic, \\d slices? \\(2026-11-01T(09|10)[^)]*2026-11-01T1[123]\\): column amount");
  }

  @Test
  @Order(7)
  void aBrokerThatDiesAndComesBackCostsTime() throws Exception {
    KAFKA.kill();
    assertThat(user.run("live", "status").out()).contains("unknown");
    KAFKA.restart();
    send(16, 1);

    awaitRaw();
    assertNothingLostOrDoubled();
    awaitAmounts(Map.of("10", 6L, "11", 12L, "12", 72L, "13", 126L, "14", 6000L, "15", 600L));
  }

  @Test
  @Order(8)
  void aBacklogThatBrokersKeptIsReadInOneGo() throws Exception {
    KAFKA.kill();
    live.destroyForcibly().waitFor(5, TimeUnit.MINUTES);
    Process early = ChildJvm.tidemark(project, project.resolve("early.log"), JVM, "live", "start");
    assertThat(early.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(early.exitValue()).as(Files.readString(project.resolve("early.log"))).isEqualTo(3);
    KAFKA.restart();
    for (int i = 0; i < 50; i++) {
      send(17, 2);
    }
    assertThat(state()).isEqualTo("NOT_RUNNING");

    start();
    send(18, 1);

    awaitRaw();
    assertNothingLostOrDoubled();
    TreeMap<String, Long> expected = new TreeMap<>(Map.of("10", 6L, "11", 12L, "12", 72L));
    expected.putAll(Map.of("13", 126L, "14", 6000L, "15", 600L, "16", 600L, "17", 60_000L));
    awaitAmounts(expected);
  }

  @Test
  @Order(9)
  void aRecordThatUserCodeFailsOnIsNamedAndThereOnceTheCodeIsMended() throws Exception {
    succeeds("live", "stop");
    assertThat(live.waitFor(5, TimeUnit.MINUTES)).isTrue();
    String mended = Files.readString(project.resolve("jobs/shop/city_hour.sql"));
    Files.writeString(
        project.resolve("jobs/shop/city_hour.sql"), mended.replace("* 100", "* 100 + 0 / amount"));
    start();
    send(18, 0);

    await()
        .atMost(Duration.ofMinutes(5))
        .untilAsserted(
            () -> {
              Map<?, ?> health = at(status(), "job", "health");
              assertThat(health.get("state")).isEqualTo("RESTARTING");
              assertThat(String.valueOf(health.get("reason"))).contains("/ by zero");
            });
    assertThat(live.isAlive()).isTrue();
    assertThat(positions()).hasSize(sent - 2 * PARTITIONS);
    succeeds("live", "stop");
    assertThat(live.waitFor(5, TimeUnit.MINUTES)).isTrue();
    Files.writeString(project.resolve("jobs/shop/city_hour.sql"), mended);
    start();
    send(19, 1);

    awaitRaw();
    assertNothingLostOrDoubled();
    await()
        .atMost(Duration.ofMinutes(5))
        .untilAsserted(() -> assertThat(amounts()).containsEntry("18", 600L));
    assertThat(succeeds("verify", "visits").out()).endsWith("0 lost, 0 doubled, 0 unexplained\n");
  }

  @Test
  @Order(10)
  void openSlicesAreGivenToRunsWhenTheJobIsStoppedForGood() throws Exception {
    assertThat(succeeds("live", "stop", "--release").out()).contains("Stopped after a last commit");
    assertThat(live.waitFor(5, TimeUnit.MINUTES)).isTrue();

    assertThat(succeeds("live", "status").out()).contains("released its slices at checkpoint");
    assertThat(succeeds("status").out()).doesNotContain("open (live)");
  }

  @Test
  @Order(11)
  void whatExpiredUnreadIsPassedOverWhereSomebodySaysSoAndIsNeverForgotten() throws Exception {
    send(20, 1);
    KAFKA.deleteRecords("visits", 0, KAFKA.endOffsets("visits").get(0));
    live = ChildJvm.tidemark(project, project.resolve("refused.log"), JVM, "live", "start");
    assertThat(live.waitFor(5, TimeUnit.MINUTES)).isTrue();
    String why = Files.readString(project.resolve("refused.log"));
    assertThat(live.exitValue()).as(why).isEqualTo(1);
    assertThat(why)
        .contains("error TM-LIVE-113: ")
        .contains("2 offsets expired before they were read")
        .contains("--accept-gap visits/0");

    start("--accept-gap", "visits/0");
    send(21, 1);
    send(22, 1);

    await()
        .atMost(Duration.ofMinutes(5))
        .untilAsserted(
            () -> assertThat(amounts()).containsEntry("20", 400L).containsEntry("21", 600L));
    assertThat(Files.readString(log())).contains("Passed over: 2 offsets of partition 0");
    await("slices may close a checkpoint after the first of their rows is there")
        .atMost(Duration.ofMinutes(5))
        .untilAsserted(
            () ->
                assertThat(succeeds("status").out())
                    .contains("2 offsets of visits's topic expired before they were read"));
    assertThat(succeeds("verify", "visits").out())
        .contains("partition 0: 2 offsets expired before they were read, which was accepted")
        .endsWith("0 lost, 0 doubled, 0 unexplained, 2 offsets expired unread\n");
    succeeds("live", "stop");
    assertThat(live.waitFor(5, TimeUnit.MINUTES)).isTrue();
  }

  @Test
  @Order(12)
  void aStopThatMeetsAStartUnderWayWaitsForItAndStopsWhatItStarted() throws Exception {
    String database = "jdbc:sqlite:" + project.resolve(".tidemark/control.db");
    live = ChildJvm.tidemark(project, log(), JVM, "live", "start");
    try (Store store = Stores.open(new StoreSpec(database, Optional.empty(), Optional.empty()))) {
      await().until(() -> !store.leases(Instant.now()).isEmpty());
    }

    assertThat(succeeds("live", "stop").out()).contains("Stopped after a last commit");

    assertThat(live.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(live.exitValue()).as(Files.readString(log())).isZero();
    assertThat(state()).isEqualTo("NOT_RUNNING");
  }
}
