package io.tidemark.bench;

import io.tidemark.job.live.LiveComposer;
import io.tidemark.lake.Lake;
import io.tidemark.lake.Lakes;
import io.tidemark.model.Dataset;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.testing.LakeFixture;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.StatementSet;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.TableIdentifier;

/**
 * A child's main: brings a topic that is full into a table of its own, and through a workload's
 * query into another, once over to warm up, then a small topic and the large one again. Prints what
 * the last two passes took. Arguments: {@code tidemark} or {@code flink}, a folder, the brokers,
 * the workload, the records of the large and of the small topic.
 */
public final class LiveRun {
  static final String LARGE = "sales-large";
  static final String SMALL = "sales-small";
  static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /** A subtask's own thread, and the one that fetches for it. */
  private static final Pattern TASK = Pattern.compile("\\(\\d+/\\d+\\)#\\d+$|^Source Data Fetcher");

  private static final String MARK = "BENCH-PASS ";
  private static final Duration CHECKPOINT_EVERY = Duration.ofSeconds(5);
  private static final int PARALLELISM = 2;
  private static final long POLL_MILLIS = 500;

  private final boolean own;
  private final Path home;
  private final String brokers;
  private final LiveWorkload workload;
  private final JobSpec.CatalogSpec spec;
  private int passes;

  private LiveRun(String who, Path home, String brokers, LiveWorkload workload) {
    this.own = who.equals("tidemark");
    this.home = home;
    this.brokers = brokers;
    this.workload = workload;
    this.spec = LakeFixture.sqlite(home);
  }

  public static void main(String[] args) throws Exception {
    LiveRun run = new LiveRun(args[0], Path.of(args[1]), args[2], LiveWorkload.valueOf(args[3]));
    long large = Long.parseLong(args[4]);
    long small = Long.parseLong(args[5]);
    run.pass(LARGE, large);
    System.out.println(MARK + run.pass(SMALL, small));
    System.out.println(MARK + run.pass(LARGE, large));
    System.out.println(Usage.line());
    System.exit(0);
  }

  /**
   * A pass over a topic.
   *
   * @param tasks processor seconds of the job's tasks alone
   */
  record Pass(Usage usage, double tasks) {
    Pass minus(Pass other) {
      return new Pass(usage.minus(other.usage), tasks - other.tasks);
    }
  }

  /** What a pass says at its end, or nothing if a line says something else. */
  static Optional<Pass> parse(String line) {
    if (!line.startsWith(MARK)) {
      return Optional.empty();
    }
    String[] parts = line.substring(MARK.length()).split(" ", 3);
    return Optional.of(
        new Pass(
            new Usage(Double.parseDouble(parts[0]), Double.parseDouble(parts[1]), 0),
            Double.parseDouble(parts[2])));
  }

