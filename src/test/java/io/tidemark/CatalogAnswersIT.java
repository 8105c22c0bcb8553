package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.control.Operation;
import io.tidemark.control.Verified;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.TableRef;
import io.tidemark.testing.CatalogProxy;
import io.tidemark.testing.CatalogProxy.Harm;
import io.tidemark.testing.CatalogProxy.Target;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.PortProject;
import io.tidemark.testing.RestCatalog;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A live job whose catalog's answers are lost, late and doubled, and whose commits reach it late,
 * twice or never: every record is there once, and every slice is right.
 */
@Timeout(900)
class CatalogAnswersIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final int EACH = 6;
  private static final int HOURS = 8;

  @TempDir private Path folder;
  private int sent;

  @Test
  void everyRowIsThereOnceWhateverBecomesOfCommitsAndTheirAnswers() throws Exception {
    PortProject.write(folder, "ships");
    KAFKA.createTopic("ships", 2);
    try (RestCatalog rest = RestCatalog.start(folder.resolve("rest"));
        CatalogProxy proxy = CatalogProxy.before(rest);
        LiveProject project =
            new LiveProject(folder, KAFKA, Duration.ofMillis(500), proxy.properties())) {
      send(0);
      send(1);
      project.start();
      project.await(PATIENCE, hasClosed(0));
      proxy.harm(Target.COMMITS);
      for (int hour = 2; hour <= HOURS; hour++) {
        project.await(PATIENCE, hasClosed(hour - 2));
        send(hour);
      }
      project.await(PATIENCE, hasClosed(HOURS - 1).and(CatalogAnswersIT::hasReadAll));
      proxy.harm(Target.NOTHING);
      project.stop();

      assertThat(proxy.done()).containsOnlyKeys(Harm.values());
      Verified verified = project.execute(new Operation.Verify("hours", Optional.empty()));
      assertThat(verified.isClean()).as("%s", verified).isTrue();
      assertThat(project.rows(TableRef.parse("port.ships")).stream().map(r -> r.get(0)))
          .hasSize(sent)
          .doesNotHaveDuplicates();
      Map<String, Long> hours = new TreeMap<>();
      project
          .rows(TableRef.parse("port.hours"))
          .forEach(r -> hours.put(r.get(0).toString().substring(11, 13), (Long) r.get(1)));
      assertThat(hours).hasSize(HOURS).allSatisfy((hour, n) -> assertThat(n).isEqualTo(EACH));
    }
  }

  private void send(int hour) {
    for (int i = 0; i < EACH; i++) {
      KAFKA.send(
          "ships",
          i % 2,
          "k",
          "{\"id\": %d, \"at\": \"2026-11-01T%02d:%02d:00\"}".formatted(sent++, hour, 10 + i),
          Instant.parse("2026-11-02T00:00:00Z"));
    }
  }

  private static Predicate<LiveStatus> hasClosed(int hour) {
    String next = "2026-11-01T%02d".formatted(hour + 1);
    return status ->
        status.tasks().stream()
            .anyMatch(t -> t.openFrom().filter(o -> o.compareTo(next) >= 0).isPresent());
  }

  private static boolean hasReadAll(LiveStatus status) {
    return !status.sources().isEmpty()
        && status.sources().stream().allMatch(s -> s.lag().events().equals(Optional.of(0L)));
  }
}
