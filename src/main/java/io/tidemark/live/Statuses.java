package io.tidemark.live;

import io.tidemark.cluster.LiveJob;
import io.tidemark.cluster.LiveJob.Metric;
import io.tidemark.lake.Lake;
import io.tidemark.live.parts.Parts;
import io.tidemark.live.time.Clocks;
import io.tidemark.live.topics.Topics;
import io.tidemark.live.topics.Topics.Extent;
import io.tidemark.live.topics.Topics.Unread;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts.SliceFiles;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Governance;
import io.tidemark.model.Graph;
import io.tidemark.model.Layout;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.LiveStatus.Checkpoints;
import io.tidemark.model.LiveStatus.FollowedStatus;
import io.tidemark.model.LiveStatus.Health;
import io.tidemark.model.LiveStatus.Lag;
import io.tidemark.model.LiveStatus.Pressure;
import io.tidemark.model.LiveStatus.SourceStatus;
import io.tidemark.model.LiveStatus.State;
import io.tidemark.model.LiveStatus.TaskStatus;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Topic;
import io.tidemark.model.Transform;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Puts together how a live job does. */
final class Statuses {
  private static final String MAIN = Side.MAIN.branch();

  private static final Governance UNGOVERNED =
      new Governance(Governance.Tier.STANDARD, "", "", List.of());

  private final Lake lake;
  private final Clock clock;
  private final Topics topics;
  private final Lags lags;

  Statuses(Lake lake, Clock clock, Topics topics) {
    this.lake = lake;
    this.clock = clock;
    this.topics = topics;
    this.lags = new Lags(clock, topics);
  }

  /** The newest mark of a table. */
  private record Marked(Dataset dataset, Optional<LiveMark> mark) {}

  LiveStatus of(Graph graph, Optional<LiveJob> job) {
    List<Marked> sources = new ArrayList<>();
    List<Marked> tasks = new ArrayList<>();
    for (Dataset dataset : graph.datasets()) {
      if (dataset.topic().isPresent()) {
        sources.add(marked(dataset));
      }
    }
    for (Transform transform : graph.transforms()) {
      Marked output = marked(graph.dataset(transform.output()));
      if (output.mark().isPresent()) {
        tasks.add(output);
      }
    }
    List<Marked> all = new ArrayList<>(sources);
    all.addAll(tasks);
    Optional<LiveMark> newest = newest(all.stream().flatMap(m -> m.mark().stream()));
    return new LiveStatus(
        graph.name(),
        clocked(health(job, newest), job, clock),
        checkpoints(job, newest, clock),
        pressure(job),
        sources.stream().map(s -> source(s, job)).toList(),
        tasks.stream().map(this::task).toList(),
        Parts.followed(graph).stream().map(id -> followed(graph.dataset(id))).toList(),
        Optional.empty());
  }

  private FollowedStatus followed(Dataset dataset) {
    return new FollowedStatus(
        dataset.id(),
        marked(dataset).mark().flatMap(LiveMark::openFrom).map(dataset.layout().slice()::label));
  }

  /**
   * The mark that says most about the job as a whole. Tables do not commit at every checkpoint, and
   * only those of transforms are released: one of them tells, however far a source's mark is.
   */
  static Optional<LiveMark> newest(Stream<LiveMark> marks) {
    return marks.max(
        Comparator.comparing(LiveMark::epoch)
            .thenComparing(LiveMark::phase)
            .thenComparing(LiveMark::checkpoint));
  }

  private Marked marked(Dataset dataset) {
    return new Marked(dataset, lake.liveMark(dataset.table(), MAIN));
  }

  static Health health(Optional<LiveJob> job, Optional<LiveMark> newest) {
    if (job.isEmpty()) {
      String reason =
          newest
              .map(
                  m ->
                      m.phase() == LiveMark.Phase.RELEASED
                          ? "released its slices at checkpoint " + m.checkpoint()
                          : "last checkpoint " + m.checkpoint() + " of start " + m.epoch())
              .orElse("never started");
      return new Health(State.NOT_RUNNING, reason, Optional.empty(), 0);
    }
    LiveJob now = job.get();
    String failure = now.restarts().failure().map(LiveJob.Failure::reason).orElse("");
    Optional<Instant> since = Optional.of(now.since());
    long restarts = now.restarts().count();
    return switch (now.state()) {
      case STARTING -> new Health(State.STARTING, failure, since, restarts);
      case RESTARTING -> new Health(State.RESTARTING, failure, since, restarts);
      case ENDING -> new Health(State.STOPPING, "", since, restarts);
      case FAILED -> new Health(State.FAILED, failure, since, restarts);
      case CANCELLED, FINISHED -> new Health(State.NOT_RUNNING, "stopped", since, restarts);
      case RUNNING -> running(now, since, restarts);
    };
  }

  private static Health running(LiveJob job, Optional<Instant> since, long restarts) {
    Optional<Instant> waiting =
        job.metrics("tidemark.commits_waiting_since_ms").stream()
            .filter(m -> m.max() > 0)
            .map(m -> Instant.ofEpochMilli((long) m.max()))
            .findFirst();
    return waiting.isPresent()
        ? new Health(
            State.COMMITS_WAITING,
            Clocks.isBehindTable(job)
                ? "its machine's clock is behind the newest commit of a table"
                : "catalog, storage or brokers do not answer",
            waiting,
            restarts)
        : new Health(State.RUNNING, "", since, restarts);
  }

