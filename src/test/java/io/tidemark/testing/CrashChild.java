package io.tidemark.testing;

import io.tidemark.cluster.Cluster;
import io.tidemark.lake.Lake;
import io.tidemark.model.Graph;
import io.tidemark.model.RunId;
import io.tidemark.release.Publisher;
import io.tidemark.release.Runs;
import io.tidemark.run.RunListener;
import io.tidemark.run.Runner;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * A process of its own that carries a run through to its publish, from wherever an earlier one left
 * it, and that ends without any clean-up, or stands still, at a named point.
 *
 * <p>Arguments: the folder of a {@link RunScene}, {@code halt} or {@code hang}, the point's moment,
 * and how the name of its call begins; the point {@code none} is never reached.
 */
public final class CrashChild {
  /** The exit code of a process that ended at its point; as of one killed by signal 9. */
  public static final int KILLED = 137;

  /** What is written beside the tables when a hanging process is at its point. */
  public static final String HANGING = "hanging";

  private CrashChild() {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    boolean halts = args[1].equals("halt");
    Faults.Moment moment = Faults.Moment.valueOf(args[2]);
    Faults.Harm harm =
        (call, now) -> {
          if (now == moment && call.startsWith(args[3])) {
            if (halts) {
              Runtime.getRuntime().halt(KILLED);
            }
            hang(folder);
          }
        };
    Graph graph = Shop.graph("amount >= 0");
    try (RunScene scene = new RunScene(folder);
        Cluster cluster = RunScene.cluster()) {
      Lake lake = Faults.wrap(Lake.class, scene.lake(), harm);
      Store store = Faults.wrap(Store.class, scene.store(), harm);
      Clock clock = Clock.systemUTC();
      Runner runner =
          new Runner(
              lake, store, Faults.wrap(Cluster.class, cluster, harm), scene.catalog(), clock);
      Runs.interrupted(store, clock).forEach(r -> runner.resume(r.id(), RunListener.NONE));
      List<RunRow> runs = store.runs(2);
      if (runs.size() > 1) {
        throw new IllegalStateException("[BUG] a second run was begun: " + runs);
      }
      Optional<RunId> known = runs.stream().map(RunRow::id).findFirst();
      RunId run = known.isPresent() ? known.get() : runner.submit(graph, scene.plan(graph));
      runner.run(run, RunListener.NONE);
      new Publisher(lake, store, clock).publish(run);
    }
    // Threads of a stopped MiniCluster may linger; everything is written.
    Runtime.getRuntime().halt(0);
  }

  private static void hang(Path folder) {
    try {
      Files.createFile(folder.resolve(HANGING));
      new CountDownLatch(1).await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
