package io.tidemark.release;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.TableRef;
import io.tidemark.store.Store.RunRow;
import io.tidemark.testing.RunScene;
import io.tidemark.testing.Shop;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseSweepIT {
  private static final Graph GRAPH = Shop.graph("amount >= 0");
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void everyLeaseOfARunThatIsOverGoesHoweverLongAgoItWasTaken(@TempDir Path folder) {
    try (RunScene scene = new RunScene(folder)) {
      scene.sell(GRAPH, Shop.sales(1, 1));
      Plan plan = scene.plan(GRAPH);
      TableRef sales = GRAPH.dataset(Shop.SALES).table();
      long head = scene.fixture().head(sales);
      for (int i = 0; i < 30; i++) {
        RunState state = i % 2 == 0 ? RunState.PUBLISHED : RunState.ABANDONED;
        record(scene, plan, "old-" + i, state, NOW.minusSeconds(i));
        scene.lake().lease(sales, head, "old-" + i, Instant.now().plusSeconds(3600));
      }
      record(scene, plan, "open", RunState.READY, NOW.minusSeconds(99));
      RunRow published = record(scene, plan, "new", RunState.PUBLISHING, NOW);
      for (String holder : new String[] {"open", "new", "of-another-database", "Of_Somebody"}) {
        scene.lake().lease(sales, head, holder, Instant.now().plusSeconds(3600));
      }

      new LeaseSweep(scene.lake(), scene.store()).sweep(published);

      assertThat(scene.lake().holders(sales))
          .containsExactlyInAnyOrder("open", "new", "of-another-database", "Of_Somebody");
    }
  }

  private static RunRow record(
      RunScene scene, Plan plan, String id, RunState state, Instant created) {
    RunRow row = new RunRow(new RunId(id), state, plan, GRAPH, "", created, created);
    scene.store().restoreRun(row);
    return row;
  }
}
