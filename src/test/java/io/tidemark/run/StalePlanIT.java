package io.tidemark.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cluster.Cluster;
import io.tidemark.model.Dataset;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.TidemarkException;
import io.tidemark.plan.PlanJson;
import io.tidemark.release.Publisher;
import io.tidemark.testing.RunScene;
import io.tidemark.testing.Shop;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A plan file is only as good as what it was made on. */
class StalePlanIT {
  private static final Graph GRAPH = Shop.graph("amount >= 0");
  private static final Clock CLOCK = Clock.systemUTC();

  @Test
  void aPlanWhoseSlicesSomebodyReplacedIsRefusedAndOneBesideForeignCommitsIsNot(
      @TempDir Path folder) {
    try (Cluster cluster = RunScene.cluster();
        RunScene scene = new RunScene(folder)) {
      Runner runner = new Runner(scene.lake(), scene.store(), cluster, scene.catalog(), CLOCK);
      Publisher publisher = new Publisher(scene.lake(), scene.store(), CLOCK);
      scene.sell(GRAPH, Shop.sales(2, 2));
      Plan first = scene.plan(GRAPH);
      RunId run = runner.submit(GRAPH, first);
      runner.run(run, RunListener.NONE);
      publisher.publish(run);
      assertThat(runner.submit(GRAPH, first)).as("the very work that main holds").isEqualTo(run);

      scene.sell(GRAPH, List.of(Shop.sale(2, 1, 7, 70)));
      Plan early = PlanJson.read(PlanJson.write(scene.plan(GRAPH)));
      Dataset totals = GRAPH.dataset(Shop.TOTALS);
      scene
          .fixture()
          .append(
              totals.table(),
              List.of(List.of("elsewhere", Instant.parse("2009-01-01T00:00:00Z"), 1L, 1L)));
      RunId second = runner.submit(GRAPH, early);
      assertThat(runner.run(second, RunListener.NONE).state()).isEqualTo(RunState.READY);

      scene.sell(GRAPH, List.of(Shop.sale(2, 2, 8, 80)));
      Plan late = PlanJson.read(PlanJson.write(scene.plan(GRAPH)));
      publisher.publish(second);

      assertThatThrownBy(() -> runner.submit(GRAPH, late))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> {
                assertThat(e.category()).isEqualTo(TidemarkException.Category.USER);
                assertThat(e.problems())
                    .extracting(p -> p.code() + " " + p.what())
                    .containsExactlyInAnyOrder(
                        "TM-RUN-016 the plan is older than what clean holds in slices 2001-02-01",
                        "TM-RUN-016 the plan is older than what totals holds in slices 2001-02");
              });
      assertThat(scene.store().runs(9)).hasSize(2);

      RunId waiting = runner.submit(GRAPH, scene.plan(GRAPH));
      scene.sell(GRAPH, List.of(Shop.sale(2, 2, 9, 90)));
      RunId overtaking = runner.submit(GRAPH, scene.plan(GRAPH));
      runner.run(overtaking, RunListener.NONE);
      publisher.publish(overtaking);
      Object content = scene.content(GRAPH);

      assertThatThrownBy(() -> runner.run(waiting, RunListener.NONE))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> assertThat(e.problems()).extracting(p -> p.code()).contains("TM-RUN-016"));
      assertThat(scene.store().findRun(waiting).orElseThrow().state()).isEqualTo(RunState.FAILED);
      assertThat(runner.abandon(waiting).state()).isEqualTo(RunState.ABANDONED);
      assertThat(scene.content(GRAPH)).isEqualTo(content);
    }
  }
}
