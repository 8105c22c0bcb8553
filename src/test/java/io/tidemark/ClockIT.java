package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.control.Corrected;
import io.tidemark.control.Operation;
import io.tidemark.control.Operation.Pace;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.LiveStatus.State;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.JumpingClock;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.LocalConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.TableOperations;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clocks that are set while a live job runs: that of who looks after it, and that by which a table
 * was committed to. {@code live status} says so, what has to wait waits, and every record is there
 * once in the end.
 */
@Timeout(1200)
class ClockIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Duration HOUR = Duration.ofHours(1);

  @TempDir private Path folder;
  private PortProject port;

  @BeforeEach
  void write() throws IOException {
    String topic = "ships-" + folder.getFileName();
    KAFKA.createTopic(topic, 2);
    port = PortProject.write(folder, KAFKA, topic);
  }

  private LiveProject project(Clock clock) {
    return new LiveProject(
        folder, KAFKA, Duration.ofMillis(500), LocalConfig.catalog(folder).properties(), clock);
  }

  @Test
  void aClockThatIsSetForthAndBackLosesNothing() {
    JumpingClock clock = JumpingClock.going();
    try (LiveProject project = project(clock)) {
      port.send(0);
      port.send(1);
      project.start();
      project.await(PATIENCE, PortProject.hasClosed(0).and(says("")));

      clock.jump(HOUR);
      project.await(PATIENCE, says("the clock here is ahead of Flink's by PT1H"));
      port.send(2);
      project.await(PATIENCE, PortProject.hasClosed(1));
      port.send(0);
      project.await(PATIENCE, hasLate(PortProject.EACH));
      assertThat(corrected(project, Pace.SETTLED)).isOne();

      clock.jump(HOUR.multipliedBy(-2));
      project.await(PATIENCE, says("the clock here is behind Flink's by PT1H"));
      port.send(3);
      project.await(PATIENCE, PortProject.hasClosed(2));
      port.send(1);
      project.await(PATIENCE, hasLate(2 * PortProject.EACH));
      assertThat(corrected(project, Pace.SETTLED)).isZero();
      assertThat(corrected(project, Pace.NOW)).isOne();
      project.stop();
      port.send(4);
      project.start();
      project.await(PATIENCE, PortProject.hasClosed(3));

      clock.jump(HOUR);
      project.await(PATIENCE, says("").and(PortProject::hasReadAll));
      project.stop();
      port.assertNothingLostOrDoubled(project);
      assertThat(PortProject.hours(project))
          .isEqualTo(Map.of("00", 12L, "01", 12L, "02", 6L, "03", 6L));
    }
  }

  /**
   * As if a clock had been ahead and was set right: Iceberg takes no commit from before another.
   */
  @Test
  void commitsWaitWhileTheClockIsBehindATable() {
    try (LiveProject project = project(Clock.systemUTC())) {
      port.send(0);
      port.send(1);
      project.start();
      project.await(PATIENCE, PortProject.hasClosed(0).and(PortProject::hasReadAll));

      commitBy(Duration.ofSeconds(100), project);
      port.send(2);
      project.await(
          PATIENCE,
          s ->
              s.health().state() == State.COMMITS_WAITING
                  && s.health().reason().contains("clock is behind the newest commit"));
      Result maintained = new CommandLineSession(Wiring::open, folder).run("maintain", "ships");
      assertThat(maintained.exitCode()).as(maintained.out()).isEqualTo(3);
      assertThat(maintained.err()).contains("TM-LAKE-004", "the clock is behind the table");
      port.send(3);
      project.await(PATIENCE, PortProject.hasClosed(2).and(PortProject::hasReadAll));
      assertThat(project.status().health().restarts()).isZero();

      project.stop();
      port.assertNothingLostOrDoubled(project);
      assertThat(PortProject.hours(project)).isEqualTo(Map.of("00", 6L, "01", 6L, "02", 6L));
    }
  }

  /** Commits to the source's table as somebody does whose clock is ahead. */
  private static void commitBy(Duration ahead, LiveProject project) {
    TableOperations table = ((BaseTable) project.table("port", "ships")).operations();
    TableMetadata now = table.refresh();
    String json =
        TableMetadataParser.toJson(now)
            .replaceFirst(
                "\"last-updated-ms\":\\d+",
                "\"last-updated-ms\":" + Instant.now().plus(ahead).toEpochMilli());
    table.commit(now, TableMetadataParser.fromJson(json));
  }

  private static long corrected(LiveProject project, Pace pace) {
    Corrected corrected = project.execute(new Operation.Correct(Optional.empty(), pace));
    return corrected.corrected().stream().mapToLong(c -> c.slices().count()).sum();
  }

  private static Predicate<LiveStatus> says(String reason) {
    return status -> status.health().reason().equals(reason);
  }

  private static Predicate<LiveStatus> hasLate(long rows) {
    return status -> status.tasks().stream().anyMatch(t -> t.late() == rows);
  }
}
