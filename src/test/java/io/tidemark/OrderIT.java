package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.model.TableRef;
import io.tidemark.testing.ChildJvm;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.LakeFixture;
import io.tidemark.testing.LocalConfig;
import io.tidemark.testing.SessionCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
 * Live jobs that are started by hand: the job jar's main with an order that a command wrote, in a
 * process that knows of no control. Each step needs the last.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(900)
class OrderIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final TableRef VISITS = TableRef.parse("shop.visits");
  private static final TableRef HOURS = TableRef.parse("shop.hours");
  private static final Pattern NEXT =
      Pattern.compile("Next: flink run -d tidemark-job.jar (\\S+) (\\S+) (\\S+)\n");

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
          event_time: at
          partition: PT1H
          slice: PT1H
          topic:
            name: visits
            out_of_orderness: PT0S
        hours:
          table: shop.hours
          kind: derived
          schema:
            hour: TIMESTAMP(3) NOT NULL
            visits: BIGINT NOT NULL
          key: [hour]
          event_time: hour
          partition: PT1H
          slice: PT1H
      transforms:
        hours:
          sql: hours.sql
          inputs: [visits]
      """;

  private static final String SQL =
      """
      SELECT CAST(FLOOR(`at` TO HOUR) AS TIMESTAMP(3)) AS `hour`, COUNT(*) AS visits
      FROM visits
      GROUP BY FLOOR(`at` TO HOUR)
      """;

  private Path project;
  private CommandLineSession user;
  private LakeFixture tables;
  private Process job;
  private int sent;

  @BeforeAll
  void writesAProject(@TempDir Path folder) throws IOException {
    project = folder;
    user = new CommandLineSession(Wiring::open, project);
    KAFKA.createTopic("visits", 1);
    Files.createDirectories(project.resolve("jobs/shop"));
    Files.writeString(project.resolve("jobs/shop/pipeline.yaml"), PIPELINE);
    Files.writeString(project.resolve("jobs/shop/hours.sql"), SQL);
    configure(List.of());
    tables = LocalConfig.tables(project);
  }

  private void configure(List<String> flink) throws IOException {
    List<String> lines = new ArrayList<>(List.of("flink:", "  parallelism: 2"));
    lines.addAll(flink);
    lines.addAll(
        List.of(
            "kafka: {bootstrap_servers: '" + KAFKA.bootstrap() + "'}",
            "live: {checkpoint_every: PT1S, checkpoints: '"
                + project.resolve("checkpoints").toUri()
                + "'}"));
    LocalConfig.write(project, lines);
  }

  @AfterAll
  void endsWhatStillRuns() throws InterruptedException {
    if (job != null) {
      job.destroyForcibly().waitFor(5, TimeUnit.MINUTES);
    }
    tables.close();
  }

  private String succeeds(String... arguments) {
    Result result = user.run(arguments);
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    return result.out();
  }

  private void send(int hour) {
    sent++;
    KAFKA.send(
        "visits",
        0,
        "key",
        "{\"id\": %d, \"at\": \"2026-11-01T%02d:10:00\"}".formatted(sent, hour),
        Instant.parse("2026-11-02T00:00:00Z"));
  }

  private Path log() {
    return project.resolve("job.log");
  }

  /** As flink run would, with what the command says to run. */
  private void startWhatIsSaid(String out) throws IOException {
    Matcher next = NEXT.matcher(out);
    assertThat(next.find()).as(out).isTrue();
    start(next.group(1), next.group(2), next.group(3));
  }

  private void start(String... arguments) throws IOException {
    Files.deleteIfExists(log());
    job =
        ChildJvm.start(
            log(),
            List.of("-Xmx768m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"),
            "io.tidemark.job.JobMain",
            List.of(arguments));
  }

  private Map<String, Long> hours() {
    return tables.perHour(HOURS, 0, 1);
  }

  private void awaitHours(Map<String, Long> expected) {
    await()
        .atMost(Duration.ofMinutes(5))
        .failFast(() -> assertThat(job.isAlive()).as(Files.readString(log())).isTrue())
        .untilAsserted(() -> assertThat(hours()).isEqualTo(expected));
  }

  @Test
  @Order(1)
  void anOrderIsStartedByHandAndClosesSlices() throws Exception {
    Path file = project.resolve("order.json");
    String out = succeeds("live", "order", "--to", file.toString());

    assertThat(out)
        .contains("Ordered start 1 of live job shop")
        .contains("reads visits")
        .contains("makes hours");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    startWhatIsSaid(out);
    send(8);
    send(9);
    send(10);
    awaitHours(Map.of("08", 1L, "09", 1L));
    assertThat(succeeds("live", "status")).contains("start 1, checkpoint ");
  }

  @Test
  @Order(2)
  void anOrderThatTablesAreAheadOfIsRefusedAndANewOneGoesOn() throws Exception {
    job.destroyForcibly().waitFor(5, TimeUnit.MINUTES);
    Map<String, Long> before = hours();
    send(10);
    start("live", project.resolve("order.json").toString());
    assertThat(job.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(job.exitValue()).isNotZero();
    assertThat(Files.readString(log()))
        .contains("TM-LIVE-031: the job was put back to a checkpoint before its newest");
    assertThat(hours()).isEqualTo(before);

    startWhatIsSaid(succeeds("live", "order", "--to", project.resolve("next.json").toString()));
    send(11);
    send(12);
    awaitHours(Map.of("08", 1L, "09", 1L, "10", 2L, "11", 1L));
    assertThat(succeeds("verify", "visits")).endsWith("0 lost, 0 doubled, 0 unexplained\n");
  }

  @Test
  @Order(3)
  void aSourceAloneIsTakenIn() throws Exception {
    job.destroyForcibly().waitFor(5, TimeUnit.MINUTES);
    String out =
        succeeds("live", "order", "visits", "--to", project.resolve("visits.json").toString());
    assertThat(out).contains(" ingest ").doesNotContain("makes");
    startWhatIsSaid(out);
    send(13);
    await()
        .atMost(Duration.ofMinutes(5))
        .failFast(() -> assertThat(job.isAlive()).as(Files.readString(log())).isTrue())
        .untilAsserted(() -> assertThat(tables.rows(VISITS)).hasSize(sent));

    job.destroyForcibly().waitFor(5, TimeUnit.MINUTES);
    start("ingest", project.resolve("next.json").toString());
    assertThat(job.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(Files.readString(log()))
        .contains("TM-JOB-002: 'ingest' makes nothing, and the order makes [hours]");
  }

  @Test
  @Order(4)
  void aClusterOfItsOwnRunsIt(@TempDir Path folder) throws Exception {
    job.destroyForcibly().waitFor(5, TimeUnit.MINUTES);
    succeeds("live", "order", "--to", project.resolve("own.json").toString());
    try (SessionCluster flink =
        SessionCluster.application(
            folder,
            4,
            SessionCluster.jobJar(folder),
            List.of("live", project.resolve("own.json").toString()))) {
      send(14);
      send(15);
      await()
          .atMost(Duration.ofMinutes(5))
          .untilAsserted(
              () ->
                  assertThat(hours())
                      .as(flink.jobManagerLog())
                      .containsEntry("13", 1L)
                      .containsEntry("14", 1L));
      Map<?, ?> jobs = flink.get("/jobs/overview");
      assertThat(String.valueOf(jobs)).contains("name=live shop epoch ").contains("state=RUNNING");
    }
    assertThat(succeeds("verify", "visits")).endsWith("0 lost, 0 doubled, 0 unexplained\n");
  }

  /** Commands find what Flink's own command line started: by its name. */
  @Test
  @Order(5)
  void aSessionClusterRunsItAndCommandsStopIt(@TempDir Path folder) throws Exception {
    Path jar = SessionCluster.jobJar(folder);
    try (SessionCluster flink = SessionCluster.start(folder, 4)) {
      configure(List.of("  rest: " + flink.rest(), "  job_jar: " + jar));
      Matcher next = NEXT.matcher(succeeds("live", "order", "--to", folder + "/session.json"));
      assertThat(next.find()).isTrue();
      SessionCluster.Answer ran =
          flink.flink("run", "-d", jar.toString(), next.group(1), next.group(2), next.group(3));
      assertThat(ran.exitCode()).as(ran.output()).isZero();
      send(16);
      await()
          .atMost(Duration.ofMinutes(5))
          .untilAsserted(() -> assertThat(hours()).containsEntry("15", 1L));

      assertThat(succeeds("live", "status")).contains("live job shop: running");
      Result second = user.run("live", "order", "--to", folder + "/session.json");
      assertThat(second.exitCode()).isEqualTo(4);
      assertThat(second.err()).contains("live job 'shop' runs already");
      assertThat(succeeds("live", "stop")).contains("Stopped after a last commit");
    }
    assertThat(succeeds("verify", "visits")).endsWith("0 lost, 0 doubled, 0 unexplained\n");
  }

  @Test
  @Order(6)
  void whatCannotBeWrittenIsSaid() throws IOException {
    configure(List.of());
    Result result = user.run("live", "order", "--to", project.resolve("no/order.json").toString());
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("error TM-LIVE-154: cannot write ");
  }
}
