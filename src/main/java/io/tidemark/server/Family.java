package io.tidemark.server;

import java.util.List;

/**
 * Every metric that is answered with: its name with dots, as Micrometer wants it, what it says, and
 * the labels that tell its samples apart. Labels have few values: datasets, states, error codes.
 */
enum Family {
  UP("up", "1 if the part could be read the last time, else 0", "part"),
  OBSERVED("observed.timestamp.seconds", "When the part was last read, in Unix time", "part"),
  READ_SECONDS("read.seconds", "How long the last read of the part took", "part"),
  READ_ERRORS("read.errors", "Reads that failed since the endpoint started", "part", "code"),

  DATASET_ROWS("dataset.rows", "Rows on main", "dataset"),
  DATASET_FILES("dataset.files", "Data files on main", "dataset"),
  DATASET_BYTES("dataset.bytes", "Bytes of data files on main", "dataset"),
  DATASET_SLICES(
      "dataset.slices",
      "Slices by state: present, fresh (their key matches), stale (a plan would rebuild them), open"
          + " (a live job writes to them)",
      "dataset",
      "state"),
  DATASET_FRESHNESS(
      "dataset.freshness.seconds",
      "From the end of the newest fresh slice that holds rows until now; of a source, of the newest"
          + " slice",
      "dataset"),
  PLAN_SLICES("plan.slices", "Slices that a plan made now would rebuild, over all datasets"),

  RUNS("runs", "Of the newest 50 runs, those in a state", "state"),
  RUN_SLICES("run.slices", "Slices of the newest run's plan"),
  RUN_BUILT("run.built.slices", "Slices of the newest run that are built"),
  RUN_COMPLETION("run.completion.ratio", "Share of the newest run's slices that are built, 0 to 1"),
  RUN_ETA(
      "run.eta.seconds",
      "Until all slices of the newest run are built, if the rest goes as fast; only while it runs"
          + " and some are"),
  RUN_BUILT_ROWS("run.built.rows", "Rows that the newest run built, again after a conflict too"),
  RUN_BUILT_BYTES("run.built.bytes", "Bytes of the files that those are in"),
  RUN_ROWS_PER_SECOND(
      "run.rows.per.second",
      "Those rows, by the time from the newest run's begin to its newest build"),
  RUN_BYTES_PER_SECOND("run.bytes.per.second", "Those bytes, by the same time"),
  RUN_ROWS("run.rows", "Rows in the slices that the newest run verified"),
  RUN_UNEXPLAINED(
      "run.unexplained.rows", "Rows of the newest run that its expected change does not cover"),
  RUN_RETRIES("run.retries", "How often one of the newest 50 runs failed and was taken up again"),
  RUN_ERRORS(
      "run.errors", "How often one of the newest 50 runs failed, by the code of the error", "code"),
  RUN_REBASES(
      "run.rebases",
      "How often one of the newest 50 runs met a conflict and went on from new heads"),
  PUBLISH_SECONDS("publish.seconds", "How long the newest publish took"),
  REVERT_SECONDS("revert.seconds", "How long the newest revert took"),
  LEASES("leases", "Leases that processes hold now", "kind"),

  LIVE_STATE("live.state", "1 for the state that the live job is in", "live", "state"),
  LIVE_RESTARTS(
      "live.restarts", "How often the live job failed and went on since its start", "live"),
  LIVE_EPOCH("live.epoch", "The number of the newest start that committed", "live"),
  LIVE_CHECKPOINT("live.checkpoint", "The newest checkpoint that was completed", "live"),
  LIVE_CHECKPOINT_AGE(
      "live.checkpoint.age.seconds", "Since the newest completed checkpoint", "live"),
  LIVE_CHECKPOINT_SECONDS("live.checkpoint.seconds", "How long the newest checkpoint took", "live"),
  LIVE_CHECKPOINT_BYTES("live.checkpoint.bytes", "State in the newest checkpoint", "live"),
  LIVE_CHECKPOINTS_FAILED(
      "live.checkpoints.failed", "Checkpoints that were not completed since the start", "live"),
  LIVE_CONFLICTS(
      "live.commit.conflicts",
      "Commits of the live job that were tried again because another came between, since it last"
          + " failed or started",
      "live"),
  LIVE_PRESSURE(
      "live.backpressure.ratio",
      "Share of its time that the slowest part's feeder waits, 0 to 1",
      "live"),
  LIVE_LAG_EVENTS("live.lag.events", "Records of the topic that are not in the table", "dataset"),
  LIVE_LAG_SECONDS("live.lag.seconds", "Since Kafka took the oldest of them", "dataset"),
  LIVE_WATERMARK_DELAY(
      "live.watermark.delay.seconds", "From the watermark until now, in event time", "dataset"),
  LIVE_SILENT(
      "live.silent.partitions", "Partitions that the watermark does not wait for", "dataset"),
  LIVE_DEAD_LETTERS("live.dead.letters", "Records that could not be read, ever", "dataset"),
  LIVE_LATE("live.late.rows", "Rows that came after their slice had closed, ever", "dataset"),
  LIVE_OPEN("live.open.slices", "Open slices that hold rows", "dataset"),
  LIVE_DOUBTED(
      "live.doubted.slices", "Closed slices that the live job does not vouch for", "dataset");

  private static final String PREFIX = "tidemark.";

  private final String name;
  private final String help;
  private final List<String> labels;

  Family(String name, String help, String... labels) {
    this.name = PREFIX + name;
    this.help = help;
    this.labels = List.of(labels);
  }

  /** As Micrometer registers it. */
  String meter() {
    return name;
  }

  /** As Prometheus shows it. */
  String shown() {
    return name.replace('.', '_');
  }

  String help() {
    return help;
  }

  List<String> labels() {
    return labels;
  }
}
