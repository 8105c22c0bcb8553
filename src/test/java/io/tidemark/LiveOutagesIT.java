package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.control.Operation;
import io.tidemark.control.Verified;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.LiveStatus.State;
import io.tidemark.model.TableRef;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.LocalConfig;
import io.tidemark.testing.PortProject;
import io.tidemark.testing.RestCatalog;
import io.tidemark.testing.ShakyFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
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
  private static final int EACH = 6;

  @TempDir private Path folder;
  private int sent;

  @AfterEach
  void nothingElseFails() {
    ShakyFiles.recover();
  }

  @Test
  void outagesAreSaidAndSatOut() throws Exception {
    PortProject.write(folder, "ships");
    KAFKA.createTopic("ships", 2);
    try (RestCatalog rest = RestCatalog.start(folder.resolve("rest"));
        LiveProject project =
            new LiveProject(folder, KAFKA, Duration.ofMillis(500), catalog(rest))) {
      send("ships", 0);
      send("ships", 1);
      project.start();
      project.await(PATIENCE, hasClosed(0));

      rest.kill();
      long last = project.status().checkpoints().last();
      send("ships", 2);
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
      send("ships", 3);
      project.await(PATIENCE, hasClosed(2));

      ShakyFiles.fail();
      send("ships", 4);
      project.await(
          PATIENCE,
          s ->
              s.health().state() == State.RESTARTING
                  && s.health().reason().contains("503 Slow Down"));
      assertThat(statusOfAnother()).contains("503 Slow Down");
      ShakyFiles.recover();
      send("ships", 5);
      project.await(PATIENCE, hasClosed(4).and(LiveOutagesIT::hasReadAll));

      project.stop();
      assertNothingLostOrDoubled(project);
      assertThat(hours(project))
          .isEqualTo(Map.of("00", 6L, "01", 6L, "02", 6L, "03", 6L, "04", 6L));
    }
  }

  private void assertNothingLostOrDoubled(LiveProject project) {
    Verified verified = project.execute(new Operation.Verify("hours", Optional.empty()));
    assertThat(verified.isClean()).as("%s", verified).isTrue();
    assertThat(project.rows(TableRef.parse("port.ships")).stream().map(r -> r.get(0)))
        .hasSize(sent)
        .doesNotHaveDuplicates();
  }

  @Test
  void aTopicThatVanishesIsWaitedForAndAnotherOfItsNameIsNotRead() throws Exception {
    PortProject.write(folder, "gone");
    KAFKA.createTopic("gone", 2);
    try (LiveProject project = new LiveProject(folder, KAFKA, Duration.ofMillis(500))) {
      send("gone", 0);
      send("gone", 1);
      project.start();
      project.await(PATIENCE, hasClosed(0).and(LiveOutagesIT::hasReadAll));

      KAFKA.deleteTopic("gone");
      project.await(PATIENCE, s -> s.health().state() == State.COMMITS_WAITING);
      KAFKA.createTopic("gone", 2);
      KAFKA.send("gone", 0, "k", "{\"id\": 1000, \"at\": \"2026-11-01T02:00:00\"}", Instant.EPOCH);
      await().atMost(PATIENCE).until(() -> project.failure().isPresent());

      assertThat(project.failure().orElseThrow().problems().get(0).code()).isEqualTo("TM-LIVE-120");
      assertThat(statusOfAnother()).contains("live job port: FAILED: ");
      assertThat(project.rows(TableRef.parse("port.ships"))).hasSize(sent);
      Result again = new CommandLineSession(Wiring::open, folder).run("live", "start");
      assertThat(again.exitCode()).as(again.err()).isEqualTo(1);
      assertThat(again.err()).contains("TM-LIVE-112");
    }
  }

  /** Two people with a control database each, who do not know of each other. */
  @Test
  void ofTwoLiveJobsOneIsRefusedByTheTableItself(@TempDir Path elsewhere) throws Exception {
    PortProject.write(folder, "both");
    PortProject.write(elsewhere, "both");
    KAFKA.createTopic("both", 2);
    Map<String, String> catalog = LocalConfig.catalog(folder).properties();
    try (LiveProject one = new LiveProject(folder, KAFKA, Duration.ofMillis(500), catalog);
        LiveProject two = new LiveProject(elsewhere, KAFKA, Duration.ofMillis(500), catalog)) {
      send("both", 0);
      one.start();
      one.await(PATIENCE, LiveOutagesIT::hasReadAll);

      two.start();
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(500))
          .until(
              () -> {
                send("both", 1);
                return one.failure().isPresent() || two.failure().isPresent();
              });

      LiveProject left = one.failure().isPresent() ? two : one;
      LiveProject refused = left == one ? two : one;
      assertThat(refused.failure().orElseThrow().problems().get(0).what())
          .contains("live job port-")
          .contains("holds table port.");
      send("both", 3);
      left.await(PATIENCE, hasClosed(2).and(LiveOutagesIT::hasReadAll));
      left.stop();
      assertNothingLostOrDoubled(left);
    }
  }

  private static boolean hasReadAll(LiveStatus status) {
    return status.sources().stream().allMatch(s -> s.lag().events().equals(Optional.of(0L)))
        && status.checkpoints().last() > 0
        && !status.sources().isEmpty();
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

  private void send(String topic, int hour) {
    for (int i = 0; i < EACH; i++) {
      KAFKA.send(
          topic,
          i % 2,
          "k",
          "{\"id\": %d, \"at\": \"2026-11-01T%02d:%02d:00\"}".formatted(sent++, hour, 10 + i),
          Instant.parse("2026-11-02T00:00:00Z"));
    }
  }

  private static Predicate<LiveStatus> hasClosed(int hour) {
    String next = "2026-11-01T%02d".formatted(hour + 1);
    return status ->
        status.health().state() == State.RUNNING
            && status.tasks().stream()
                .anyMatch(t -> t.openFrom().filter(o -> o.compareTo(next) >= 0).isPresent());
  }

  private static Map<String, Long> hours(LiveProject project) {
    Map<String, Long> hours = new TreeMap<>();
    project
        .rows(TableRef.parse("port.hours"))
        .forEach(r -> hours.put(r.get(0).toString().substring(11, 13), (Long) r.get(1)));
    return hours;
  }
}
