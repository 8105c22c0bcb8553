package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.CatalogProxy;
import io.tidemark.testing.CatalogProxy.Harm;
import io.tidemark.testing.CatalogProxy.Target;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.RestCatalog;
import java.nio.file.Path;
import java.time.Duration;
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
  private static final int HOURS = 8;

  @TempDir private Path folder;

  @Test
  void everyRowIsThereOnceWhateverBecomesOfCommitsAndTheirAnswers() throws Exception {
    PortProject port = PortProject.write(folder, KAFKA, "ships");
    KAFKA.createTopic("ships", 2);
    try (RestCatalog rest = RestCatalog.start(folder.resolve("rest"));
        CatalogProxy proxy = CatalogProxy.before(rest);
        LiveProject project =
            new LiveProject(folder, KAFKA, Duration.ofMillis(500), proxy.properties())) {
      port.send(0);
      port.send(1);
      project.start();
      project.await(PATIENCE, PortProject.hasClosed(0));
      proxy.harm(Target.COMMITS);
      for (int hour = 2; hour <= HOURS; hour++) {
        project.await(PATIENCE, PortProject.hasClosed(hour - 2));
        port.send(hour);
      }
      project.await(PATIENCE, PortProject.hasClosed(HOURS - 1).and(PortProject::hasReadAll));
      proxy.harm(Target.NOTHING);
      project.stop();

      assertThat(proxy.done()).containsOnlyKeys(Harm.values());
      port.assertNothingLostOrDoubled(project);
      assertThat(PortProject.hours(project))
          .hasSize(HOURS)
          .allSatisfy((hour, n) -> assertThat(n).isEqualTo(PortProject.EACH));
    }
  }
}
