package io.tidemark.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.iceberg.catalog.Catalog;

/**
 * The benchmark's main. Options: {@code --input FILE} (Parquet with date, delay, distance, origin,
 * destination; default the bundled extract), {@code --airports FILE}, {@code --years N} (repeats
 * the input N times, a year later each time), {@code --rounds N}, {@code --work DIR}, {@code --heap
 * SIZE}, {@code --spark CLASSPATH-FILE}, {@code --only P1,P5,...}.
 */
public final class Bench {
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
    if (options.wants("P5")) {
      new MetadataBench(options.work().resolve("metadata")).run(report);
    }
    if (options.wants("P13")) {
      new PlanBench().run(report);
    }
    if (options.wants("P1") || options.wants("P2") || options.wants("P3")) {
      wholePath();
    }
    report.print();
  }

  private void wholePath() throws IOException, SQLException {
    BenchTables full = tables("full", options.input(), options.years());
    for (Workload workload : options.workloads()) {
      Map<String, List<Usage>> runs = new TreeMap<>();
      for (int round = 0; round < options.rounds(); round++) {
        for (String peer : peers(workload)) {
          Usage usage = runPeer(full, peer, workload);
          report.line("%-10s %-4s round %d: %s", peer, workload, round + 1, Report.text(usage));
          runs.computeIfAbsent(peer, p -> new ArrayList<>()).add(usage);
        }
      }
      Map<String, Usage> best = new TreeMap<>();
      runs.forEach(
          (peer, usages) ->
              best.put(peer, usages.stream().min(Comparator.comparing(Usage::cpu)).orElseThrow()));
      report.usages(workload + ", " + full.home().getFileName(), best);
    }
  }

  private List<String> peers(Workload workload) {
    List<String> peers = new ArrayList<>(List.of("flink", "duckdb"));
    if (workload == Workload.W2) {
      peers.add("copy");
    }
    return peers;
  }

  private Usage runPeer(BenchTables tables, String peer, Workload workload) {
    if (peer.equals("flink")) {
      Catalog catalog = tables.open();
      tables.fresh(catalog, workload, workload.id() + "_flink");
    }
    return Contender.here(options.heap())
        .run(Peer.class.getName(), List.of(peer, tables.home().toString(), workload.name()));
  }

  private BenchTables tables(String name, Path input, int years) throws IOException, SQLException {
    BenchTables tables = new BenchTables(options.work().resolve(name + "-" + years));
    Files.createDirectories(tables.home());
    tables.make(input, options.airports(), years);
    return tables;
  }
}
