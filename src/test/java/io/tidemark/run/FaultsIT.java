package io.tidemark.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cluster.Cluster;
import io.tidemark.lake.Lake;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.TidemarkException;
import io.tidemark.release.Patience;
import io.tidemark.release.Publisher;
import io.tidemark.release.Reverter;
import io.tidemark.store.Store;
import io.tidemark.testing.Faults;
import io.tidemark.testing.Faults.Moment;
import io.tidemark.testing.Faults.Once;
import io.tidemark.testing.RunScene;
import io.tidemark.testing.Shop;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Harm at every single call that a run, its publish and its revert make to tables, control database
 * and cluster: the call fails, its answer is lost, or the process dies there. Whatever happens, the
 * content ends up as if nothing had.
 */
class FaultsIT {
  private static final Graph BEFORE = Shop.graph("amount >= 0");
  private static final Graph AFTER = Shop.graph("amount > 11", "amount * 100", List.of(anything()));

  private static Cluster cluster;
  private static Map<String, Object> original;
  private static Map<String, Object> published;
  @TempDir static Path reference;

  @BeforeAll
  static void doItOnceWithoutHarm() {
    cluster = RunScene.cluster();
    try (RunScene scene = new RunScene(reference)) {
      buildFirst(scene);
      original = scene.content(BEFORE);
      Work work = new Work(scene, scene.lake(), scene.store(), cluster, Clock.systemUTC());
      RunId run = work.runner.submit(AFTER, plan(scene));
      work.publish(run);
      published = scene.content(AFTER);
      work.reverter.revert(AFTER, run, Reverter.Scope.ALL);
      assertThat(scene.content(BEFORE)).isEqualTo(original).isNotEqualTo(published);
    }
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  static io.tidemark.model.ExpectedChange anything() {
    TreeMap<io.tidemark.model.DatasetId, io.tidemark.model.ExpectedChange.Allowed> allowed =
        new TreeMap<>();
    allowed.put(Shop.CLEAN, VerifyStep.ANYTHING);
    allowed.put(Shop.TOTALS, VerifyStep.ANYTHING);
    return new io.tidemark.model.ExpectedChange(
        "anything", "", allowed, io.tidemark.model.Location.of("anything.yaml"));
  }

  private static void buildFirst(RunScene scene) {
    scene.sell(BEFORE, Shop.sales(2, 2));
    Work work = new Work(scene, scene.lake(), scene.store(), cluster, Clock.systemUTC());
    work.publish(work.runner.submit(BEFORE, scene.plan(BEFORE)));
  }

  private static Plan plan(RunScene scene) {
    return scene.plan(AFTER, Optional.of("anything"));
  }

  /** What a process has. */
  private static final class Work {
    private final Runner runner;
    private final Publisher publisher;
    private final Reverter reverter;

    Work(RunScene scene, Lake lake, Store store, Cluster cluster, Clock clock) {
      Patience patience = new Patience(3, Duration.ZERO);
      JobSpecs specs = new JobSpecs(scene.catalog(), lake);
      runner = new Runner(lake, store, cluster, specs, clock, patience);
      publisher = new Publisher(lake, store, clock, patience);
      reverter = new Reverter(lake, store, clock, patience);
    }

    void publish(RunId run) {
      assertThat(runner.run(run, RunListener.NONE).state())
          .isIn(RunState.READY, RunState.PUBLISHED);
      publisher.publish(run);
    }
  }

  /** Begins the work again, as a new process an hour later would, until it gets through. */
  private static int again(RunScene scene, Once harm, Consumer<Work> work) {
    for (int times = 0; ; times++) {
      assertThat(times).as("the work gets through").isLessThan(1000);
      Clock clock = Clock.offset(Clock.systemUTC(), Duration.ofHours(harm.count()));
      Work process =
          new Work(
              scene,
              Faults.wrap(Lake.class, scene.lake(), harm),
              Faults.wrap(Store.class, scene.store(), harm),
              Faults.wrap(Cluster.class, cluster, harm),
              clock);
      try {
        work.accept(process);
        return times;
      } catch (TidemarkException e) {
        assertThat(e).hasMessageContaining("injected");
      } catch (Faults.Death e) {
        assertThat(e).isNotNull();
      }
    }
  }

  private static void survives(Path folder, Once harm) {
    try (RunScene scene = new RunScene(folder)) {
      buildFirst(scene);
      Plan plan = plan(scene);
      int times =
          again(scene, harm, process -> process.publish(process.runner.submit(AFTER, plan)));
      assertThat(times).isGreaterThan(1);
      assertThat(harm.calls())
          .anyMatch(call -> call.startsWith("Lake.switchTogether"))
          .anyMatch(call -> call.startsWith("Lake.dropBranch"))
          .anyMatch(call -> call.startsWith("Store.move"))
          .anyMatch(call -> call.startsWith("Cluster.run"));
      assertThat(scene.content(AFTER)).isEqualTo(published);
      assertThat(scene.plan(AFTER).isEmpty()).isTrue();
      RunId run = scene.store().runs(1).get(0).id();
      assertThat(scene.store().runs(9)).hasSize(2);
      for (io.tidemark.model.DatasetId id : List.of(Shop.CLEAN, Shop.TOTALS)) {
        assertThat(scene.lake().stamps(AFTER.dataset(id).table(), "main"))
            .filteredOn(c -> c.stamp().origin().run().equals(Optional.of(run)))
            .hasSize(1);
      }

      again(scene, harm, process -> process.reverter.revert(AFTER, run, Reverter.Scope.ALL));
      assertThat(scene.content(BEFORE)).isEqualTo(original);
      assertThat(scene.store().findRun(run).orElseThrow().state()).isEqualTo(RunState.REVERTED);
    }
  }

  @ParameterizedTest
  @EnumSource(Moment.class)
  void everyCallFailsOnceOrItsAnswerIsLost(Moment moment, @TempDir Path folder) {
    survives(folder, Once.failing(moment));
  }

  @ParameterizedTest
  @EnumSource(Moment.class)
  void theProcessDiesAtEveryCall(Moment moment, @TempDir Path folder) {
    survives(folder, Once.dying(moment));
  }

  @Test
  void whoDiesRightAfterTheSwitchIsFollowedByWhoKeepsWhatARevertNeeds(@TempDir Path folder) {
    try (RunScene scene = new RunScene(folder)) {
      buildFirst(scene);
      Faults.Harm death =
          (call, moment) -> {
            if (call.startsWith("Lake.switchTogether") && moment == Moment.AFTER) {
              throw new Faults.Death(call);
            }
          };
      Clock clock = Clock.systemUTC();
      Work dying =
          new Work(
              scene, Faults.wrap(Lake.class, scene.lake(), death), scene.store(), cluster, clock);
      RunId run = dying.runner.submit(AFTER, plan(scene));
      org.assertj.core.api.Assertions.assertThatThrownBy(() -> dying.publish(run))
          .isInstanceOf(Faults.Death.class);
      // As if it had died a moment earlier: between the commit and the tag.
      String tag = "tidemark-after-" + run;
      for (io.tidemark.model.DatasetId id : List.of(Shop.CLEAN, Shop.TOTALS)) {
        scene.fixture().table(AFTER.dataset(id).table()).manageSnapshots().removeTag(tag).commit();
      }

      new Work(scene, scene.lake(), scene.store(), cluster, clock).publish(run);

      for (io.tidemark.model.DatasetId id : List.of(Shop.CLEAN, Shop.TOTALS)) {
        assertThat(scene.fixture().table(AFTER.dataset(id).table()).refs()).containsKey(tag);
      }
    }
  }

  @Test
  void aRunThatFailedForGoodIsTakenUpAgainByHand(@TempDir Path folder) {
    try (RunScene scene = new RunScene(folder)) {
      scene.sell(BEFORE, Shop.sales(1, 1));
      Faults.Harm always =
          (call, moment) -> {
            if (call.startsWith("Lake.branch")) {
              throw TidemarkException.external(
                  io.tidemark.model.Problem.of("TM-TEST-002", "the catalog is away", "", ""), null);
            }
          };
      Clock clock = Clock.systemUTC();
      Work broken =
          new Work(
              scene, Faults.wrap(Lake.class, scene.lake(), always), scene.store(), cluster, clock);
      RunId run = broken.runner.submit(BEFORE, scene.plan(BEFORE));
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> broken.runner.run(run, RunListener.NONE))
          .hasMessageContaining("the catalog is away");
      assertThat(scene.store().findRun(run).orElseThrow())
          .extracting(Store.RunRow::state, Store.RunRow::reason)
          .containsExactly(RunState.FAILED, "TM-TEST-002: the catalog is away");

      Work mended = new Work(scene, scene.lake(), scene.store(), cluster, clock);
      assertThat(mended.runner.submit(BEFORE, scene.plan(BEFORE))).isEqualTo(run);
      mended.publish(run);
      assertThat(scene.plan(BEFORE).isEmpty()).isTrue();
    }
  }
}
