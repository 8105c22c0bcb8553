package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.control.Verified;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.RunState;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.NexmarkEvents;
import io.tidemark.testing.NexmarkEvents.Disorder;
import io.tidemark.testing.NexmarkEvents.Event;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Nexmark queries that have a bounded answer per slice, all in one live job: what it makes of
 * disordered and late events is what bounded builds make of the rows that its slices were closed
 * with.
 */
@Timeout(900)
class NexmarkIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final Map<String, Integer> PARTITIONS =
      Map.of("person", 1, "auction", 2, "bid", 3);
  private static final Instant FROM = Instant.parse("2026-01-01T20:00:00Z");
  private static final Instant END = Instant.parse("2026-01-04T00:00:00Z");
  private static final int QUERIES = 18;

  @Test
  void liveSlicesHoldWhatBoundedBuildsMakeOfTheirPins(@TempDir Path folder) throws Exception {
    copyProject(folder.resolve("jobs/nexmark"));
    PARTITIONS.forEach(KAFKA::createTopic);
    send(
        NexmarkEvents.of(
            3,
            FROM,
            Duration.ofSeconds(4),
            5000,
            new Disorder(0.2, Duration.ofMinutes(4), 0.01, Duration.ofHours(3), 0)));
    // One event of each topic lets the watermark pass the slices of all others.
    NexmarkEvents.closing(END).forEach(e -> send(List.of(e)));
    try (LiveProject project = new LiveProject(folder, KAFKA, Duration.ofSeconds(1))) {
      project.start();
      project.await(Duration.ofMinutes(6), NexmarkIT::hasClosedAllSlices);
      project.stop();

      TreeSet<String> stale = new TreeSet<>();
      for (LiveStatus.TaskStatus task : project.status().tasks()) {
        Verified verified = project.execute(verify(task.dataset().value()));
        assertThat(verified.isClean()).as("%s", verified).isTrue();
        Verified.Slices slices = verified.slices().orElseThrow();
        if (!slices.stale().isEmpty()) {
          stale.add(task.dataset().value());
        }
      }
      assertThat(project.status().tasks()).hasSize(QUERIES);
      // Late events reach every query, but leave many slices as they were.
      assertThat(stale).isNotEmpty();

      Report.RunShown run = project.execute(correction());

      assertThat(run.run().orElseThrow().state()).isEqualTo(RunState.PUBLISHED);
      Report.Planned next =
          project.execute(new Operation.MakePlan(Operation.Selection.ALL, Optional.empty()));
      assertThat(next.plan().steps()).isEmpty();
    }
  }

  private static Operation.Verify verify(String dataset) {
    return new Operation.Verify(dataset, Optional.empty());
  }

  private static Operation.StartRun correction() {
    return new Operation.StartRun(
        new Operation.Fresh(Operation.Selection.ALL), Operation.After.PUBLISH);
  }

  private static boolean hasClosedAllSlices(LiveStatus status) {
    return status.tasks().size() == QUERIES
        && status.tasks().stream()
            .allMatch(t -> t.openFrom().filter(o -> o.compareTo("2026-01-03") >= 0).isPresent());
  }

  private static void send(List<Event> events) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    int number = 0;
    for (Event event : events) {
      records.add(
          new ProducerRecord<>(
              event.topic(),
              // Most of the events go to one partition.
              number++ % 3 == 0 ? number % PARTITIONS.get(event.topic()) : 0,
              event.sentAt().toEpochMilli(),
              null,
              event.json().getBytes(StandardCharsets.UTF_8)));
    }
    KAFKA.send(records);
  }

  private static void copyProject(Path target) throws IOException, URISyntaxException {
    Path source = Path.of(NexmarkIT.class.getResource("/nexmark/pipeline.yaml").toURI());
    Files.createDirectories(target);
    try (Stream<Path> files = Files.list(source.getParent())) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName().toString()));
      }
    }
  }
}
