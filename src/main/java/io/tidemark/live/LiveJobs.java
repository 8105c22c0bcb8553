package io.tidemark.live;

import io.tidemark.cluster.Cluster;
import io.tidemark.cluster.Cluster.Stopped;
import io.tidemark.cluster.LiveJob;
import io.tidemark.lake.Lake;
import io.tidemark.live.Orders.Found;
import io.tidemark.live.Topics.Extent;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment;
import io.tidemark.model.Facts.SliceFiles;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Graph;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import io.tidemark.release.Claims;
import io.tidemark.store.Store;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import java.util.function.Function;

/**
 * Starts, watches and stops the live job of a pipeline: one Flink job for all of its topics and
 * transforms. Where a job goes on is read from the tables alone, so a start after a crash, after
 * other code and after a stop are the same. Thread-safe.
 */
public final class LiveJobs {
  private static final String MAIN = "main";

  private final Lake lake;
  private final Store store;
  private final Cluster cluster;
  private final Environment environment;
  private final Clock clock;
  private final Whereabouts whereabouts;

  public LiveJobs(Lake lake, Store store, Cluster cluster, Environment environment, Clock clock) {
    this.lake = lake;
    this.store = store;
    this.cluster = cluster;
    this.environment = environment;
    this.clock = clock;
    this.whereabouts = new Whereabouts(environment, cluster);
  }

  /**
   * What is to run.
   *
   * @param selected datasets, with all that they need; empty for all that a topic can reach
   * @param from the slice with which transforms that never ran live begin
   * @param queries the queries of transforms as live jobs run them
   */
  public record Request(
      Graph graph,
      List<DatasetId> selected,
      Optional<String> from,
      Function<List<Transform>, Map<DatasetId, Query>> queries) {
    public Request {
      selected = List.copyOf(selected);
    }
  }

  /**
   * A transform's query as live jobs run it.
   *
   * @param text with its references joined as lookups; empty for a Java class
   * @param problems why there is none
   */
  public record Query(Optional<String> text, List<Problem> problems) {
    public Query {
      problems = List.copyOf(problems);
    }
  }

  /** A job that runs, for as long as this process keeps it from being started twice. */
  public record Started(LiveSpec order, Claims.Claim claim) implements AutoCloseable {
    @Override
    public void close() {
      claim.close();
    }
  }

  /**
   * Starts the job and returns once all of its tasks run.
   *
   * @throws TidemarkException USER with every problem that keeps it from running; REFUSED if it
   *     runs already; EXTERNAL if brokers, catalog or cluster do not answer
   */
  public Started start(Request request) {
    Graph graph = request.graph();
    LiveScope scope = LiveScope.of(graph, request.selected());
    List<Problem> problems = new ArrayList<>(scope.problems());
    if (environment.streaming().isEmpty()) {
      problems.add(noKafka(environment));
    }
    Map<DatasetId, Query> queries = request.queries().apply(scope.transforms());
    queries.values().forEach(q -> problems.addAll(q.problems()));
    if (!problems.isEmpty()) {
      throw TidemarkException.user(problems);
    }
    Claims.Claim claim = new Claims(store, clock).take(Set.of(claim(graph.name())));
    try {
      requireNone(graph.name());
      LiveSpec order = order(graph, scope, request.from(), queries, streaming());
      cluster.start(order);
      whereabouts.note(order.name());
      return new Started(order, claim);
    } catch (RuntimeException e) {
      claim.close();
      throw e;
    }
  }

  private static String claim(String name) {
    return LiveSpec.key(name);
  }

  private LiveSpec.Streaming streaming() {
    return streaming(environment);
  }

  /**
   * How live jobs of an environment run.
   *
   * @throws TidemarkException USER if it names no Kafka
   */
  public static LiveSpec.Streaming streaming(Environment environment) {
    return environment.streaming().orElseThrow(() -> TidemarkException.user(noKafka(environment)));
  }

  private static Problem noKafka(Environment environment) {
    return Problem.of(
        "TM-LIVE-100",
        "environment '" + environment.name() + "' names no Kafka",
        "live jobs read topics",
        "add 'kafka:' with 'bootstrap_servers' to config/" + environment.name() + ".yaml");
  }