  /**
   * Of the threads that run the tasks of the job and read the topic for them: without compilers,
   * garbage collectors and commits, which take the more the slower the machine is.
   */
  private static double taskSeconds() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
            .filter(t -> t != null && isTask(t.getThreadName()))
            .mapToLong(t -> threads.getThreadCpuTime(t.getThreadId()))
            .sum()
        / 1e9;
  }

  private static boolean isTask(String thread) {
    return TASK.matcher(thread).find() && !thread.toLowerCase(Locale.ROOT).contains("commit");
  }

  /** From the job's submission to the commit of the last record; wall and processor seconds. */
  private String pass(String topic, long records) throws Exception {
    passes++;
    Dataset source = LiveWorkload.source("sales_" + passes, topic);
    Dataset output = workload.output("result_" + passes);
    try (Lake lake = Lakes.open(spec)) {
      lake.ensure(source);
      lake.ensure(output);
    }
    Catalog catalog =
        CatalogUtil.buildIcebergCatalog(
            spec.name(), spec.properties(), new org.apache.hadoop.conf.Configuration());
    long wall = System.nanoTime();
    double cpu = Usage.cpuSeconds();
    JobClient job = own ? tidemark(source, output) : flink(source, output);
    Table raw = table(catalog, source);
    Table result = table(catalog, output);
    while (rows(raw) < records || workload == LiveWorkload.ROWS && rows(result) < records) {
      if (job.getJobStatus().get().isTerminalState()) {
        job.getJobExecutionResult().get();
        throw new IllegalStateException("the job ended");
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    String took =
        (System.nanoTime() - wall) / 1e9 + " " + (Usage.cpuSeconds() - cpu) + " " + taskSeconds();
    if (rows(raw) != records) {
      throw new IllegalStateException(rows(raw) + " rows of " + records + " records");
    }
    job.cancel().get();
    while (!job.getJobExecutionResult().isDone()) {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    return took;
  }

  private JobClient tidemark(Dataset source, Dataset output) throws Exception {
    TreeMap<String, String> kafka = new TreeMap<>();
    kafka.put("bootstrap.servers", brokers);
    LiveSpec live =
        new LiveSpec(
            "bench-" + passes,
            UUID.randomUUID().toString(),
            1,
            spec,
            new LiveSpec.Streaming(
                kafka, CHECKPOINT_EVERY, home.resolve("checkpoints").toUri().toString()),
            List.of(
                new LiveSpec.Source(
                    source,
                    LiveSpec.Source.Mode.INGEST,
                    LiveSpec.deadLetters(source.table()),
                    Optional.empty(),
                    0,
                    new TreeMap<>(),
                    Optional.empty(),
                    Optional.empty(),
                    LiveWorkload.PARTITIONS)),
            List.of(),
            List.of(workload.task(output)));
    StreamExecutionEnvironment env = environment();
    LiveComposer.compose(live, env);
    return env.executeAsync(live.key());
  }

  /** What somebody would write without Tidemark: two inserts from one Kafka table. */
  private JobClient flink(Dataset source, Dataset output) {
    StreamExecutionEnvironment env = environment();
    env.enableCheckpointing(CHECKPOINT_EVERY.toMillis(), CheckpointingMode.EXACTLY_ONCE);
    Configuration settings = new Configuration();
    settings.set(
        CheckpointingOptions.CHECKPOINTS_DIRECTORY, home.resolve("checkpoints").toUri().toString());
    env.configure(settings);
    StreamTableEnvironment tables =
        StreamTableEnvironment.create(env, EnvironmentSettings.inStreamingMode());
    tables.getConfig().setLocalTimeZone(ZoneOffset.UTC);
    tables.getConfig().set("table.exec.iceberg.use-v2-sink", "true");
    String options =
        spec.properties().entrySet().stream()
            .filter(e -> !e.getKey().equals("type"))
            .map(e -> "'" + e.getKey() + "' = '" + e.getValue() + "'")
            .collect(Collectors.joining(", "));
    tables.executeSql(
        "CREATE CATALOG lake WITH ('type' = 'iceberg',"
            + " 'catalog-impl' = 'org.apache.iceberg.jdbc.JdbcCatalog', "
            + options
            + ")");
    tables.executeSql(
        """
        CREATE TEMPORARY TABLE sales (
          %s,
          kafka_topic STRING METADATA FROM 'topic' VIRTUAL,
          kafka_partition INT METADATA FROM 'partition' VIRTUAL,
          kafka_offset BIGINT METADATA FROM 'offset' VIRTUAL,
          kafka_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
          WATERMARK FOR `at` AS `at` - INTERVAL '10' MINUTE)
        WITH ('connector' = 'kafka', 'topic' = '%s', 'properties.bootstrap.servers' = '%s',
          'scan.startup.mode' = 'earliest-offset', 'format' = 'json',
          'json.timestamp-format.standard' = 'ISO-8601')
        """
            .formatted(LiveWorkload.COLUMNS, source.topic().orElseThrow().name(), brokers));
    StatementSet both = tables.createStatementSet();
    both.addInsertSql(insert(source) + "SELECT * FROM sales");
    both.addInsertSql(insert(output) + workload.sql());
    return both.execute().getJobClient().orElseThrow();
  }

  private static String insert(Dataset dataset) {
    return "INSERT INTO lake." + dataset.table() + " /*+ OPTIONS('distribution-mode' = 'none') */ ";
  }

  private static StreamExecutionEnvironment environment() {
    return StreamExecutionEnvironment.createLocalEnvironment(PARALLELISM, new Configuration());
  }

  private static Table table(Catalog catalog, Dataset dataset) {
    return catalog.loadTable(
        TableIdentifier.of(dataset.table().namespace(), dataset.table().name()));
  }

  private static long rows(Table table) {
    table.refresh();
    Snapshot head = table.currentSnapshot();
    return head == null ? 0 : Long.parseLong(head.summary().getOrDefault("total-records", "0"));
  }
}