  private static Health clocked(Health health, Optional<LiveJob> job, Clock clock) {
    String odd = job.map(j -> Clocks.odd(j, clock.instant())).orElse("");
    String both = health.reason().isEmpty() || odd.isEmpty() ? "" : "; ";
    return new Health(
        health.state(), health.reason() + both + odd, health.since(), health.restarts());
  }

  /** What the cluster tells of a job, while its tables cannot be read. */
  static LiveStatus unread(String name, Clock clock, Optional<LiveJob> job, Problem why) {
    String unread = "its tables cannot be read: " + why.what() + ": " + why.why();
    Health health = clocked(health(job, Optional.empty()), job, clock);
    String reason = job.isEmpty() || health.reason().isEmpty() ? "" : health.reason() + "; ";
    return new LiveStatus(
        name,
        new Health(health.state(), reason + unread, health.since(), health.restarts()),
        checkpoints(job, Optional.empty(), clock),
        pressure(job),
        List.of(),
        List.of());
  }

  private static Optional<Pressure> pressure(Optional<LiveJob> job) {
    return job.flatMap(LiveJob::pressure).map(p -> new Pressure(p.vertex(), p.ratio()));
  }

  private static Checkpoints checkpoints(
      Optional<LiveJob> job, Optional<LiveMark> newest, Clock clock) {
    long epoch = newest.map(LiveMark::epoch).orElse(0L);
    long failed = job.map(j -> j.checkpoints().failed()).orElse(0L);
    long conflicts =
        job.stream()
            .flatMap(j -> j.metrics("tidemark.commit_conflicts").stream())
            .mapToLong(m -> (long) m.sum())
            .sum();
    return job.flatMap(j -> j.checkpoints().last())
        .map(
            c ->
                new Checkpoints(
                    epoch,
                    c.id(),
                    Optional.of(Lags.age(c.at(), clock)),
                    c.bytes(),
                    c.took(),
                    failed,
                    conflicts))
        .orElse(
            new Checkpoints(
                epoch,
                newest.map(LiveMark::checkpoint).orElse(0L),
                Optional.empty(),
                0,
                Duration.ZERO,
                failed,
                conflicts));
  }

  private SourceStatus source(Marked source, Optional<LiveJob> job) {
    Topic topic = source.dataset().topic().orElseThrow();
    DatasetId id = source.dataset().id();
    Optional<Extent> extent = extent(topic);
    Optional<Unread> unread =
        extent.map(e -> lags.unread(topic, Lags.committed(lake, source.dataset()), e));
    return new SourceStatus(
        id,
        topic.name(),
        job.flatMap(j -> watermark(j, id)),
        unread.map(u -> lags.behind(u, extent.orElseThrow())).orElse(Lag.UNKNOWN),
        rows(LiveSpec.deadLetters(source.dataset().table())),
        unread
            .filter(u -> !topic.idleAfter().isZero())
            .map(
                u ->
                    extent
                        .orElseThrow()
                        .silentSince(clock.instant().minus(topic.idleAfter()), u.next()))
            .orElse(List.of()),
        topic.idleAfter());
  }

  private Optional<Extent> extent(Topic topic) {
    try {
      return topics.extent(topic);
    } catch (TidemarkException e) {
      // The status says what it knows; that no broker answers, it says by knowing no lag.
      return Optional.empty();
    }
  }

  /** Flink puts an underscore in place of what is unusual in an operator's name. */
  private static Optional<Instant> watermark(LiveJob job, DatasetId source) {
    String name = "take_" + source.value() + ".tidemark.source_watermark_ms";
    return job.metrics(name).stream()
        .mapToDouble(Metric::min)
        .filter(ms -> ms > 0 && ms < 253_402_300_800_000.0)
        .mapToObj(ms -> Instant.ofEpochMilli((long) ms))
        .findFirst();
  }

  private TaskStatus task(Marked task) {
    Dataset dataset = task.dataset();
    Layout layout = dataset.layout();
    Optional<TableFacts> facts = lake.facts(dataset, Set.of());
    SliceSet present =
        SliceSet.ofOrdinals(
            layout.slice(),
            facts.map(TableFacts::inventory).orElse(List.of()).stream()
                .filter(f -> f.rows() > 0)
                .mapToLong(SliceFiles::ordinal));
    LiveMark mark = task.mark().orElseThrow();
    SliceSet doubted = SliceSet.empty(layout.slice());
    for (LiveMark.Doubt doubt :
        facts.flatMap(TableFacts::live).map(LiveMark::doubts).orElse(List.of())) {
      doubted = doubted.union(doubt.slices());
    }
    return new TaskStatus(
        dataset.id(),
        mark.openFrom().map(layout.slice()::label),
        mark.open(present),
        rows(LiveSpec.late(dataset.table())),
        doubted);
  }

  /** The rows of a table that is only appended to. */
  private long rows(TableRef table) {
    return lake.schema(table)
        .flatMap(
            schema ->
                lake.facts(
                    new Dataset(
                        DatasetId.of("letters"),
                        Dataset.Kind.SOURCE,
                        table,
                        schema,
                        List.of(),
                        Layout.unsliced(),
                        UNGOVERNED),
                    Set.of()))
        .map(f -> f.inventory().stream().mapToLong(SliceFiles::rows).sum())
        .orElse(0L);
  }
}
