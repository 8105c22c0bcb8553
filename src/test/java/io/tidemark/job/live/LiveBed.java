package io.tidemark.job.live;

import static org.awaitility.Awaitility.await;

import io.tidemark.model.Analysis;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Location;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import io.tidemark.model.Topic;
import io.tidemark.model.Transform;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.KafkaBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.util.SnapshotUtil;

/** A lake, a broker's topics, and live jobs between them. */
final class LiveBed implements AutoCloseable {
  private final JobBed bed;
  private final KafkaBroker kafka;
  private final Path checkpoints;
  private final List<JobClient> jobs = new ArrayList<>();

  LiveBed(Path dir, KafkaBroker kafka) {
    this.bed = JobBed.open(dir);
    this.kafka = kafka;
    this.checkpoints = dir.resolve("checkpoints");
  }

  JobBed bed() {
    return bed;
  }

  /** A source with a topic of the same name; columns as {@link JobBed#dataset} takes them. */
  Dataset source(String name, int partitions, String eventTime, String... columns) {
    return source(name, partitions, eventTime, Duration.ofSeconds(2), columns);
  }

  /** The same, with a time after which silent partitions are not waited for. */
  Dataset source(
      String name, int partitions, String eventTime, Duration idleAfter, String... columns) {
    kafka.createTopic(name, partitions);
    List<String> all = new ArrayList<>(List.of(columns));
    all.add(Topic.TOPIC_COLUMN + " STRING");
    all.add(Topic.PARTITION_COLUMN + " INT");
    all.add(Topic.OFFSET_COLUMN + " BIGINT");
    all.add(Topic.TIME_COLUMN + " TIMESTAMP_LTZ(6)");
    Layout layout = JobBed.sliced(eventTime, Grain.HOUR, Grain.HOUR);
    Dataset table = bed.dataset(name, layout, all.toArray(String[]::new));
    return new Dataset(
        table.id(),
        Dataset.Kind.SOURCE,
        table.table(),
        table.schema(),
        table.key(),
        table.layout(),
        table.governance(),
        Optional.of(
            new Topic(
                name, Topic.Format.JSON, Duration.ofMinutes(10), idleAfter, Duration.ofDays(1))));
  }

  void send(Dataset source, int partition, Instant kafkaTime, String json) {
    kafka.send(source.topic().orElseThrow().name(), partition, "k", json, kafkaTime);
  }

  LiveSpec spec(List<LiveSpec.Source> sources, List<JobSpec.Input> references, LiveSpec.Task... t) {
    TreeMap<String, String> properties = new TreeMap<>();
    properties.put("bootstrap.servers", kafka.bootstrap());
    return new LiveSpec(
        "pipeline",
        UUID.randomUUID().toString(),
        1,
        bed.fixture().spec(),
        new LiveSpec.Streaming(properties, Duration.ofMillis(500), checkpoints.toUri().toString()),
        sources,
        references,
        List.of(t));
  }

  /** A source as a job takes it that nothing has run before. */
  LiveSpec.Source ingest(Dataset source) {
    return ingest(source, Optional.empty());
  }

  /** The same, of a topic with this id. */
  LiveSpec.Source ingest(Dataset source, Optional<String> topicId) {
    return new LiveSpec.Source(
        source,
        LiveSpec.Source.Mode.INGEST,
        deadLetters(source),
        Optional.empty(),
        0,
        new TreeMap<>(),
        Optional.empty(),
        topicId,
        kafka.endOffsets(source.topic().orElseThrow().name()).size());
  }

  /**
   * The table of a dataset that another job makes, as a job takes it that begins with what closes
   * next.
   */
  LiveSpec.Source follow(Dataset dataset) {
    return follow(dataset, Optional.empty());
  }

  /** The same, with what has closed since a time as history. */
  LiveSpec.Source follow(Dataset dataset, Optional<Instant> from) {
    Table table = bed.fixture().table(dataset.table());
    long head = table.currentSnapshot() == null ? 0 : table.currentSnapshot().snapshotId();
    Optional<LiveMark> mark = Optional.empty();
    for (Snapshot snapshot : SnapshotUtil.currentAncestors(table)) {
      mark = mark.or(() -> StampSummary.readMark(snapshot.summary()));
    }
    TreeMap<Integer, Long> next = new TreeMap<>();
    mark.flatMap(LiveMark::openFrom).ifPresent(open -> next.put(0, open));
    return new LiveSpec.Source(
        dataset,
        LiveSpec.Source.Mode.FOLLOW,
        deadLetters(dataset),
        mark,
        head,
        next,
        from.filter(
            at ->
                !next.isEmpty()
                    && at.isBefore(dataset.layout().slice().start(next.firstEntry().getValue()))),
        Optional.empty(),
        1);
  }

