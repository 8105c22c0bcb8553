package io.tidemark.bench;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.iceberg.catalog.Catalog;

/**
 * The benchmark's main. Options: {@code --input FILE} (Parquet with date, delay, distance, origin,
 * destination; default the bundled extract), {@code --airports FILE}, {@code --years N} (repeats
 * the input N times, a year later each time), {@code --rounds N}, {@code --work DIR}, {@code --heap
 * SIZE}, {@code --spark DIR} (with it Spark takes part: the target folder of src/bench/spark),
 * {@code --only P1,P5,...}, {@code --contenders flink,tidemark,...} for P1 to P4.
 */
public final class Bench {
  /** As its launcher starts it. */
  private static final String OWN = "tidemark";

  /** With the options that the peers' JVMs get. */
  private static final String PLAIN = "tidemark plain";

  private static final String CHECKED = "build checked";
  private static final String BARE = "build bare";
  private static final String SMALL_HEAP = "640m";
  private static final int SMALL = 100;
  private static final int TINY = 1000;

  private final Options options;
  private final Report report = new Report(System.out);

  private Bench(Options options) {
    this.options = options;
  }

  public static void main(String[] args) throws Exception {
    new Bench(Options.parse(args)).run();
    System.exit(0);
  }

  private void run() throws IOException, SQLException {
    if (options.wants("P1") || options.wants("P6") || options.wants("P12")) {
      Launch.prepare();
    }
    if (options.wants("P5")) {
      new MetadataBench(options.work().resolve("metadata")).run(report);
    }
    if (options.wants("P13")) {
      new PlanBench().run(report);
    }
    if (options.wants("P1")) {
      wholePath();
    }
    if (options.wants("P12")) {
      memory();
    }
    if (options.wants("P6")) {
      new Scenario(tables("full", options.years(), 1), tables("tiny", 1, TINY))
          .run(report, options.heap());
    }
    if (options.wants("P8")) {
      new LiveBench(options).run(report);
    }
    if (options.wants("P9")) {
      new LiveScenario(options).run(report);
    }
    report.print();
  }

  /** P1 to P4, each peer in a process of its own, in turns. */
  private void wholePath() throws IOException, SQLException {
    BenchTables full = tables("full", options.years(), 1);
    BenchTables small = tables("small", options.years(), SMALL);
    for (Workload workload : options.workloads()) {
      Map<String, Usage> best = best(full, workload);
      Map<String, Usage> fixed = workload == Workload.W2 ? best(small, workload) : Map.of();
      report.usages(workload + ", all rows", best);
      ratio("P1", workload, best, OWN, "flink", 0.75, 1.25);
      ratio("P1", workload, best, PLAIN, "flink", 0.75, 1.25);
      ratio("P2", workload, best, OWN, "spark", 0.9, 1.6);
      if (has(best, CHECKED, BARE)) {
        report.goal(
            "P4",
            workload + " build with checks / without, CPU",
            best.get(CHECKED).cpu() / best.get(BARE).cpu(),
            1.10,
            1.15);
      }
      if (has(fixed, OWN, "copy")) {
        report.usages(workload + ", 1 % of the rows", fixed);
        report.goal(
            "P3",
            workload + " / parquet-java copy, CPU beyond fixed cost",
            best.get(OWN).minus(fixed.get(OWN)).cpu()
                / best.get("copy").minus(fixed.get("copy")).cpu(),
            2.5,
            5);
      }
    }
  }

  private static boolean has(Map<String, Usage> usages, String first, String second) {
    return usages.containsKey(first) && usages.containsKey(second);
  }

  private void ratio(
      String goal,
      Workload workload,
      Map<String, Usage> best,
      String own,
      String peer,
      double target,
      double milestone) {
    if (has(best, own, peer)) {
      String what = workload + " " + own + " / " + peer + ", ";
      Usage us = best.get(own);
      Usage them = best.get(peer);
      report.goal(goal, what + "wall", us.wall() / them.wall(), target, milestone);
      report.goal(goal, what + "CPU", us.cpu() / them.cpu(), target, milestone);
    }
  }

