package io.tidemark.bench;

import io.tidemark.BenchDoor;
import io.tidemark.control.Control;
import io.tidemark.control.Watcher;
import java.io.IOException;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.iceberg.catalog.Catalog;

/**
 * What happens after the first build: new input for two days, a fix that changes little, a look at
 * the status. On W2D, whose slices are days, in one warm process.
 */
final class Scenario {
  /** Larger than any key of the input, and different in each run over the same tables. */
  private static final long NEW_KEYS = System.currentTimeMillis();

  private static final String NO_CHANGE = "f.delay - 1 + 1";
  private static final String TWO_DAYS =
      "f.delay + CASE WHEN f.`date` >= TIMESTAMP '2001-02-03 00:00:00'"
          + " AND f.`date` < TIMESTAMP '2001-02-05 00:00:00' THEN 1 ELSE 0 END";

  private final BenchTables tables;
  private final BenchTables tiny;

  /**
   * @param tiny the same input, but hardly any of it
   */
  Scenario(BenchTables tables, BenchTables tiny) {
    this.tables = tables;
    this.tiny = tiny;
  }

  /** Seconds, of the clock and of the processor. */
  private record Cost(double wall, double cpu) {
    Cost minus(Cost other) {
      return new Cost(wall - other.wall, cpu - other.cpu);
    }
  }

  void run(Report report, String heap) throws IOException, SQLException {
    Cost fixed = small(report);
    BenchProject project = new BenchProject(tables, Workload.W2D);
    Catalog catalog = fresh(tables, Workload.W2D);
    project.write();
    try (Control control = BenchDoor.open(project.directory())) {
      measure(() -> OwnRun.run(control));
      project.write(fix(NO_CHANGE));
      Cost full = measure(() -> OwnRun.run(control));
      tables.append(catalog, "2001-03-05", 2, NEW_KEYS);
      Cost late = measure(() -> OwnRun.run(control));
      report.line(
          "full recompute %s, of two days %s, of a tiny table %s",
          text(full), text(late), text(fixed));
      report.goal(
          "P6",
          "1 % of slices / all slices, CPU beyond fixed cost",
          late.minus(fixed).cpu / full.minus(fixed).cpu,
          0.02,
          0.05);
      long before = head(catalog, "main");
      project.write(fix(TWO_DAYS));
      Map<String, Cost> steps = new HashMap<>();
      String branch = OwnRun.candidate(control, new Steps(steps));
      Cost diff = steps.get("verify");
      Cost join = join(before, head(catalog, branch));
      report.line("diff of two days %s, full key join %s", text(diff), text(join));
      report.goal("P7", "diff / full key join, CPU", diff.cpu / join.cpu, 0.05, 0.2);
    }
    Usage status = Launch.run(heap, List.of("-C", project.directory().toString(), "status"));
    report.goal("P11", "status, whole process", status.wall(), 1.0, 2.5, " s");
  }

  /** P10, on a cluster that is warm. */
  private Cost small(Report report) throws IOException, SQLException {
    BenchProject project = new BenchProject(tiny, Workload.W2);
    Catalog catalog = fresh(tiny, Workload.W2);
    project.write();
    try (Control control = BenchDoor.open(project.directory())) {
      OwnRun.run(control);
      Cost best = new Cost(Double.MAX_VALUE, Double.MAX_VALUE);
      for (int i = 0; i < 3; i++) {
        tiny.append(catalog, "2001-03-05", 1, NEW_KEYS + i);
        Cost cost = measure(() -> OwnRun.run(control));
        best = cost.wall < best.wall ? cost : best;
      }
      report.goal("P10", "plan to published, one tiny slice, warm", best.wall, 3, 8, " s");
      return best;
    }
  }

  /**
   * The whole tables before and after, joined by key and compared column by column in Flink SQL.
   */
  private Cost join(long before, long after) {
    TableEnvironment env = Peer.environment(tables);
    String side = "(SELECT * FROM w2d_own /*+ OPTIONS('snapshot-id' = '%d') */)";
    String differs =
        Workload.W2D.schema().columns().stream()
            .map(c -> "o." + c.name() + " IS DISTINCT FROM n." + c.name())
            .collect(Collectors.joining(" OR "));
    String sql =
        "SELECT COUNT(*) FROM "
            + side.formatted(before)
            + " o FULL JOIN "
            + side.formatted(after)
            + " n ON o.flight_id = n.flight_id WHERE "
            + differs;
    Cost start = measure(() -> env.executeSql("SELECT COUNT(*) FROM airports").print());
    return measure(() -> env.executeSql(sql).print()).minus(start);
  }

  private static Catalog fresh(BenchTables tables, Workload workload) {
    Catalog catalog = tables.open();
    String table = OwnBuild.dataset(workload).table().name();
    if (catalog.tableExists(BenchTables.id(table))) {
      catalog.dropTable(BenchTables.id(table), true);
    }
    return catalog;
  }

  private static long head(Catalog catalog, String ref) {
    return catalog.loadTable(BenchTables.id("w2d_own")).snapshot(ref).snapshotId();
  }

  private static String fix(String delay) {
    return Workload.W2.flinkSql().replace("  f.delay,", "  " + delay + " AS delay,");
  }

  private static String text(Cost cost) {
    return String.format(Locale.ROOT, "%.1f s wall, %.1f s CPU", cost.wall, cost.cpu);
  }

  private static Cost measure(Runnable work) {
    long wall = System.nanoTime();
    double cpu = Usage.cpuSeconds();
    work.run();
    return new Cost((System.nanoTime() - wall) / 1e9, Usage.cpuSeconds() - cpu);
  }

  /** Adds up what each kind of step took. */
  private static final class Steps implements Watcher {
    private final Map<String, Cost> costs;
    private final Map<String, long[]> started = new ConcurrentHashMap<>();

    Steps(Map<String, Cost> costs) {
      this.costs = costs;
    }

    @Override
    public void status(io.tidemark.model.LiveStatus status) {}

    @Override
    public boolean wantsTheEnd() {
      return false;
    }

    @Override
    public void note(String text) {}

    @Override
    public void step(StepProgress progress) {
      if (progress.phase() == Phase.STARTED) {
        started.put(
            progress.step(), new long[] {System.nanoTime(), (long) (Usage.cpuSeconds() * 1e9)});
      } else if (progress.phase() == Phase.DONE) {
        long[] from = started.get(progress.step());
        String kind = progress.label().split(" ", 2)[0];
        Cost cost =
            new Cost((System.nanoTime() - from[0]) / 1e9, Usage.cpuSeconds() - from[1] / 1e9);
        costs.merge(kind, cost, (a, b) -> new Cost(a.wall + b.wall, a.cpu + b.cpu));
      }
    }
  }
}
