package io.tidemark.live;

import io.tidemark.cluster.Cluster;
import io.tidemark.cluster.Cluster.Stopped;
import io.tidemark.cluster.LiveJob;
import io.tidemark.lake.Lake;
import io.tidemark.live.place.Waiting;
import io.tidemark.live.place.Whereabouts;
import io.tidemark.live.time.Deadline;
import io.tidemark.live.topics.KafkaTopics;
import io.tidemark.live.topics.Topics;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.Problem;
import io.tidemark.model.RunId;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import io.tidemark.release.Claims;
import io.tidemark.release.Reverter;
import io.tidemark.store.Store;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Starts, watches and stops the live job of a pipeline, or of a part of it: one Flink job for all
 * of its topics and transforms. Where a job goes on is read from the tables alone, so a start after
 * a crash, after other code and after a stop are the same. Thread-safe.
 */
public final class LiveJobs {
  /** The codes of a start that may have to wait for a commit of the job that it follows. */
  public static final Set<String> TO_WAIT_FOR = Set.of(Orders.NEVER_LIVE, Orders.OPEN_AGAIN);

  /** Tasks may wait for slots, and classes for a cluster that never had them. */
  private static final Duration START = Duration.ofMinutes(5);

  /** The code of a start beside a job that runs. */
  public static final String RUNS_ALREADY = "TM-LIVE-116";

  private final Supplier<Lake> lakes;
  private final Store store;
  private final Cluster cluster;
  private final Environment environment;
  private final Clock clock;
  private final Whereabouts whereabouts;

