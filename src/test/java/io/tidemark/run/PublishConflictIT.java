package io.tidemark.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cluster.Cluster;
import io.tidemark.lake.Lake;
import io.tidemark.model.Graph;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.Stamp;
import io.tidemark.model.TidemarkException;
import io.tidemark.release.Publisher;
import io.tidemark.store.Store.RunRow;
import io.tidemark.testing.Faults;
import io.tidemark.testing.Faults.Moment;
import io.tidemark.testing.LakeFixture;
import io.tidemark.testing.RunScene;
import io.tidemark.testing.Shop;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Where the catalog has no transaction over tables, somebody writes into the second one in the
 * moment after the first one was switched.
 */
class PublishConflictIT {
  private static final Graph GRAPH = Shop.graph("amount >= 0");
  private static final Clock CLOCK = Clock.systemUTC();

  @TempDir Path folder;
  private Cluster cluster;
  private RunScene scene;
  private Runner runner;
  private RunId late;
  private Map<String, Object> cleanBefore;
  private final AtomicBoolean intruded = new AtomicBoolean();

  @BeforeEach
  void prepareARunOfLateRows() {
    cluster = RunScene.cluster();
    scene = new RunScene(folder, LakeFixture.hadoop(folder));
    runner = new Runner(scene.lake(), scene.store(), cluster, scene.catalog(), CLOCK);
    scene.sell(GRAPH, Shop.sales(2, 2));
    RunId first = runner.submit(GRAPH, scene.plan(GRAPH));
    runner.run(first, RunListener.NONE);
    new Publisher(scene.lake(), scene.store(), CLOCK).publish(first);
    cleanBefore = content("clean");
    scene.sell(GRAPH, List.of(Shop.sale(2, 1, 7, 70)));
    late = runner.submit(GRAPH, scene.plan(GRAPH));
    assertThat(runner.run(late, RunListener.NONE).state()).isEqualTo(RunState.READY);
  }

  @AfterEach
  void close() {
    scene.close();
    cluster.close();
  }

  private Map<String, Object> content(String dataset) {
    Map<String, Object> content = scene.content(GRAPH);
    content.keySet().removeIf(key -> !key.startsWith(dataset));
    return content;
  }

  private Lake lakeWithIntruder() {
    return Faults.wrap(
        Lake.class,
        scene.lake(),
        (call, moment) -> {
          if (moment == Moment.BEFORE
              && call.startsWith("Lake.publish[totals")
              && intruded.compareAndSet(false, true)) {
            scene
                .fixture()
                .append(
                    GRAPH.dataset(Shop.TOTALS).table(),
                    List.of(List.of("intruder", Instant.parse("2001-02-20T00:00:00Z"), 1L, 1L)));
          }
        });
  }

  @Test
  void theFirstTableIsSwitchedBackAndARebasedRunPublishesBoth() {
    Publisher publisher = new Publisher(lakeWithIntruder(), scene.store(), CLOCK);

    assertThatThrownBy(() -> publisher.publish(late))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("somebody else changed totals in slices 2001-02");

    RunRow run = scene.store().findRun(late).orElseThrow();
    assertThat(run.state()).isEqualTo(RunState.READY);
    assertThat(run.reason()).contains("conflict", "totals");
    assertThat(content("clean")).isEqualTo(cleanBefore);
    assertThat(scene.lake().stamps(GRAPH.dataset(Shop.CLEAN).table(), "main"))
        .extracting(commit -> commit.stamp().kind())
        .startsWith(Stamp.Kind.REVERT, Stamp.Kind.PUBLISH);

    RunRow rebased = runner.rebase(late, RunListener.NONE);
    assertThat(rebased.state()).as(rebased.reason()).isEqualTo(RunState.READY);
    publisher.publish(late);

    assertThat(scene.fixture().rows(GRAPH.dataset(Shop.CLEAN).table())).hasSize(13);
    assertThat(scene.fixture().rows(GRAPH.dataset(Shop.TOTALS).table()))
        .hasSize(13)
        .noneMatch(row -> row.contains("intruder"));
    assertThat(scene.plan(GRAPH).isEmpty()).isTrue();
  }

  @Test
  void aProcessThatDiesWhileSwitchingBackIsFollowedByOneThatDoesTheRest() {
    Lake intruded = lakeWithIntruder();
    Lake dying =
        Faults.wrap(
            Lake.class,
            intruded,
            (call, moment) -> {
              if (moment == Moment.AFTER && call.startsWith("Lake.revert[clean")) {
                throw new Faults.Death(call);
              }
            });
    assertThatThrownBy(() -> new Publisher(dying, scene.store(), CLOCK).publish(late))
        .isInstanceOf(Faults.Death.class);
    assertThat(scene.store().findRun(late).orElseThrow().state()).isEqualTo(RunState.PUBLISHING);

    assertThatThrownBy(() -> new Publisher(scene.lake(), scene.store(), CLOCK).publish(late))
        .hasMessageContaining("totals");

    assertThat(scene.store().findRun(late).orElseThrow().state()).isEqualTo(RunState.READY);
    assertThat(content("clean")).isEqualTo(cleanBefore);
  }
}
