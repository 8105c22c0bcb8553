package io.tidemark.bench;

import io.tidemark.BenchDoor;
import io.tidemark.control.Control;
import io.tidemark.control.Operation;
import io.tidemark.control.Watcher;
import io.tidemark.model.RunState;
import io.tidemark.testing.KafkaBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.TableIdentifier;

/**
 * What happens beside a live job that commits every second while sales come at a steady rate: a
 * full backfill after a fix, and a publish of it. P9: how old what readers see is, meanwhile and
 * before. P14: the publish, of as many slices with ten times the rows. P15: how soon after the
 * watermark a slice is closed. The live job is a process of its own, started as a user starts it.
 */
final class LiveScenario {
  private static final Duration HISTORY = Duration.ofHours(48);
  private static final long PER_SECOND = 500;
  private static final Duration ALONE = Duration.ofSeconds(30);
  private static final long CHECKPOINT_MILLIS = 1000;
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final Options options;
  private Catalog catalog;

  LiveScenario(Options options) {
    this.options = options;
  }

  private record Published(double seconds, long rows, long slices) {}

  void run(Report report) throws IOException {
    Path directory =
        Files.createTempDirectory(Files.createDirectories(options.work()), "beside-live-");
    LiveProject project = new LiveProject(directory);
    long history = options.records() / 5;
    try (KafkaBroker kafka = new KafkaBroker().start()) {
      project.write(kafka.bootstrap());
      LiveWorkload.fill(kafka, LiveProject.TOPIC, history, HISTORY);
      Path attempts = directory.resolve("attempts.txt");
      Process live = start(project, attempts);
      try {
        beside(report, kafka, project, history, live);
      } finally {
        live.destroyForcibly();
      }
      attempts(report, attempts);
    }
  }

  private void beside(
      Report report, KafkaBroker kafka, LiveProject project, long history, Process live)
      throws IOException {
    until(live, () -> rows(project, LiveProject.ALL) == history);
    Map<Integer, Long> first = kafka.endOffsets(LiveProject.TOPIC);
    SteadySales sales =
        new SteadySales(kafka, PER_SECOND, LiveWorkload.START.plus(HISTORY), history);
    sales.start();
    pause(ALONE.dividedBy(3));
    long alone = System.currentTimeMillis();
    pause(ALONE);
    long backfill = System.currentTimeMillis();
    List<Published> published = new ArrayList<>();
    long built;
    try (Control control = BenchDoor.open(project.directory())) {
      project.fix(2);
      String tenth = candidate(control, project, LiveProject.TENTH);
      String all = candidate(control, project, LiveProject.ALL);
      built = System.currentTimeMillis();
      published.add(publish(control, project, tenth, LiveProject.TENTH));
      published.add(publish(control, project, all, LiveProject.ALL));
    }
    pause(Duration.ofSeconds(5));
    sales.end();
    long sent = history + sales.count();
    until(live, () -> rows(project, "sales") == sent);

    LiveWatch watch =
        new LiveWatch(
            sales, new TreeMap<>(first), table(project, "sales"), table(project, LiveProject.ALL));
    long[] before = watch.lags(alone, backfill);
    long[] during = watch.lags(backfill, built);
    report.line(
        "live lag alone: median %d ms, p99 %d ms; during a backfill of %.1f s: %d ms, %d ms",
        percentile(before, 50),
        percentile(before, 99),
        (built - backfill) / 1e3,
        percentile(during, 50),
        percentile(during, 99));
    report.goal(
        "P9",
        "live p99 lag during a backfill / alone",
        (double) percentile(during, 99) / percentile(before, 99),
        1.1,
        1.5);
    double realTime = (double) history / PER_SECOND;
    report.goal("P9", "backfill / real time", (built - backfill) / 1e3 / realTime, 0.2, 0.2);
    publishes(report, published);
    closings(report, watch.closings(LiveWorkload.OUT_OF_ORDERNESS.toMillis()));
  }

  private static void publishes(Report report, List<Published> published) {
    for (Published p : published) {
      report.line("publish of %d slices, %d rows: %.2f s", p.slices, p.rows, p.seconds);
    }
    Published few = published.get(0);
    Published many = published.get(1);
    report.goal("P14", "publish beside a live job", many.seconds, 2, 4, " s");
    report.goal("P14", "the same, 10 × the rows / 1 ×", many.seconds / few.seconds, 1.0, 1.5);
  }