  /**
   * @param lakes gives the lake, opened when it is needed first: what runs is known without it
   */
  public LiveJobs(
      Supplier<Lake> lakes, Store store, Cluster cluster, Environment environment, Clock clock) {
    this.lakes = lakes;
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
   * @param change of a shadow, the expected change that differences are held against
   * @param acceptedGaps partitions, as TOPIC/NUMBER, of which what expired unread is passed over
   * @param queries the queries of transforms as live jobs run them
   */
  public record Request(
      Graph graph,
      List<DatasetId> selected,
      Optional<String> from,
      Optional<String> change,
      List<String> acceptedGaps,
      Function<List<Transform>, Map<DatasetId, Query>> queries) {
    public Request {
      selected = List.copyOf(selected);
      acceptedGaps = List.copyOf(acceptedGaps);
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
   * Starts the job of one side and returns once all of its tasks run. A shadow of the same code
   * goes on with its branch; one of other code begins a new one.
   *
   * @throws TidemarkException USER with every problem that keeps it from running; REFUSED if it
   *     runs already; EXTERNAL if brokers, catalog or cluster do not answer
   */
  public Started start(Side side, Request request) {
    Graph graph = request.graph();
    LiveScope scope = LiveScope.of(graph, request.selected());
    Map<DatasetId, Query> queries = queries(side, request, scope);
    String name = side.of(graph.name());
    Claims claims = new Claims(store, clock);
    try (Claims.Claim starting = claims.take(Set.of(starting(name)))) {
      starting.check();
      return start(side, request, scope, queries, claims.take(Set.of(LiveSpec.key(name))));
    }
  }

  /** What a start holds until there is a job that can be found and stopped. */
  private static String starting(String name) {
    return "start of " + LiveSpec.key(name);
  }

  private Started start(
      Side side,
      Request request,
      LiveScope scope,
      Map<DatasetId, Query> queries,
      Claims.Claim claim) {
    Graph graph = request.graph();
    String name = side.of(graph.name());
    try {
      requireNone(name);
      if (side == Side.SHADOW) {
        Swap.forgetDone(store, graph.name());
        boolean same = Ran.find(store, name).filter(r -> r.isSame(request)).isPresent();
        new Branches(lake()).prepare(graph, scope, same ? Branches.Mode.KEPT : Branches.Mode.NEW);
      }
      LiveSpec order =
          new Starter(lake(), environment, side).order(request, scope, queries, streaming());
      ReferenceLeases leases = note(request, order);
      cluster.start(order);
      leases.only(graph, order);
      whereabouts.note(name);
      return new Started(order, claim);
    } catch (RuntimeException e) {
      claim.close();
      throw e;
    }
  }

  /**
   * The order that a start would be, for somebody else to start. It is good until a live job of
   * these tables commits something: then its first commit is refused, and its job ends.
   *
   * @throws TidemarkException as {@link #start}
   */
  public LiveSpec order(Request request) {
    LiveScope scope = LiveScope.of(request.graph(), request.selected());
    Map<DatasetId, Query> queries = queries(Side.MAIN, request, scope);
    String name = request.graph().name();
    try (Claims.Claim claim = new Claims(store, clock).take(Set.of(LiveSpec.key(name)))) {
      requireNone(name);
      LiveSpec order =
          new Starter(lake(), environment, Side.MAIN).order(request, scope, queries, streaming());
      claim.check();
      note(request, order);
      return order;
    }
  }

  private Map<DatasetId, Query> queries(Side side, Request request, LiveScope scope) {
    List<Problem> problems = new ArrayList<>(scope.problems());
    if (environment.streaming().isEmpty()) {
      problems.add(noKafka(environment));
    }
    Map<DatasetId, Query> queries = request.queries().apply(scope.transforms());
    queries.values().forEach(q -> problems.addAll(q.problems()));
    if (side == Side.SHADOW && !scope.followed().isEmpty()) {
      problems.add(noShadow(request.graph()));
    }
    if (!problems.isEmpty()) {
      throw TidemarkException.user(problems);
    }
    return queries;
  }

  /** Keeps what others have to know of a job that is about to run. */
  private ReferenceLeases note(Request request, LiveSpec order) {
    Ran.of(request, order, clock.instant()).keep(store, order.name(), clock.instant());
    ReferenceLeases leases = new ReferenceLeases(lake());
    leases.take(order, clock.instant());
    return leases;
  }

  private static Problem noShadow(Graph graph) {
    return Problem.of(
        "TM-LIVE-126",
        "live job '" + graph.name() + "' follows a table and cannot have a shadow",
        "its shadow would close slices from other snapshots of that table than it does itself",
        "stop it, and start it with the new code; then make what it closed anew with tidemark run");
  }

  /**
   * Makes sure that no other live job makes what a part would make: the start would take the tables
   * away from it, and it would end.
   *
   * @param names of live jobs that may run, the part's own apart
   * @throws TidemarkException REFUSED if one does
   */
  public void requireUnmade(Graph part, List<String> names) {
    for (String name : names) {
      List<DatasetId> made =
          name.equals(part.name())
              ? List.of()
              : Ran.find(store, name).map(Shadows::made).orElse(List.of());
      Optional<DatasetId> both =
          made.stream().filter(id -> part.transformOf(id).isPresent()).findFirst();
      if (both.isPresent() && isRunning(name)) {
        throw TidemarkException.refused(
            Problem.of(
                "TM-LIVE-127",
                "live job '" + name + "' makes '" + both.get() + "' now",
                "it was started before 'follows' was changed in jobs/, and '"
                    + part.name()
                    + "' would take the table away from it",
                "stop both, then start them: tidemark live stop, tidemark live start"));
      }
    }
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
    if (isRunning(name)) {
      throw TidemarkException.refused(
          Problem.of(
              RUNS_ALREADY,
              "live job '" + name + "' runs already",
              "two at once would fence each other off",
              "stop it first, or leave it: tidemark live status"));
    }
  }

  /** Whether the job of a side is still there, in whatever state but over. */
  public boolean isRunning(Side side, String pipeline) {
    return isRunning(side.of(pipeline));
  }

  private boolean isRunning(String name) {
    return whereabouts.find(LiveSpec.key(name)).filter(j -> !j.state().isOver()).isPresent();
  }

  /**
   * Stops the job of a pipeline after a last commit, wherever it runs. Its open slices stay its
   * own: the next start goes on with them. A start that is under way in another process is waited
   * for: there is nothing yet that could be stopped.
   *
   * @throws TidemarkException EXTERNAL if a start does not come to its end
   */
  public Stopped stop(Side side, String pipeline) {
    String name = side.of(pipeline);
    String key = LiveSpec.key(name);
    Deadline end = Deadline.in(START);
    Stopped how = whereabouts.stop(key, savepoints(streaming().checkpoints()));
    while (how == Stopped.NOT_RUNNING && Claims.isElsewhere(store, clock, starting(name))) {
      if (end.isOver()) {
        throw TidemarkException.external(
            Problem.of(
                "TM-LIVE-137",
                "live job '" + name + "' is being started, and cannot be stopped yet",
                "for " + START.toMinutes() + " minutes there was no job that could be stopped",
                "look at the process that starts it, or stop that one: tidemark live status"),
            null);
      }
      Waiting.pause();
      how = whereabouts.stop(key, savepoints(streaming().checkpoints()));
    }
    whereabouts.forget(name);
    return how;
  }

  /** Notes what live tables say of their jobs where no engine's snapshot expiry takes it away. */
  public void remember(Graph graph) {
    tables(graph).forEach(d -> lake().remember(d.table()));
  }

  /**
   * Gives the open slices of a pipeline's tables to runs, until a live job is started again.
   *
   * @throws TidemarkException REFUSED if the job runs
   */
  public void release(Graph graph) {
    requireNone(graph.name());
    new ReferenceLeases(lake()).none(graph, graph.name());
    for (Dataset dataset : tables(graph)) {
      if (dataset.kind() == Dataset.Kind.DERIVED) {
        lake().releaseLive(dataset);
      }
    }
  }

  private static List<Dataset> tables(Graph graph) {
    return graph.datasets().stream()
        .filter(d -> d.topic().isPresent() || graph.transformOf(d.id()).isPresent())
        .toList();
  }

  private static String savepoints(String checkpoints) {
    return checkpoints + (checkpoints.endsWith("/") ? "" : "/") + "stopping";
  }

  /** Ends a shadow for good, and a grace period with it: its branches go. */
  public void drop(Graph graph) {
    requireNone(Side.SHADOW.of(graph.name()));
    new Branches(lake()).drop(graph);
    new ReferenceLeases(lake()).none(graph, Side.SHADOW.of(graph.name()));
    Ran.forget(store, Side.SHADOW.of(graph.name()));
    Swap.forgetDone(store, graph.name());
  }

  /**
   * How the job of a pipeline does, with its shadow; also of one that never ran. While tables
   * cannot be read, only what the cluster tells of both.
   */
  public LiveStatus status(Graph graph) {
    Optional<LiveJob> job = whereabouts.find(LiveSpec.key(graph.name()));
    Optional<Ran> ran = Ran.find(store, Side.SHADOW.of(graph.name()));
    Optional<LiveJob> shadow = ran.flatMap(r -> whereabouts.find(shadowKey(graph)));
    Optional<Instant> grace = ran.flatMap(r -> Swap.grace(store, graph.name(), r));
    try (Topics topics = new KafkaTopics(streaming().kafka())) {
      LiveStatus status = new Statuses(lake(), clock, topics).of(graph, job);
      Shadows shadows = new Shadows(lake(), new Lags(clock, topics));
      return ran.map(r -> status.with(shadows.status(r, grace, job, shadow))).orElse(status);
    } catch (TidemarkException e) {
      if (e.category() != TidemarkException.Category.EXTERNAL) {
        throw e;
      }
      LiveStatus status = Statuses.unread(graph.name(), clock, job, e.problems().get(0));
      return ran.map(r -> status.with(Shadows.unread(r, grace, shadow))).orElse(status);
    }
  }

  private Lake lake() {
    return lakes.get();
  }

  private static String shadowKey(Graph graph) {
    return LiveSpec.key(Side.SHADOW.of(graph.name()));
  }

  /** Compares every slice that the shadow and main have closed and that is not compared yet. */
  public void compare(Graph graph) {
    Ran.find(store, Side.SHADOW.of(graph.name()))
        .filter(ran -> Swap.grace(store, graph.name(), ran).isEmpty())
        .ifPresent(
            ran -> {
              Comparisons comparisons = new Comparisons(lake(), ran.graph(), ran.change());
              for (Comparisons.Standing standing : comparisons.standings(Shadows.made(ran))) {
                comparisons.compare(standing, cluster, environment.catalog());
              }
            });
  }

  Duration checkpointEvery() {
    return streaming().checkpointEvery();
  }

  /**
   * Waits until the shadow has read everything that the tables of sources hold.
   *
   * @return false if it does not run, or does not come so far
   */
  boolean catchUp(Ran ran, Duration patience) {
    Deadline end = Deadline.in(patience);
    String key = shadowKey(ran.graph());
    while (!end.isOver()) {
      Optional<LiveJob> shadow = whereabouts.find(key);
      if (shadow.isEmpty() || shadow.get().state().isOver()) {
        return false;
      } else if (hasRead(ran, shadow.get())) {
        return true;
      }
      Waiting.pause();
    }
    return false;
  }

  private boolean hasRead(Ran ran, LiveJob shadow) {
    for (Dataset source : LiveScope.of(ran.graph(), ran.selected()).sources()) {
      SortedMap<Integer, Long> read = Lags.read(shadow, source.id(), ran.offsets());
      for (Map.Entry<Integer, Long> held : Lags.committed(lake(), source).entrySet()) {
        if (read.getOrDefault(held.getKey(), 0L) < held.getValue()) {
          return false;
        }
      }
    }
    return true;
  }

  /** The datasets that the live job was started with other code for than this; names alone. */
  public List<DatasetId> otherCode(Graph graph) {
    return Ran.find(store, graph.name())
        .map(
            ran ->
                ran.graph().transforms().stream()
                    .filter(
                        t ->
                            graph
                                .transformOf(t.output())
                                .filter(
                                    now ->
                                        now.analysis()
                                            .fingerprint()
                                            .equals(t.analysis().fingerprint()))
                                .isEmpty())
                    .map(Transform::output)
                    .toList())
        .orElse(List.of());
  }

  /** Takes back what a promotion published, as far as no later publish is in the way. */
  void undo(Graph graph, RunId run) {
    if (store.findRun(run).isPresent()) {
      new Reverter(lake(), store, clock).revert(graph, run, Reverter.Scope.ALL);
    }
  }

  /**
   * Publishes what the shadow and main have closed, as a run that can be reverted.
   *
   * @return whether there was anything to publish
   */
  boolean publish(RunId run, Ran ran) {
    return new ShadowPublication(lake(), store, cluster, environment.catalog(), clock)
        .run(run, ran);
  }
}
