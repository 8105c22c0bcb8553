package io.tidemark.spec;

import io.tidemark.model.Environment.FlinkEndpoint;
import io.tidemark.model.LiveSpec.Streaming;
import io.tidemark.spec.yaml.Problems;
import io.tidemark.spec.yaml.Shape;
import io.tidemark.spec.yaml.YamlMap;
import io.tidemark.spec.yaml.YamlValue;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.regex.Pattern;

/** Reads the {@code kafka:} and {@code live:} blocks of an environment. */
final class StreamingReader {
  static final Duration CHECKPOINT_EVERY = Duration.ofSeconds(10);

  /** What Flink takes for the shortest. */
  private static final Duration SHORTEST = Duration.ofMillis(10);

  private static final Pattern SERVERS =
      Pattern.compile("[^\\s,:/]+:\\d{1,5}(\\s*,\\s*[^\\s,:/]+:\\d{1,5})*");
  private static final Pattern URI = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:/.*");

  /** A live job decides these itself: what it has read is written in the tables. */
  private static final Set<String> OWN =
      Set.of(
          "bootstrap.servers",
          "auto.offset.reset",
          "enable.auto.commit",
          "isolation.level",
          "key.deserializer",
          "value.deserializer");

  private final Path root;
  private final Path home;
  private final Problems problems;
  private final BiFunction<String, YamlValue, Optional<String>> values;

  /**
   * @param values a value by its key, references replaced and secrets in the clear refused
   */
  StreamingReader(
      Path root,
      Path home,
      Problems problems,
      BiFunction<String, YamlValue, Optional<String>> values) {
    this.root = root;
    this.home = home;
    this.problems = problems;
    this.values = values;
  }

  /** Empty if the environment names no brokers, or if there is a problem. */
  Optional<Streaming> read(YamlMap config, Optional<FlinkEndpoint> flink) {
    Optional<YamlMap> kafka = config.optional("kafka", v -> v.map(Shape.KAFKA));
    Optional<YamlMap> live = config.optional("live", v -> v.map(Shape.LIVE));
    if (!config.has("kafka")) {
      live.ifPresent(
          l ->
              problems.add(
                  config.keys().get("live"),
                  "TM-CONF-006",
                  "'live' has no meaning without 'kafka'",
                  "live jobs read the topics of sources",
                  "add 'kafka:' with 'bootstrap_servers:', or remove 'live:'"));
      return Optional.empty();
    }
    Optional<SortedMap<String, String>> properties = kafka.flatMap(this::properties);
    Duration every =
        live.flatMap(l -> l.optional("checkpoint_every", this::every)).orElse(CHECKPOINT_EVERY);
    Optional<String> folder = checkpoints(config, live, flink);
    return properties.flatMap(p -> folder.map(f -> new Streaming(p, every, f)));
  }

  private Optional<SortedMap<String, String>> properties(YamlMap kafka) {
    SortedMap<String, String> properties = new TreeMap<>();
    kafka
        .find("properties")
        .flatMap(v -> v.anyMap("'properties'"))
        .ifPresent(
            all ->
                all.values()
                    .forEach(
                        (key, value) -> {
                          if (OWN.contains(key)) {
                            own(key, all);
                          } else {
                            values.apply(key, value).ifPresent(v -> properties.put(key, v));
                          }
                        }));
    Optional<String> servers =
        kafka
            .required("bootstrap_servers", v -> values.apply("bootstrap_servers", v))
            .filter(
                text -> {
                  if (SERVERS.matcher(text.strip()).matches()) {
                    return true;
                  }
                  problems.add(
                      kafka.keys().get("bootstrap_servers"),
                      "TM-CONF-004",
                      "'bootstrap_servers' is no list of addresses",
                      "",
                      "write it like kafka-1:9092,kafka-2:9092");
                  return false;
                });
    servers.ifPresent(s -> properties.put("bootstrap.servers", s.strip()));
    return servers.map(s -> properties);
  }

  private void own(String key, YamlMap all) {
    problems.add(
        all.keys().get(key),
        "TM-CONF-007",
        "'" + key + "' cannot be set",
        key.equals("bootstrap.servers")
            ? "'bootstrap_servers' says it"
            : "live jobs read committed records from the offsets that their tables hold",
        "remove it");
  }

  private Optional<Duration> every(YamlValue value) {
    return value
        .duration("'checkpoint_every'")
        .filter(
            every -> {
              if (every.compareTo(SHORTEST) >= 0) {
                return true;
              }
              problems.add(
                  value.where(),
                  "TM-CONF-004",
                  "'checkpoint_every' is shorter than " + SHORTEST,
                  "Flink allows no less",
                  "write it like PT10S");
              return false;
            });
  }

  private Optional<String> checkpoints(
      YamlMap config, Optional<YamlMap> live, Optional<FlinkEndpoint> flink) {
    Optional<YamlValue> value = live.flatMap(l -> l.find("checkpoints"));
    if (value.isPresent()) {
      return values.apply("checkpoints", value.get()).flatMap(text -> folder(value.get(), text));
    }
    if (flink.flatMap(FlinkEndpoint::rest).isPresent()) {
      problems.add(
          config.keys().get(live.isPresent() ? "live" : "kafka"),
          "TM-CONF-008",
          "live jobs on a session cluster need 'live.checkpoints'",
          "the cluster's processes all have to reach the folder",
          "add 'live:' with 'checkpoints:', such as s3://bucket/checkpoints");
      return Optional.empty();
    }
    return Optional.of(home.resolve("checkpoints").toUri().toString());
  }

  private Optional<String> folder(YamlValue value, String text) {
    if (URI.matcher(text).matches()) {
      return Optional.of(text);
    }
    try {
      return Optional.of(root.resolve(text).normalize().toUri().toString());
    } catch (InvalidPathException e) {
      problems.add(
          value.where(),
          "TM-CONF-004",
          "this is no path",
          String.valueOf(e.getReason()),
          "write a folder, or a URI such as s3://bucket/checkpoints");
      return Optional.empty();
    }
  }
}
