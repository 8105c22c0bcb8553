package io.tidemark.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cluster.Cluster;
import io.tidemark.model.Graph;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.release.Publisher;
import io.tidemark.release.Reverter;
import io.tidemark.testing.RestCatalog;
import io.tidemark.testing.RunScene;
import io.tidemark.testing.Shop;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Build, verify, publish and revert with all tables behind a REST catalog, jobs' included. */
class RestRunIT {
  private static final Graph GRAPH = Shop.graph("amount >= 0");

  @Test
  void aRunOverRestPublishesAndRevertsAsOverAnyCatalog(@TempDir Path folder) throws Exception {
    Clock clock = Clock.systemUTC();
    try (RestCatalog rest = RestCatalog.start(folder.resolve("rest"));
        Cluster cluster = RunScene.cluster();
        RunScene scene = new RunScene(folder, rest.spec())) {
      Runner runner = new Runner(scene.lake(), scene.store(), cluster, scene.catalog(), clock);
      Publisher publisher = new Publisher(scene.lake(), scene.store(), clock);
      scene.sell(GRAPH, Shop.sales(2, 2));
      RunId first = runner.submit(GRAPH, scene.plan(GRAPH));
      runner.run(first, RunListener.NONE);
      publisher.publish(first);
      Map<String, Object> before = scene.content(GRAPH);
      scene.sell(GRAPH, List.of(Shop.sale(2, 1, 7, 70)));
      RunId second = runner.submit(GRAPH, scene.plan(GRAPH));

      assertThat(runner.run(second, RunListener.NONE).state()).isEqualTo(RunState.READY);
      assertThat(scene.content(GRAPH)).as("nobody sees a candidate").isEqualTo(before);
      publisher.publish(second);

      assertThat(scene.plan(GRAPH).isEmpty()).isTrue();
      assertThat(scene.content(GRAPH)).isNotEqualTo(before);
      new Reverter(scene.lake(), scene.store(), clock).revert(GRAPH, second, Reverter.Scope.ALL);
      assertThat(scene.content(GRAPH)).isEqualTo(before);
    }
  }
}
