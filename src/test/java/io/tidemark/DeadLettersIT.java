package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.control.Verified;
import io.tidemark.model.TidemarkException;
import io.tidemark.testing.KafkaBroker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a live job could not read is read once more, when it can be. */
@Timeout(1200)
class DeadLettersIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

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
            city: STRING%s
          event_time: at
          partition: PT1H
          slice: PT1H
          topic: {name: visits, idle_after: PT1S}
        clean:
          table: shop.clean
          kind: derived
          schema:
            id: BIGINT NOT NULL
            at: TIMESTAMP(3) NOT NULL
            city: STRING
          key: [id]
          event_time: at
          partition: PT1H
          slice: PT1H
      transforms:
        clean:
          sql: clean.sql
      """;

  @Test
  void whatCanBeReadAfterAFixIsLoadedOnceAndCounted(@TempDir Path folder) throws Exception {
    Path pipeline = folder.resolve("jobs/shop/pipeline.yaml");
    Files.createDirectories(pipeline.getParent());
    // The producer leaves the city out at times; the schema does not expect it.
    Files.writeString(pipeline, PIPELINE.formatted(" NOT NULL"));
    Files.writeString(folder.resolve("jobs/shop/clean.sql"), "SELECT id, `at`, city FROM visits\n");
    KAFKA.createTopic("visits", 2);
    send(0, "{\"id\":1,\"at\":\"2026-01-01 10:00:00\",\"city\":\"Bath\",\"extra\":true}");
    send(0, "{\"id\":2,\"at\":\"2026-01-01 10:10:00\",\"extra\":true}");
    send(1, "{\"id\":3,\"at\":\"2026-01-01 10:20:00\"}");
    send(1, "{\"id\":4,\"at");
    send(0, "{\"id\":5,\"at\":\"2026-01-02 10:00:00\",\"city\":\"York\"}");
    try (LiveProject project = new LiveProject(folder, KAFKA, Duration.ofSeconds(1))) {
      project.start();
      project.await(
          Duration.ofMinutes(3), s -> s.sources().stream().anyMatch(v -> v.deadLetters() == 3));
      project.stop();
      assertThat(project.execute(replay("visits")).rows()).isZero();
    }

    Files.writeString(pipeline, PIPELINE.formatted(""));
    try (LiveProject project = new LiveProject(folder, KAFKA, Duration.ofSeconds(1))) {
      // The table was made with a required column; whoever owns it relaxes that.
      relax(project);

      Report.Loaded loaded = project.execute(replay("visits"));

      assertThat(loaded.rows()).as("%s", loaded).isEqualTo(2);
      assertThat(project.execute(replay("visits")).rows()).isZero();
      Verified verified = project.execute(new Operation.Verify("visits", Optional.empty()));
      assertThat(verified.isClean()).as("%s", verified).isTrue();
      assertThat(verified.sources().get(0).partitions())
          .extracting(Verified.Partition::taken)
          .containsExactly(3L, 2L);
      assertThatThrownBy(() -> project.execute(replay("clean")))
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("derived");
    }
  }

  private static Operation.Load replay(String dataset) {
    return new Operation.Load(dataset, List.of(), Optional.empty(), 0);
  }

  private static void send(int partition, String json) {
    KAFKA.send("visits", partition, "k", json, Instant.parse("2026-01-02T10:00:00Z"));
  }

  private static void relax(LiveProject project) {
    project.table("shop", "visits").updateSchema().makeColumnOptional("city").commit();
  }
}