  private void requireNone(String name) {
    Optional<LiveJob> job = whereabouts.find(LiveSpec.key(name));
    if (job.filter(j -> !j.state().isOver()).isPresent()) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-LIVE-116",
              "live job '" + name + "' runs already",
              "two at once would fence each other off",
              "stop it first, or leave it: tidemark live status"));
    }
  }

  private LiveSpec order(
      Graph graph,
      LiveScope scope,
      Optional<String> from,
      Map<DatasetId, Query> queries,
      LiveSpec.Streaming streaming) {
    Map<DatasetId, Optional<Extent>> topics = topics(scope, streaming.kafka());
    for (Dataset source : scope.sources()) {
      topics.get(source.id()).ifPresent(e -> lake.ensure(source));
    }
    scope.transforms().forEach(t -> lake.ensure(graph.dataset(t.output())));
    Map<DatasetId, Found> tables = tables(graph, scope);
    Orders orders = new Orders(graph, scope, tables);
    Map<DatasetId, SortedMap<Integer, Long>> offsets = orders.offsets(topics);
    Map<DatasetId, Optional<Long>> openFrom = orders.openFrom(from);
    Map<DatasetId, Optional<Instant>> history = orders.history(openFrom);
    long epoch = orders.epoch();
    return new LiveSpec(
        graph.name(),
        graph.name() + "-" + epoch + "-" + UUID.randomUUID().toString().substring(0, 8),
        epoch,
        environment.catalog(),
        streaming,
        scope.sources().stream()
            .map(
                s ->
                    new LiveSpec.Source(
                        s,
                        LiveSpec.Source.Mode.INGEST,
                        LiveSpec.deadLetters(s.table()),
                        tables.get(s.id()).mark(),
                        tables.get(s.id()).head(),
                        offsets.get(s.id()),
                        history.get(s.id())))
            .toList(),
        references(scope),
        scope.transforms().stream()
            .map(t -> task(graph, t, queries.get(t.output()).text(), tables, openFrom))
            .toList());
  }

  private static LiveSpec.Task task(
      Graph graph,
      Transform transform,
      Optional<String> query,
      Map<DatasetId, Found> tables,
      Map<DatasetId, Optional<Long>> openFrom) {
    Dataset output = graph.dataset(transform.output());
    return new LiveSpec.Task(
        transform,
        query,
        JobSpec.Output.of(output, MAIN, SliceSet.empty(output.layout().slice())),
        LiveSpec.late(output.table()),
        tables.get(output.id()).mark(),
        openFrom.get(output.id()));
  }

  private List<JobSpec.Input> references(LiveScope scope) {
    List<JobSpec.Input> inputs = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    for (Dataset reference : scope.references()) {
      Optional<Long> head = lake.head(reference.table(), MAIN);
      if (head.isEmpty()) {
        problems.add(
            Problem.of(
                "TM-LIVE-117",
                "reference '" + reference.id() + "' holds nothing",
                "every lookup in it would find no row",
                "load it first: tidemark load " + reference.id() + " FILE..."));
      } else {
        inputs.add(JobSpec.Input.of(reference, head.get(), TimeRanges.ALL));
      }
    }
    if (!problems.isEmpty()) {
      throw TidemarkException.user(problems);
    }
    return inputs;
  }

  private static Map<DatasetId, Optional<Extent>> topics(
      LiveScope scope, SortedMap<String, String> kafka) {
    Map<DatasetId, Optional<Extent>> found = new HashMap<>();
    try (Topics topics = new KafkaTopics(kafka)) {
      for (Dataset source : scope.sources()) {
        found.put(source.id(), topics.extent(source.topic().orElseThrow()));
      }
    }
    return found;
  }

  private Map<DatasetId, Found> tables(Graph graph, LiveScope scope) {
    Map<DatasetId, Found> tables = new HashMap<>();
    List<Dataset> all = new ArrayList<>(scope.sources());
    scope.transforms().forEach(t -> all.add(graph.dataset(t.output())));
    for (Dataset dataset : all) {
      // The mark first: what is committed in between makes the job's first commit be refused.
      Optional<LiveMark> mark = lake.liveMark(dataset.table(), MAIN);
      Optional<TableFacts> facts = lake.facts(dataset, Set.of());
      tables.put(
          dataset.id(),
          new Found(
              mark,
              facts.flatMap(TableFacts::head).orElse(0L),
              SliceSet.ofOrdinals(
                  dataset.layout().slice(),
                  facts.map(TableFacts::inventory).orElse(List.of()).stream()
                      .filter(f -> f.rows() > 0)
                      .mapToLong(SliceFiles::ordinal))));
    }
    return tables;
  }

  /** Whether the job of a pipeline is still there, in whatever state but over. */
  public boolean isRunning(String name) {
    return whereabouts.find(LiveSpec.key(name)).filter(j -> !j.state().isOver()).isPresent();
  }

  /**
   * Stops the job of a pipeline after a last commit, wherever it runs. Its open slices stay its
   * own: the next start goes on with them.
   */
  public Stopped stop(String name) {
    String key = LiveSpec.key(name);
    Stopped how = whereabouts.stop(key, savepoints(streaming().checkpoints()));
    whereabouts.forget(name);
    return how;
  }

  /** Notes what live tables say of their jobs where no engine's snapshot expiry takes it away. */
  public void remember(Graph graph) {
    tables(graph).forEach(d -> lake.remember(d.table()));
  }

  /**
   * Gives the open slices of a pipeline's tables to runs, until a live job is started again.
   *
   * @throws TidemarkException REFUSED if the job runs
   */
  public void release(Graph graph) {
    requireNone(graph.name());
    for (Dataset dataset : tables(graph)) {
      if (dataset.kind() == Dataset.Kind.DERIVED) {
        lake.releaseLive(dataset);
      }
    }
  }

  private static List<Dataset> tables(Graph graph) {
    return graph.datasets().stream()
        .filter(d -> d.topic().isPresent() || d.kind() == Dataset.Kind.DERIVED)
        .toList();
  }

  private static String savepoints(String checkpoints) {
    return checkpoints + (checkpoints.endsWith("/") ? "" : "/") + "stopping";
  }

  /** How the job of a pipeline does; also of one that never ran. */
  public LiveStatus status(Graph graph) {
    Optional<LiveJob> job = whereabouts.find(LiveSpec.key(graph.name()));
    try (Topics topics = new KafkaTopics(streaming().kafka())) {
      return new Statuses(lake, clock, topics).of(graph, job);
    }
  }
}
