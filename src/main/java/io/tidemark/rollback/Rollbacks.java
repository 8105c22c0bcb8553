package io.tidemark.rollback;

import io.tidemark.lake.Lake;
import io.tidemark.lake.Lake.Past;
import io.tidemark.live.LiveJobs;
import io.tidemark.live.Side;
import io.tidemark.live.parts.Parts;
import io.tidemark.live.place.Waiting;
import io.tidemark.live.time.Deadline;
import io.tidemark.model.Dataset;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.rollback.Setback;
import io.tidemark.model.rollback.Terms;
import io.tidemark.release.Claims;
import io.tidemark.store.Store;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Rolls tables back so that nothing that a live job read is lost or doubled afterwards. Idempotent:
 * what was broken off is completed by the same call.
 */
public final class Rollbacks {
  /** How long a live job that was stopped may take to let go of its table. */
  private static final Duration LETTING_GO = Duration.ofMinutes(2);

  private final Lake lake;
  private final Store store;
  private final LiveJobs jobs;
  private final Retention retention;
  private final Clock clock;

  /**
   * @param kafka how topics are reached; empty if the environment names no Kafka
   */
  public Rollbacks(
      Lake lake, Store store, LiveJobs jobs, Optional<LiveSpec.Streaming> kafka, Clock clock) {
    this.lake = lake;
    this.store = store;
    this.jobs = jobs;
    this.retention = new Retention(kafka);
    this.clock = clock;
  }

  /**
   * What is asked for.
   *
   * @param graph the pipeline, which may or may not name the table
   * @param to a snapshot's number, a tag, or a time
   * @param expectedHead the snapshot that main is believed to be at
   */
  public record Request(
      Graph graph, TableRef table, String to, long expectedHead, Terms.Live live) {
    Optional<Dataset> dataset() {
      return graph.datasets().stream().filter(d -> d.table().equals(table)).findFirst();
    }

    private boolean writes(String job) {
      return dataset().filter(d -> !Parts.of(graph, d.id()).name().equals(job)).isEmpty();
    }

    /** The live jobs that write the table or follow it, those that follow first. */
    List<String> jobs() {
      return dataset()
          .map(
              d ->
                  Stream.concat(
                          Parts.following(graph, d.id()).stream(),
                          Stream.of(Parts.of(graph, d.id())))
                      .map(Graph::name)
                      .distinct()
                      .toList())
          .orElse(List.of(graph.name()));
    }

    /** Whether a live job of the pipeline may write the table. */
    boolean isLive() {
      boolean topics = graph.datasets().stream().anyMatch(d -> d.topic().isPresent());
      return dataset()
          .filter(d -> d.topic().isPresent() || (topics && d.kind() == Dataset.Kind.DERIVED))
          .isPresent();
    }
  }

  /**
   * What a rollback would do. Changes nothing.
   *
   * @throws TidemarkException REFUSED if something stands against it; USER if there is no such
   *     snapshot; EXTERNAL if catalog, cluster or brokers do not answer
   */
  public Setback look(Request request) {
    requireStopped(request);
    return weighed(request);
  }

  /**
   * Rolls back: the table in one conditional commit, then what goes back with it.
   *
   * @throws TidemarkException as {@link #look}; REFUSED also if another process works on the table
   */
  public Setback go(Request request, Lake.Reason reason) {
    requireStopped(request);
    weighed(request);
    if (request.isLive() && request.live() == Terms.Live.REREAD) {
      request.jobs().forEach(name -> jobs.stop(Side.MAIN, name));
    }
    try (Claims.Claim claim = claim(request)) {
      claim.check();
      Setback setback = weighed(request);
      lake.rollback(request.table(), setback.to(), setback.from(), reason);
      for (Setback.Companion companion : setback.companions()) {
        lake.rollback(TableRef.parse(companion.table()), companion.to(), companion.from(), reason);
      }
      return setback;
    }
  }

  /** A live job that was stopped just now lets go of its lease soon after. */
  private Claims.Claim claim(Request request) {
    TreeSet<String> names = new TreeSet<>();
    names.add("table " + request.table());
    if (request.isLive()) {
      request.jobs().forEach(name -> names.add(LiveSpec.key(name)));
    }
    Deadline end = Deadline.in(LETTING_GO);
    while (true) {
      try {
        return new Claims(store, clock).take(names);
      } catch (TidemarkException e) {
        boolean mayWait =
            request.live() == Terms.Live.REREAD
                && e.category() == TidemarkException.Category.REFUSED
                && !end.isOver();
        if (!mayWait) {
          throw e;
        }
        Waiting.pause();
      }
    }
  }

  private void requireStopped(Request request) {
    if (!request.isLive()) {
      return;
    }
    request.jobs().forEach(name -> requireStopped(request, name));
  }

  private void requireStopped(Request request, String pipeline) {
    if (jobs.isRunning(Side.SHADOW, pipeline)) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-ROLLBACK-003",
              "a shadow of live job '" + pipeline + "' runs, which reads what would be gone",
              "what it made of it would be published later, from snapshots that main no longer has",
              "drop it first, or promote it: tidemark live shadow --help"));
    }
    if (request.live() == Terms.Live.NONE && jobs.isRunning(Side.MAIN, pipeline)) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-ROLLBACK-004",
              "live job '"
                  + pipeline
                  + (request.writes(pipeline) ? "' writes table '" : "' follows table '")
                  + request.table()
                  + "'",
              "a rollback under it would end it, and what it is to read again has to be decided",
              "stop it first (tidemark live stop), or add '--live reread': it is stopped, and its"
                  + " next start reads what is rolled back from the topics again"));
    }
  }

  private Setback weighed(Request request) {
    Past past =
        lake.past(request.table())
            .orElseThrow(
                () ->
                    TidemarkException.user(
                        Problem.of(
                            "TM-ROLLBACK-005",
                            "there is no table '" + request.table() + "'",
                            "the catalog does not have it",
                            "name a dataset, or a table as namespace.name")));
    long to = Target.of(request.table(), past, request.to());
    long from = from(request, past, to);
    Weighing weighing = new Weighing(lake, request, past, from, to);
    Setback setback = weighing.setback();
    if (setback.live().filter(l -> l.lost() > 0).isPresent()) {
      request
          .dataset()
          .filter(d -> d.topic().isPresent())
          .ifPresent(d -> retention.require(d, weighing.nextOffsets(d)));
    }
    return setback;
  }

  /** Main's head, if it is what the caller may take it for. */
  private static long from(Request request, Past past, long to) {
    long head = past.head().orElse(0L);
    if (head == request.expectedHead()) {
      return head;
    } else if (head == to) {
      // Done before, as far as the table goes; what goes with it may be left to do.
      return request.expectedHead();
    }
    Lines lines = new Lines(past);
    boolean liveAlone =
        request.live() == Terms.Live.REREAD
            && lines.to(head).stream().anyMatch(c -> c.snapshot() == request.expectedHead())
            && lines.without(head, request.expectedHead()).stream()
                .allMatch(c -> c.said().mark().isPresent());
    if (!liveAlone) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-LAKE-061",
              "table '"
                  + request.table()
                  + "' is at snapshot "
                  + head
                  + " and not at "
                  + request.expectedHead(),
              "somebody committed since you looked; rolling back would drop that commit too",
              "look at the table again and repeat with the head that you then expect"));
    }
    return head;
  }
}
