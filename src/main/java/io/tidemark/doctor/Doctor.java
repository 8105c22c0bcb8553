package io.tidemark.doctor;

import io.tidemark.cluster.Cluster;
import io.tidemark.cluster.Clusters;
import io.tidemark.live.topics.TopicProbe;
import io.tidemark.model.Dataset;
import io.tidemark.model.Environment;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Topic;
import io.tidemark.model.Transform;
import io.tidemark.model.doctor.Finding;
import io.tidemark.model.doctor.Sandbox;
import io.tidemark.store.Stores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Looks at every part of an environment. What is wrong with one part is a finding and keeps nobody
 * from looking at the others. Leaves nothing behind.
 */
public final class Doctor {
  private final Environment environment;
  private final CatalogTrial catalog;
  private final Supplier<Cluster> cluster;
  private final Clock clock;

  /**
   * @param catalog tries the catalog out
   * @param cluster opens what jobs run on
   */
  public Doctor(
      Environment environment, CatalogTrial catalog, Supplier<Cluster> cluster, Clock clock) {
    this.environment = environment;
    this.catalog = catalog;
    this.cluster = cluster;
    this.clock = clock;
  }

  /** Tries a catalog out on tables that are thrown away. */
  @FunctionalInterface
  public interface CatalogTrial {
    /**
     * @param further tries more on one of those tables; not called if none could be made
     */
    List<Finding> examine(Consumer<Sandbox> further);
  }

  /**
   * All findings, part by part.
   *
   * @param graph reads jobs/, which names topics
   */
  public List<Finding> examine(Supplier<Graph> graph) {
    List<Finding> findings = new ArrayList<>();
    // First: what embedded databases lie in is made with it.
    findings.add(home(environment.home()));
    List<Finding> flink = Clusters.examine(environment.cluster());
    JobTrial trial = new JobTrial(environment, cluster);
    List<Finding> job = new ArrayList<>();
    List<Finding> tables =
        catalog.examine(
            sandbox -> {
              if (flink.stream().noneMatch(f -> f.level() == Finding.Level.FAIL)) {
                job.addAll(trial.run(sandbox));
              }
            });
    if (job.isEmpty()) {
      job.add(
          Finding.warn(
              "flink",
              "no job was run to try out what tasks need",
              "mend what failed first, then examine again"));
    }
    findings.addAll(tables);
    findings.addAll(Stores.examine(environment.store(), clock));
    findings.addAll(flink);
    findings.addAll(job);
    findings.addAll(checkpoints());
    findings.addAll(topics(graph));
    return findings;
  }

  private static Finding home(Path home) {
    try {
      Files.createDirectories(home);
      Files.delete(Files.createTempFile(home, "doctor-", ".tmp"));
      return Finding.ok("home", "local state can be kept in " + home);
    } catch (IOException e) {
      return Finding.fail(
          "home",
          "local state cannot be kept in " + home + ": " + e.getClass().getSimpleName(),
          "let this user write there, or name another folder as 'home' in the environment file");
    }
  }

  /** Machines of a cluster share no folders unless somebody made them. */
  private List<Finding> checkpoints() {
    return environment
        .streaming()
        .filter(s -> environment.cluster().rest().isPresent())
        .filter(s -> s.checkpoints().startsWith("/") || s.checkpoints().startsWith("file:"))
        .map(
            s ->
                List.of(
                    Finding.warn(
                        "flink",
                        "live jobs keep checkpoints in a folder: " + s.checkpoints(),
                        "have every machine of the cluster see that folder, or use an object"
                            + " store")))
        .orElse(List.of());
  }

  private List<Finding> topics(Supplier<Graph> graph) {
    Optional<LiveSpec.Streaming> streaming = environment.streaming();
    if (streaming.isEmpty()) {
      return List.of(Finding.ok("kafka", "the environment names none, so nothing runs live"));
    }
    return Finding.of(
        "kafka", () -> TopicProbe.examine(streaming.get().kafka(), retention(graph.get())));
  }

  /** By topic, the longest slice that is made from it, with what is read around it. */
  static Map<Topic, Duration> retention(Graph graph) {
    Map<Topic, Duration> needed = new LinkedHashMap<>();
    for (Dataset source : graph.datasets()) {
      source
          .topic()
          .ifPresent(
              topic -> {
                Duration longest = length(source.layout().slice());
                for (Transform transform : graph.transforms()) {
                  if (graph.topicsBehind(transform.output()).contains(source.id())) {
                    Duration reach =
                        length(graph.dataset(transform.output()).layout().slice())
                            .plus(transform.window().lookback())
                            .plus(transform.window().lookahead());
                    longest = reach.compareTo(longest) > 0 ? reach : longest;
                  }
                }
                needed.merge(topic, longest, (a, b) -> a.compareTo(b) > 0 ? a : b);
              });
    }
    return needed;
  }

  /** Zero for the one slice of tables without event time. */
  private static Duration length(Grain grain) {
    if (grain == Grain.ALL) {
      return Duration.ZERO;
    }
    long any = grain.ordinal(Instant.parse("2001-01-01T00:00:00Z"));
    return Duration.between(grain.start(any), grain.start(any + 1));
  }
}
