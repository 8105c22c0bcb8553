package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.model.LiveStatus.State;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.LocalConfig;
import io.tidemark.testing.RestCatalog;
import io.tidemark.testing.ShakyFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a live job rests on is taken from it: its catalog, its object store, its topic, and its
 * tables by another job. It sits out what comes back and ends for what does not; {@code live
 * status} says which, and every record is there once in the end.
 */
@Timeout(1200)
class LiveOutagesIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @TempDir private Path folder;

  @AfterEach
  void nothingElseFails() {
    ShakyFiles.recover();
  }

  @Test
  void outagesAreSaidAndSatOut() throws Exception {
    PortProject port = PortProject.write(folder, KAFKA, "ships");
    KAFKA.createTopic("ships", 2);
    try (RestCatalog rest = RestCatalog.start(folder.resolve("rest"));
        LiveProject project =
            new LiveProject(folder, KAFKA, Duration.ofMillis(500), catalog(rest))) {
      port.send(0);
      port.send(1);
      project.start();
      project.await(PATIENCE, PortProject.hasClosed(0));

      rest.kill();
      long last = project.status().checkpoints().last();
      port.send(2);
      project.await(
          PATIENCE,
          s -> s.health().state() == State.COMMITS_WAITING && s.checkpoints().last() > last + 10);
      assertThat(project.status().health().reason())
          .contains("catalog, storage or brokers do not answer")
          .contains("its tables cannot be read");
      assertThat(statusOfAnother())
          .contains("live job port: commits waiting")
          .contains("cannot open catalog");
      rest.restart();
      port.send(3);
      project.await(PATIENCE, PortProject.hasClosed(2));

      ShakyFiles.fail();
      port.send(4);
      project.await(
          PATIENCE,
          s ->
              s.health().state() == State.RESTARTING
                  && s.health().reason().contains("503 Slow Down"));
      assertThat(statusOfAnother()).contains("503 Slow Down");
      ShakyFiles.recover();
      port.send(5);
      project.await(PATIENCE, PortProject.hasClosed(4).and(PortProject::hasReadAll));

      project.stop();
      port.assertNothingLostOrDoubled(project);
      assertThat(PortProject.hours(project))
          .isEqualTo(Map.of("00", 6L, "01", 6L, "02", 6L, "03", 6L, "04", 6L));
    }
  }

  @Test
  void aTopicThatVanishesIsWaitedForAndAnotherOfItsNameIsNotRead() throws Exception {
    PortProject port = PortProject.write(folder, KAFKA, "gone");
    KAFKA.createTopic("gone", 2);
    try (LiveProject project = new LiveProject(folder, KAFKA, Duration.ofMillis(500))) {
      port.send(0);
      port.send(1);
      project.start();
      project.await(PATIENCE, PortProject.hasClosed(0).and(PortProject::hasReadAll));

      KAFKA.deleteTopic("gone");
      project.await(PATIENCE, s -> s.health().state() == State.COMMITS_WAITING);
      KAFKA.createTopic("gone", 2);
      KAFKA.send("gone", 0, "k", "{\"id\": 1000, \"at\": \"2026-11-01T02:00:00\"}", Instant.EPOCH);
      await().atMost(PATIENCE).until(() -> project.failure().isPresent());

      assertThat(project.failure().orElseThrow().problems().get(0).code()).isEqualTo("TM-LIVE-120");
      assertThat(statusOfAnother()).contains("live job port: FAILED: ");
      assertThat(project.rows(PortProject.SHIPS)).hasSize(port.sent());
      Result again = new CommandLineSession(Wiring::open, folder).run("live", "start");
      assertThat(again.exitCode()).as(again.err()).isEqualTo(1);
      assertThat(again.err()).contains("TM-LIVE-112");
    }
  }

  /** Two people with a control database each, who do not know of each other. */
  @Test
  void ofTwoLiveJobsOneIsRefusedByTheTableItself(@TempDir Path elsewhere) throws Exception {
    PortProject port = PortProject.write(folder, KAFKA, "both");
    PortProject.write(elsewhere, KAFKA, "both");
    KAFKA.createTopic("both", 2);
    Map<String, String> catalog = LocalConfig.catalog(folder).properties();
    try (LiveProject one = new LiveProject(folder, KAFKA, Duration.ofMillis(500), catalog);
        LiveProject two = new LiveProject(elsewhere, KAFKA, Duration.ofMillis(500), catalog)) {
      port.send(0);
      one.start();
      one.await(PATIENCE, PortProject::hasReadAll);

      two.start();
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(500))
          .until(
              () -> {
                port.send(1);
                return one.failure().isPresent() || two.failure().isPresent();
              });

      LiveProject left = one.failure().isPresent() ? two : one;
      LiveProject refused = left == one ? two : one;
      assertThat(refused.failure().orElseThrow().problems().get(0).what())
          .contains("live job port-")
          .contains("holds table port.");
      port.send(3);
      left.await(PATIENCE, PortProject.hasClosed(2).and(PortProject::hasReadAll));
      left.stop();
      port.assertNothingLostOrDoubled(left);
    }
  }

  private static Map<String, String> catalog(RestCatalog rest) {
    TreeMap<String, String> properties = new TreeMap<>(rest.spec().properties());
    properties.put("io-impl", ShakyFiles.class.getName());
    return properties;
  }

  /** As somebody sees it who asks now, from a process of his own. */
  private String statusOfAnother() {
    Result result = new CommandLineSession(Wiring::open, folder).run("live", "status");
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result.out();
  }
}
