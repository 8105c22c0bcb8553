package io.tidemark.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cluster.Cluster;
import io.tidemark.model.Graph;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.TidemarkException;
import io.tidemark.release.Publisher;
import io.tidemark.release.Runs;
import io.tidemark.store.Store.RunRow;
import io.tidemark.testing.ChildJvm;
import io.tidemark.testing.CrashChild;
import io.tidemark.testing.Faults.Moment;
import io.tidemark.testing.RunScene;
import io.tidemark.testing.Shop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that really die: one JVM after another takes the same run a little further. */
class RunCrashIT {
  private static final Graph GRAPH = Shop.graph("amount >= 0");

  /** Each is reached by the process that resumes after the one before died. */
  private static final List<Point> POINTS =
      List.of(
          new Point(Moment.AFTER, "Store.createRun"),
          new Point(Moment.AFTER, "Lake.branch[shop.clean"),
          new Point(Moment.BEFORE, "Store.finishStep[prepare"),
          new Point(Moment.BEFORE, "Cluster.run"),
          new Point(Moment.BEFORE, "Store.finishStep[build-clean"),
          new Point(Moment.AFTER, "Store.putEvidence[clean"),
          new Point(Moment.AFTER, "Store.move[RUNNING, READY"),
          new Point(Moment.BEFORE, "Lake.switchTogether"),
          new Point(Moment.AFTER, "Lake.switchTogether"),
          new Point(Moment.BEFORE, "Store.finishStep[publish-totals"),
          new Point(Moment.AFTER, "Lake.dropBranch[shop.clean"),
          new Point(Moment.BEFORE, "Store.move[PUBLISHING, PUBLISHED"));

  private static Cluster cluster;
  @TempDir Path folder;

  private record Point(Moment moment, String call) {}

  @BeforeAll
  static void startCluster() {
    cluster = RunScene.cluster();
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  private static Map<String, Object> uninterrupted(Path folder) throws IOException {
    Files.createDirectories(folder);
    try (RunScene scene = new RunScene(folder)) {
      scene.sell(GRAPH, Shop.sales(2, 2));
      Runner runner =
          new Runner(scene.lake(), scene.store(), cluster, scene.catalog(), Clock.systemUTC());
      RunId run = runner.submit(GRAPH, scene.plan(GRAPH));
      runner.run(run, RunListener.NONE);
      new Publisher(scene.lake(), scene.store(), Clock.systemUTC()).publish(run);
      return scene.content(GRAPH);
    }
  }

  @Test
  void aRunThatIsKilledAtEveryPointOneAfterTheOtherEndsInTheSameContent() throws Exception {
    Map<String, Object> expected = uninterrupted(folder.resolve("reference"));
    Path killed = Files.createDirectories(folder.resolve("killed"));
    try (RunScene scene = new RunScene(killed)) {
      scene.sell(GRAPH, Shop.sales(2, 2));
    }

    for (Point point : POINTS) {
      assertThat(finish(start(killed, "halt", point))).as("%s", point).isEqualTo(CrashChild.KILLED);
    }
    assertThat(finish(start(killed, "halt", new Point(Moment.BEFORE, "none")))).isZero();

    try (RunScene scene = new RunScene(killed)) {
      assertThat(scene.content(GRAPH)).isEqualTo(expected);
      assertThat(scene.plan(GRAPH).isEmpty()).isTrue();
      RunRow run = scene.store().runs(2).get(0);
      assertThat(run.state()).isEqualTo(RunState.PUBLISHED);
      assertThat(scene.lake().head(GRAPH.dataset(Shop.CLEAN).table(), run.id().branch())).isEmpty();
    }
  }

  @Test
  void twoProcessesAtOnceAreToldOfEachOtherAndAKilledOneIsTakenOverAtOnce() throws Exception {
    Map<String, Object> expected = uninterrupted(folder.resolve("reference"));
    Path shared = Files.createDirectories(folder.resolve("shared"));
    try (RunScene scene = new RunScene(shared)) {
      scene.sell(GRAPH, Shop.sales(2, 2));
      Process other = start(shared, "hang", new Point(Moment.AFTER, "Cluster.run"));
      try {
        Awaitility.await()
            .atMost(Duration.ofMinutes(5))
            .until(() -> Files.exists(shared.resolve(CrashChild.HANGING)) || !other.isAlive());
        Runner runner =
            new Runner(scene.lake(), scene.store(), cluster, scene.catalog(), Clock.systemUTC());
        RunId run = scene.store().runs(1).get(0).id();

        assertThatThrownBy(() -> runner.run(run, RunListener.NONE))
            .isInstanceOfSatisfying(
                TidemarkException.class,
                e -> {
                  assertThat(e.category()).isEqualTo(TidemarkException.Category.REFUSED);
                  assertThat(e.problems().get(0).what())
                      .contains("run " + run, "process " + other.pid());
                });
        assertThat(Runs.interrupted(scene.store(), Clock.systemUTC())).isEmpty();

        other.destroyForcibly().waitFor();
        assertThat(Runs.interrupted(scene.store(), Clock.systemUTC()))
            .extracting(RunRow::id)
            .containsExactly(run);
        assertThat(runner.resume(run, RunListener.NONE).state()).isEqualTo(RunState.READY);
        new Publisher(scene.lake(), scene.store(), Clock.systemUTC()).publish(run);
        assertThat(scene.content(GRAPH)).isEqualTo(expected);
      } finally {
        other.destroyForcibly();
      }
    }
  }

  private static Process start(Path folder, String mode, Point point) throws IOException {
    return ChildJvm.start(
        folder.resolve("child.log"),
        List.of("-Xmx1g"),
        CrashChild.class.getName(),
        List.of(folder.toString(), mode, point.moment().name(), point.call()));
  }

  private static int finish(Process process) throws InterruptedException {
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError("the process did not end");
    }
    return process.exitValue();
  }
}