  private static void closings(Report report, List<LiveWatch.Closing> closings) {
    long[] millis = closings.stream().mapToLong(LiveWatch.Closing::millis).sorted().toArray();
    long later =
        closings.stream().mapToLong(LiveWatch.Closing::checkpoints).max().orElse(Long.MAX_VALUE);
    report.line(
        "%d slices closed, median %d ms and p99 %d ms after the event that the watermark waited"
            + " for was sent; checkpoints every %d ms",
        millis.length, percentile(millis, 50), percentile(millis, 99), CHECKPOINT_MILLIS);
    report.goal(
        "P15",
        "checkpoints from the one with that event to the one that closes the slice, most",
        later,
        1,
        1,
        "");
    report.goal(
        "P15",
        "median from that event to a closed slice / checkpoint interval",
        (double) percentile(millis, 50) / CHECKPOINT_MILLIS,
        1.0,
        1.5);
  }

  private static void attempts(Report report, Path file) throws IOException {
    long commits = 0;
    long most = 0;
    long again = 0;
    for (String line : Files.readAllLines(file)) {
      long tries = Long.parseLong(line.substring(line.lastIndexOf(' ') + 1));
      commits++;
      again += tries > 1 ? 1 : 0;
      most = Math.max(most, tries);
    }
    report.line("%d commits of the live job, %d tried more than once", commits, again);
    report.goal("P14", "attempts of a live commit, most", most, 2, 2, "");
  }

  /** A backfill as a user starts it beside a live job on the same machine; gives its run. */
  private String candidate(Control control, LiveProject project, String dataset)
      throws IOException {
    Path log = project.directory().resolve("run-" + dataset + ".log");
    Process run =
        Contender.here(options.heap())
            .nice()
            .start(
                "io.tidemark.Main",
                List.of(
                    "-C",
                    project.directory().toString(),
                    "run",
                    "--select",
                    dataset,
                    "--change",
                    "fix"),
                log);
    try {
      if (run.waitFor() != 0) {
        throw new IllegalStateException("the backfill failed; see " + log);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted", e);
    } finally {
      run.destroyForcibly();
    }
    return control.execute(new Operation.ListRuns(1), Watcher.NONE).runs().get(0).run().value();
  }

  private Published publish(Control control, LiveProject project, String run, String dataset) {
    long start = System.nanoTime();
    var published = control.execute(new Operation.Publish(run), Watcher.NONE);
    double seconds = (System.nanoTime() - start) / 1e9;
    if (published.run().state() != RunState.PUBLISHED) {
      throw new IllegalStateException("publish ended as " + published);
    }
    return new Published(
        seconds,
        rows(project, dataset),
        published.tables().stream().mapToLong(t -> t.slices().count()).sum());
  }

  private Process start(LiveProject project, Path attempts) throws IOException {
    return Contender.here(options.heap())
        .with("-D" + CommitAttempts.FILE + "=" + attempts)
        .start(
            "io.tidemark.Main",
            List.of("-C", project.directory().toString(), "live", "start"),
            project.directory().resolve("live.log"));
  }

  private interface Condition {
    boolean holds();
  }

  private static void until(Process live, Condition condition) {
    Instant end = Instant.now().plus(PATIENCE);
    while (!condition.holds()) {
      if (!live.isAlive()) {
        throw new IllegalStateException("the live job ended; see live.log in its folder");
      } else if (Instant.now().isAfter(end)) {
        throw new IllegalStateException("the live job does not get on");
      }
      pause(Duration.ofMillis(200));
    }
  }

  private static void pause(Duration time) {
    try {
      TimeUnit.MILLISECONDS.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted", e);
    }
  }

  private static long percentile(long[] sorted, int percent) {
    if (sorted.length == 0) {
      throw new IllegalStateException("nothing was measured");
    }
    return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
  }

  /** In main; 0 while there is no table. */
  private long rows(LiveProject project, String name) {
    if (!Files.exists(project.home().resolve("catalog.db"))) {
      return 0;
    }
    Catalog catalog = catalog(project);
    TableIdentifier id = TableIdentifier.of("bench", name);
    if (!catalog.tableExists(id)) {
      return 0;
    }
    var head = catalog.loadTable(id).currentSnapshot();
    return head == null ? 0 : Long.parseLong(head.summary().getOrDefault("total-records", "0"));
  }

  private Table table(LiveProject project, String name) {
    return catalog(project).loadTable(TableIdentifier.of("bench", name));
  }

  private Catalog catalog(LiveProject project) {
    if (catalog == null) {
      catalog =
          CatalogUtil.buildIcebergCatalog(
              "lake",
              Map.of(
                  "type",
                  "jdbc",
                  "uri",
                  "jdbc:sqlite:" + project.home().resolve("catalog.db"),
                  "jdbc.schema-version",
                  "V1",
                  "clients",
                  "1",
                  "warehouse",
                  project.home().resolve("warehouse").toString()),
              new Configuration());
    }
    return catalog;
  }
}
