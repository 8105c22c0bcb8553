package io.tidemark.bench;

import io.tidemark.testing.KafkaBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * P8: a topic that is full, through Tidemark's source, gate, meters and sink, against the same
 * query as a Flink job that somebody wrote by hand. Both write the raw events and the result. In
 * turns, each in a process of its own; what a tenth of the records took is taken off.
 */
final class LiveBench {
  private static final String OWN = "tidemark";
  private static final String BARE = "flink";
  private static final int TENTH = 10;
  private static final Duration DAY = Duration.ofDays(1);

  private final Options options;

  LiveBench(Options options) {
    this.options = options;
  }

  void run(Report report) throws IOException {
    long large = options.records();
    long small = large / TENTH;
    try (KafkaBroker kafka = new KafkaBroker().start()) {
      LiveWorkload.fill(kafka, LiveRun.LARGE, large, DAY);
      LiveWorkload.fill(kafka, LiveRun.SMALL, small, DAY);
      for (LiveWorkload workload : options.liveWorkloads()) {
        Map<String, Usage> best = new TreeMap<>();
        for (int round = 1; round <= options.rounds(); round++) {
          for (String who : List.of(BARE, OWN)) {
            Usage usage = run(kafka, who, workload, large, small);
            report.line(
                "%-8s live %s round %d: %s, %.0f records/s, %.2f µs CPU a record",
                who,
                workload,
                round,
                Report.text(usage),
                (large - small) / usage.wall(),
                usage.cpu() * 1e6 / (large - small));
            best.merge(who, usage, (a, b) -> a.cpu() <= b.cpu() ? a : b);
          }
        }
        Usage own = best.get(OWN);
        Usage bare = best.get(BARE);
        String what = "live " + workload.name().toLowerCase(Locale.ROOT) + " / bare Flink job, ";
        report.goal("P8", what + "CPU a record", own.cpu() / bare.cpu(), 1.02, 1.05);
        report.goal("P8", what + "wall a record", own.wall() / bare.wall(), 1.02, 1.05);
      }
    }
  }

  private Usage run(KafkaBroker kafka, String who, LiveWorkload workload, long large, long small)
      throws IOException {
    Path home = Files.createDirectories(options.work());
    home = Files.createTempDirectory(home, "live-" + who + "-");
    List<Usage> passes = new ArrayList<>();
    Contender.here(options.heap())
        .run(
            LiveRun.class.getName(),
            List.of(
                who,
                home.toString(),
                kafka.bootstrap(),
                workload.name(),
                Long.toString(large),
                Long.toString(small)),
            line -> LiveRun.parse(line).ifPresent(passes::add));
    return passes.get(1).minus(passes.get(0));
  }
}
