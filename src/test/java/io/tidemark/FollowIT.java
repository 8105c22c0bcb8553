package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.model.Grain;
import io.tidemark.model.LiveMark;
import io.tidemark.model.StampSummary;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.util.SnapshotUtil;
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
 * Two live jobs of a pipeline as people run them, the second of which follows the table of the
 * first: two processes, killed and started apart. Each step needs the last.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(1800)
class FollowIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final TableRef CLEAN = TableRef.parse("shop.clean");
  private static final TableRef HOURS = TableRef.parse("shop.city_hour");
  private static final int PARTITIONS = 2;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

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
        clean:
          table: shop.clean
          kind: derived
          schema:
            id: BIGINT NOT NULL
            at: TIMESTAMP(3) NOT NULL
            city: STRING NOT NULL
            amount: INT NOT NULL
          key: [id]
          event_time: at
          partition: PT1H
          slice: PT1H
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
        clean:
          sql: clean.sql
          inputs: [visits]
        city_hour:
          sql: city_hour.sql
          inputs: [clean]
          follows: [clean]
      """;

  private static final String SQL =
      """
      SELECT
        city,
        CAST(FLOOR(`at` TO HOUR) AS TIMESTAMP(3)) AS `hour`,
        COUNT(*) AS visits,
        SUM(CAST(amount AS BIGINT)) AS amount
      FROM clean
      GROUP BY city, FLOOR(`at` TO HOUR)
      """;

  private static final List<String> JVM =
      List.of("-Xmx768m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");

  private final Map<String, Process> live = new HashMap<>();
  private final TreeMap<Integer, Long> expected = new TreeMap<>();
  private Path project;
  private CommandLineSession user;
  private LakeFixture tables;
  private int sent;
  private int hour = 9;

  @BeforeAll
  void writesAProject(@TempDir Path folder) throws IOException {
    project = folder;
    user = new CommandLineSession(Wiring::open, project);
    KAFKA.createTopic("visits", PARTITIONS);
    Files.createDirectories(project.resolve("jobs/shop"));
    Files.writeString(project.resolve("jobs/shop/pipeline.yaml"), PIPELINE);
    Files.writeString(
        project.resolve("jobs/shop/clean.sql"),
        "SELECT id, `at`, city, amount FROM visits WHERE amount > 0\n");
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
    for (Process process : live.values()) {
      process.destroyForcibly().waitFor(5, TimeUnit.MINUTES);
    }
    tables.close();
  }

  private Result succeeds(String... arguments) {
    Result result = user.run(arguments);
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    return result;
  }

  private Path log(String dataset) {
    return project.resolve(dataset + ".log");
  }

  /** Starts the live job of a dataset in a process of its own. */
  private void start(String dataset) throws IOException {
    live.put(dataset, ChildJvm.tidemark(project, log(dataset), JVM, "live", "start", dataset));
  }

  private void awaitRunning(String dataset) throws IOException {
    Process process = live.get(dataset);
    await().atMost(PATIENCE).until(() -> !process.isAlive() || state(dataset).equals("RUNNING"));
    assertThat(process.isAlive()).as(Files.readString(log(dataset))).isTrue();
  }

  /** Of one of the live jobs, as the status of both says it. */
  private String state(String dataset) {
    Map<?, ?> status = (Map<?, ?>) Json.parse(succeeds("live", "status", "--format", "json").out());
    Map<?, ?> job =
        dataset.equals("clean")
            ? (Map<?, ?>) status.get("job")
            : (Map<?, ?>) ((Map<?, ?>) ((List<?>) status.get("others")).get(0)).get("job");
    return String.valueOf(((Map<?, ?>) job.get("health")).get("state"));
  }

  /** An hour's events, of which each city and partition has one. */
  private void sendHour() {
    hour++;
    for (int partition = 0; partition < PARTITIONS; partition++) {
      for (String city : List.of("Oslo", "Bergen", "Tromso")) {
        send(hour, partition, city, sent % 4);
      }
    }
  }

  private void send(int at, int partition, String city, int amount) {
    KAFKA.send(
        "visits",
        partition,
        city,
        "{\"id\": %d, \"at\": \"2026-11-01T%02d:%02d:00\", \"city\": \"%s\", \"amount\": %d}"
            .formatted(sent, at, sent % 50, city, amount),
        Instant.parse("2026-11-02T00:00:00Z"));
    expected.merge(at, (long) amount, Long::sum);
    sent++;
  }

  /** Amounts by hour, over all cities. */
  private Map<Integer, Long> amounts() {
    return tables.values(HOURS).stream()
        .collect(
            Collectors.groupingBy(
                r -> Integer.valueOf(r.get(1).toString().substring(11, 13)),
                TreeMap::new,
                Collectors.summingLong(r -> (Long) r.get(3))));
  }

  /** The hours before the newest are closed, by both jobs. */
  private void awaitClosed() {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(amounts()).isEqualTo(expected.headMap(hour)));
  }

  private long commits(TableRef table) {
    return tables.table(table).currentSnapshot().sequenceNumber();
  }

  @Test
  @Order(1)
  void oneJobClosesSlicesAndTheOtherMakesItsOwnOfThem() throws IOException {
    start("clean");
    start("city_hour");
    sendHour();
    sendHour();
    sendHour();
    awaitRunning("clean");
    awaitRunning("city_hour");

    awaitClosed();

    assertThat(succeeds("live", "status").out())
        .contains("live job shop: running")
        .contains("live job shop.city_hour: running")
        .contains("follows the table of clean, open from 2026-11-01T12");
    Result second = user.run("live", "start", "city_hour");
    assertThat(second.exitCode()).as(second.out()).isEqualTo(4);
    assertThat(second.err())
        .contains("live/shop.city_hour is being worked on by process " + pid("city_hour"));
    assertThat(succeeds("status").out()).contains("Everything is up to date");
  }

  private long pid(String dataset) {
    return live.get(dataset).pid();
  }

  @Test
  @Order(2)
  void eitherIsKilledAtAnyMomentAndNothingIsLostOrDoubled() throws Exception {
    Map<String, Long> victims = new TreeMap<>(Map.of("clean", 0L, "city_hour", 1L));
    for (String victim : victims.keySet()) {
      TableRef table = victim.equals("clean") ? CLEAN : HOURS;
      long moment = commits(table) + victims.get(victim);
      sendHour();
      await().atMost(PATIENCE).until(() -> commits(table) >= moment);
      live.remove(victim).destroyForcibly().waitFor(5, TimeUnit.MINUTES);
      sendHour();
      start(victim);
      awaitRunning(victim);
      awaitClosed();
    }
  }

  /** What was closing when a process was killed may be doubted, and is made by a run. */
  private void assertProved(String... datasets) {
    succeeds("run", "--publish");
    for (String dataset : datasets) {
      assertThat(succeeds("verify", dataset).out())
          .contains("Made once more: ")
          .endsWith("0 lost, 0 doubled, 0 unexplained\n");
    }
    assertThat(amounts()).isEqualTo(expected.headMap(hour));
  }

  @Test
  @Order(3)
  void whatIsPutRightUpstreamMakesSlicesStaleAndNeverFlows() throws Exception {
    send(10, 0, "Oslo", 50);
    await().atMost(PATIENCE).until(() -> succeeds("status").out().contains("late data, 1 slice"));
    Result corrected = succeeds("correct", "--now");

    assertThat(corrected.out())
        .contains("published")
        .contains("clean: 1 slice (2026-11-01T10)")
        .contains("city_hour: 1 slice (2026-11-01T10)");
    sendHour();
    awaitClosed();
    assertProved("clean", "city_hour");
  }

  @Test
  @Order(4)
  void oneOfThemIsStoppedAndTheOtherGoesOn() throws Exception {
    assertThat(succeeds("live", "stop", "city_hour").out())
        .contains("Stopped after a last commit: live job shop.city_hour");
    assertThat(live.remove("city_hour").waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(state("clean")).isEqualTo("RUNNING");
    assertThat(state("city_hour")).isEqualTo("NOT_RUNNING");
    succeeds("live", "stop");
    assertThat(live.remove("clean").waitFor(5, TimeUnit.MINUTES)).isTrue();
  }

  /** The newest snapshot in which the slice that begins then is open. */
  private static long newestOpenFrom(Table table, Instant start) {
    long slice = Grain.HOUR.ordinal(start);
    for (Snapshot snapshot : SnapshotUtil.currentAncestors(table)) {
      if (StampSummary.readMark(snapshot.summary())
          .flatMap(LiveMark::openFrom)
          .filter(open -> open <= slice)
          .isPresent()) {
        return snapshot.snapshotId();
      }
    }
    throw new AssertionError("it was never open");
  }

  @Test
  @Order(5)
  void whatIsRolledBackUpstreamIsFollowedOnceItHasClosedAgain() throws Exception {
    Table clean = tables.table(CLEAN);
    succeeds(
        "--yes",
        "rollback",
        "clean",
        "--to",
        Long.toString(newestOpenFrom(clean, Instant.parse("2026-11-01T12:00:00Z"))),
        "--expect-head",
        Long.toString(clean.currentSnapshot().snapshotId()));
    Result refused = user.run("live", "start", "city_hour");
    assertThat(refused.exitCode()).as(refused.out()).isEqualTo(4);
    assertThat(refused.err())
        .contains("error TM-LIVE-125: 'clean' has not closed what 'city_hour' is to begin behind");
    sendHour();

    Process both = ChildJvm.tidemark(project, log("both"), JVM, "live", "start");
    live.put("both", both);
    awaitClosed();
    // Its first commit may be there before others are told where it runs.
    for (String dataset : List.of("clean", "city_hour")) {
      await().atMost(PATIENCE).until(() -> !both.isAlive() || state(dataset).equals("RUNNING"));
    }

    assertThat(succeeds("live", "stop").out())
        .contains("Stopped after a last commit: live job shop\n")
        .contains("Stopped after a last commit: live job shop.city_hour\n");
    assertThat(live.remove("both").waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(both.exitValue()).as(Files.readString(log("both"))).isZero();
    assertProved("city_hour");
  }
}