  /** P12: in a small heap, so that what is resident is what is needed, not what may be kept. */
  private void memory() throws IOException, SQLException {
    Usage few = run(tables("small", options.years(), SMALL));
    Usage all = run(tables("full", options.years(), 1));
    report.line("heap %s: 1 %% of the rows %s", SMALL_HEAP, Report.text(few));
    report.line("heap %s: all rows %s", SMALL_HEAP, Report.text(all));
    report.goal("P12", "W2 peak memory, rows × 100", all.peakMb() / few.peakMb(), 1.0, 1.25);
  }

  private static Usage run(BenchTables tables) {
    drop(tables.open(), OwnBuild.dataset(Workload.W2).table().name());
    BenchProject project = new BenchProject(tables, Workload.W2);
    project.write();
    return launch(project, SMALL_HEAP);
  }

  private static Usage launch(BenchProject project, String heap) {
    return Launch.run(heap, List.of("-C", project.directory().toString(), "run", "--publish"));
  }

  private Map<String, Usage> best(BenchTables tables, Workload workload) {
    Map<String, Usage> best = new TreeMap<>();
    for (int round = 1; round <= options.rounds(); round++) {
      for (String peer : peers(workload)) {
        Usage usage = runPeer(tables, peer, workload);
        report.line("%-14s %-4s round %d: %s", peer, workload, round, Report.text(usage));
        best.merge(peer, usage, (a, b) -> a.cpu() <= b.cpu() ? a : b);
      }
    }
    return best;
  }

  private List<String> peers(Workload workload) {
    List<String> peers = new ArrayList<>(List.of("flink", OWN, PLAIN, CHECKED, BARE, "duckdb"));
    if (workload == Workload.W2) {
      peers.add("copy");
    }
    if (options.spark().isPresent()) {
      peers.add("spark");
    }
    peers.removeIf(p -> !options.takesPart(p));
    return peers;
  }

  private Usage runPeer(BenchTables tables, String peer, Workload workload) {
    String home = tables.home().toString();
    Catalog catalog = tables.open();
    switch (peer) {
      case OWN, PLAIN -> {
        drop(catalog, OwnBuild.dataset(workload).table().name());
        BenchProject project = new BenchProject(tables, workload);
        project.write();
        return peer.equals(OWN)
            ? launch(project, options.heap())
            : contender().run(OwnRun.class.getName(), OwnRun.arguments(project));
      }
      case CHECKED, BARE -> {
        String how = peer.substring(peer.indexOf(' ') + 1);
        return contender().run(OwnBuild.class.getName(), List.of(how, home, workload.name()));
      }
      case "spark" -> {
        tables.fresh(catalog, workload, workload.id() + "_spark");
        return spark(tables, workload);
      }
      default -> {
        tables.fresh(catalog, workload, workload.id() + "_" + peer);
        return contender().run(Peer.class.getName(), List.of(peer, home, workload.name()));
      }
    }
  }

  /** The folder that {@code mvn -f src/bench/spark/pom.xml process-classes} fills. */
  private Usage spark(BenchTables tables, Workload workload) {
    Path target = options.spark().orElseThrow();
    List<String> arguments = new ArrayList<>();
    arguments.add("INSERT OVERWRITE " + workload.id() + "_spark " + workload.ansiSql());
    tables.properties().forEach((name, value) -> arguments.add(name + "=" + value));
    try {
      String classpath =
          target.resolve("classes")
              + File.pathSeparator
              + Files.readString(target.resolve("classpath.txt")).strip();
      return Contender.spark(classpath, options.heap()).run("SparkPeer", arguments);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Contender contender() {
    return Contender.here(options.heap());
  }

  private static void drop(Catalog catalog, String table) {
    if (catalog.tableExists(BenchTables.id(table))) {
      catalog.dropTable(BenchTables.id(table), true);
    }
  }

  private BenchTables tables(String name, int years, int every) throws IOException, SQLException {
    BenchTables tables = new BenchTables(options.work().resolve(name + "-" + years));
    Files.createDirectories(tables.home());
    tables.make(options.input(), options.airports(), years, every);
    return tables;
  }
}
