package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.control.Operation;
import io.tidemark.control.Verified;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.LiveStatus.State;
import io.tidemark.model.TableRef;
import io.tidemark.testing.KafkaBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** A user's live project: ships as they come in, from a topic, and how many there were an hour. */
final class PortProject {
  /** How many ships come in an hour. */
  static final int EACH = 6;

  static final TableRef SHIPS = TableRef.parse("port.ships");

  private static final String PIPELINE =
      """
      name: port
      datasets:
        ships:
          table: port.ships
          kind: source
          schema:
            id: BIGINT NOT NULL
            at: TIMESTAMP(3) NOT NULL
          event_time: at
          partition: PT1H
          topic: {name: %s, out_of_orderness: PT10S, idle_after: PT2S}
        hours:
          table: port.hours
          kind: derived
          schema:
            hour: TIMESTAMP(3) NOT NULL
            n: BIGINT NOT NULL
          key: [hour]
          event_time: hour
          partition: PT1H
      transforms:
        hours:
          sql: hours.sql
          inputs: [ships]
      """;

  private static final String SQL =
      """
      SELECT CAST(FLOOR(`at` TO HOUR) AS TIMESTAMP(3)) AS `hour`, COUNT(*) AS n
      FROM ships
      GROUP BY FLOOR(`at` TO HOUR)
      """;

  private final KafkaBroker broker;
  private final String topic;
  private int sent;

  private PortProject(KafkaBroker broker, String topic) {
    this.broker = broker;
    this.topic = topic;
  }

  /** Writes the pipeline, which reads this topic, and its query into a folder. */
  static PortProject write(Path folder, KafkaBroker broker, String topic) throws IOException {
    Path jobs = Files.createDirectories(folder.resolve("jobs/port"));
    Files.writeString(jobs.resolve("pipeline.yaml"), PIPELINE.formatted(topic));
    Files.writeString(jobs.resolve("hours.sql"), SQL);
    return new PortProject(broker, topic);
  }

  /** Sends an hour's ships to two partitions. */
  void send(int hour) {
    for (int i = 0; i < EACH; i++) {
      broker.send(
          topic,
          i % 2,
          "k",
          "{\"id\": %d, \"at\": \"2026-11-01T%02d:%02d:00\"}".formatted(sent++, hour, 10 + i),
          Instant.parse("2026-11-02T00:00:00Z"));
    }
  }

  /** How many ships were sent. */
  int sent() {
    return sent;
  }

  void assertNothingLostOrDoubled(LiveProject project) {
    Verified verified = project.execute(new Operation.Verify("hours", Optional.empty()));
    assertThat(verified.isClean()).as("%s", verified).isTrue();
    assertThat(project.rows(SHIPS).stream().map(r -> r.get(0)))
        .hasSize(sent)
        .doesNotHaveDuplicates();
  }

  /** How many ships main has for each hour of the day. */
  static Map<String, Long> hours(LiveProject project) {
    Map<String, Long> hours = new TreeMap<>();
    project
        .rows(TableRef.parse("port.hours"))
        .forEach(r -> hours.put(r.get(0).toString().substring(11, 13), (Long) r.get(1)));
    return hours;
  }

  static Predicate<LiveStatus> hasClosed(int hour) {
    String next = "2026-11-01T%02d".formatted(hour + 1);
    return status ->
        status.health().state() == State.RUNNING
            && status.tasks().stream()
                .anyMatch(t -> t.openFrom().filter(o -> o.compareTo(next) >= 0).isPresent());
  }

  static boolean hasReadAll(LiveStatus status) {
    return status.sources().stream().allMatch(s -> s.lag().events().equals(Optional.of(0L)))
        && status.checkpoints().last() > 0
        && !status.sources().isEmpty();
  }
}
