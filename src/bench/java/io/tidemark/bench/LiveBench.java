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
        Map<String, LiveRun.Pass> best = new TreeMap<>();
        for (int round = 1; round <= options.rounds(); round++) {
          for (String who : List.of(BARE, OWN)) {
            if (options.takesPart(who)) {
              LiveRun.Pass pass = run(kafka, who, workload, large, small);
              report.line(
                  "%-8s live %s round %d: %.1f s wall, %.1f s CPU, %.1f s of it tasks; a record"
                      + " %.2f µs CPU, %.2f µs of tasks",
                  who,
                  workload,
                  round,
                  pass.usage().wall(),
                  pass.usage().cpu(),
                  pass.tasks(),
                  pass.usage().cpu() * 1e6 / (large - small),
                  pass.tasks() * 1e6 / (large - small));
              best.merge(who, pass, (a, b) -> a.usage().cpu() <= b.usage().cpu() ? a : b);
            }
          }
        }
        if (best.size() == 2) {
          goals(report, workload, best.get(OWN), best.get(BARE));
        }
      }
    }
  }

  private static void goals(
      Report report, LiveWorkload workload, LiveRun.Pass own, LiveRun.Pass bare) {
    String what = "live " + workload.name().toLowerCase(Locale.ROOT) + " / bare Flink job, ";
    ratio(report, what + "CPU a record", own.usage().cpu(), bare.usage().cpu());
    ratio(report, what + "CPU of tasks a record", own.tasks(), bare.tasks());
    ratio(report, what + "wall a record", own.usage().wall(), bare.usage().wall());
  }

  private static void ratio(Report report, String what, double own, double bare) {
    if (own <= 0 || bare <= 0) {
      // A pass is the long one minus the short one: below zero it was waiting that was measured.
      report.line("P8, %s: no figure, since a pass was too short to stand out of the noise", what);
      return;
    }
    report.goal("P8", what, own / bare, 1.02, 1.05);
  }

  private LiveRun.Pass run(
      KafkaBroker kafka, String who, LiveWorkload workload, long large, long small)
      throws IOException {
    Path home = Files.createDirectories(options.work());
    home = Files.createTempDirectory(home, "live-" + who + "-");
    List<LiveRun.Pass> passes = new ArrayList<>();
    Contender contender = Contender.here(options.heap());
    options
        .jvm()
        .map(option -> contender.with(option.replace("WHO", who)))
        .orElse(contender)
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