  /**
   * The next start of a job, from what its tables say: offsets, history and open slices are those
   * of the newest marks.
   */
  LiveSpec again(LiveSpec before) {
    List<LiveSpec.Task> tasks = new ArrayList<>();
    Optional<Instant> from = Optional.empty();
    for (LiveSpec.Task t : before.tasks()) {
      Optional<LiveMark> mark = newest(t.output().table());
      Optional<Long> open = mark.flatMap(LiveMark::openFrom);
      tasks.add(
          new LiveSpec.Task(
              t.transform(),
              t.query(),
              t.output(),
              t.late(),
              mark,
              bed.fixture().head(t.output().table()),
              open));
      boolean readsTopic =
          before.sources().stream()
              .anyMatch(s -> t.transform().inputs().contains(s.dataset().id()));
      if (readsTopic) {
        Instant needed =
            open.map(o -> t.output().layout().slice().start(o))
                .map(i -> i.minus(t.transform().window().lookback()))
                .orElse(Instant.MIN);
        from = Optional.of(from.filter(f -> f.isBefore(needed)).orElse(needed));
      }
    }
    List<LiveSpec.Source> sources = new ArrayList<>();
    for (LiveSpec.Source s : before.sources()) {
      if (s.mode() == LiveSpec.Source.Mode.FOLLOW) {
        sources.add(follow(s.dataset(), from));
        continue;
      }
      LiveMark mark = newest(s.dataset().table()).orElseThrow();
      TreeMap<Integer, Long> offsets = new TreeMap<>();
      for (LiveMark earlier : marks(s.dataset().table())) {
        earlier
            .ranges()
            .get(s.dataset().id())
            .partitions()
            .forEach((p, r) -> offsets.put(p, r.to()));
      }
      sources.add(
          new LiveSpec.Source(
              s.dataset(),
              s.mode(),
              s.deadLetters(),
              Optional.of(mark),
              bed.fixture().head(s.dataset().table()),
              offsets,
              from,
              Optional.empty(),
              s.partitions()));
    }
    return new LiveSpec(
        before.name(),
        UUID.randomUUID().toString(),
        before.epoch() + 1,
        before.catalog(),
        before.streaming(),
        sources,
        before.references(),
        tasks);
  }

  private Optional<LiveMark> newest(TableRef table) {
    List<LiveMark> marks = marks(table);
    return marks.isEmpty() ? Optional.empty() : Optional.of(marks.get(marks.size() - 1));
  }

  static TableRef deadLetters(Dataset source) {
    return LiveSpec.deadLetters(source.table());
  }

  static TableRef late(Dataset output) {
    return TableRef.parse(output.table() + "_late");
  }

  static LiveSpec.Task sql(Dataset output, String query, Optional<String> live, String... inputs) {
    return task(output, new Transform.Sql(query), live, inputs);
  }

  static LiveSpec.Task task(
      Dataset output, Transform.Logic logic, Optional<String> live, String... inputs) {
    Transform transform =
        new Transform(
            output.id(),
            logic,
            java.util.Arrays.stream(inputs).map(DatasetId::of).toList(),
            Transform.Window.EXACT,
            "1",
            JobBed.analysis(Analysis.Locality.SHUFFLED),
            new Location("jobs/t.sql", 1, 1));
    return new LiveSpec.Task(
        transform,
        live,
        JobSpec.Output.of(output, "main", SliceSet.empty(output.layout().slice())),
        late(output),
        Optional.empty(),
        0,
        Optional.empty());
  }

  JobClient start(LiveSpec spec, int parallelism) throws Exception {
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(parallelism, new Configuration());
    LiveComposer.compose(spec, env);
    return started(env.executeAsync(spec.key()));
  }

  /** A job to end with the bed. */
  JobClient started(JobClient job) {
    jobs.add(job);
    return job;
  }

  /** Waits for a condition while the job runs; says why if it does not run any more. */
  void until(JobClient job, Callable<Boolean> condition) {
    await()
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(200))
        .until(
            () -> {
              if (job.getJobStatus().get().isTerminalState()) {
                job.getJobExecutionResult().get();
                throw new IllegalStateException("the job ended");
              }
              return condition.call();
            });
  }

  void stop(JobClient job) throws Exception {
    job.cancel().get();
    await().atMost(Duration.ofMinutes(5)).until(() -> job.getJobExecutionResult().isDone());
    jobs.remove(job);
  }

  /** The marks of a table's commits, oldest first. */
  List<LiveMark> marks(TableRef table) {
    return summaries(table).stream().flatMap(s -> StampSummary.readMark(s).stream()).toList();
  }

  /** The stamps of a live job's commits, oldest first. */
  List<Stamp> stamps(TableRef table) {
    return summaries(table).stream().flatMap(s -> StampSummary.read(s).stream()).toList();
  }

  private List<Map<String, String>> summaries(TableRef ref) {
    List<Map<String, String>> summaries = new ArrayList<>();
    if (bed.fixture().catalog().tableExists(io.tidemark.testing.LakeFixture.identifier(ref))) {
      for (Snapshot snapshot : bed.fixture().table(ref).snapshots()) {
        summaries.add(snapshot.summary());
      }
    }
    return summaries;
  }

  /** The slices with rows that live commits closed; those without may be before all rows. */
  Map<Long, Stamp.SliceDigest> closed(Dataset dataset) {
    Map<Long, Stamp.SliceDigest> closed = new TreeMap<>();
    for (Stamp stamp : stamps(dataset.table())) {
      if (stamp.kind() == Stamp.Kind.LIVE) {
        stamp.content().slices().stream()
            .filter(s -> s.rows() > 0)
            .forEach(s -> closed.put(s.ordinal(), s));
      }
    }
    return closed;
  }

  /**
   * The closed slices, and those that were closing when a checkpoint was given up, which main does
   * not answer for: after a start, when the end of the history ends tasks, Flink may give one up.
   */
  Set<Long> told(Dataset dataset) {
    Set<Long> told = new TreeSet<>(closed(dataset).keySet());
    marks(dataset.table()).stream()
        .flatMap(m -> m.doubts().stream())
        .filter(d -> d.reason().equals("a checkpoint was given up while it closed"))
        .forEach(d -> d.slices().forEach(told::add));
    return told;
  }

  @Override
  public void close() {
    for (JobClient job : jobs) {
      try {
        if (!job.getJobStatus().get().isTerminalState()) {
          job.cancel().get();
        }
      } catch (Exception e) {
        // The cluster of the job is gone, and so is the job.
      }
    }
    bed.close();
  }
}
