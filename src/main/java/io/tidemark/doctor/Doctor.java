package io.tidemark.doctor;

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
import java.util.function.Supplier;

/**
 * Looks at every part of an environment. What is wrong with one part is a finding and keeps nobody
 * from looking at the others. Leaves nothing behind.
 */
public final class Doctor {
  private final Environment environment;
  private final Supplier<List<Finding>> catalog;
  private final Clock clock;

  /**
   * @param catalog tries the catalog out
   */
  public Doctor(Environment environment, Supplier<List<Finding>> catalog, Clock clock) {
    this.environment = environment;
    this.catalog = catalog;
    this.clock = clock;
  }

  /**
   * All findings, part by part.
   *
   * @param graph reads jobs/, which names topics
   */
  public List<Finding> examine(Supplier<Graph> graph) {
    List<Finding> findings = new ArrayList<>();
    findings.add(home(environment.home()));
    findings.addAll(catalog.get());
    findings.addAll(Stores.examine(environment.store(), clock));
    findings.addAll(Clusters.examine(environment.cluster()));
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
