package io.tidemark.bench;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The command line of {@link Bench}: pairs of {@code --name value}. */
final class Options {
  private static final Set<String> NAMES =
      Set.of(
          "input",
          "airports",
          "years",
          "rounds",
          "work",
          "heap",
          "spark",
          "only",
          "contenders",
          "workloads",
          "live-workloads",
          "records",
          "jvm");

  private final Map<String, String> values;

  private Options(Map<String, String> values) {
    this.values = values;
  }

  static Options parse(String[] args) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < args.length; i += 2) {
      String name = args[i].replaceFirst("^--", "");
      if (!NAMES.contains(name) || i + 1 == args.length) {
        throw new IllegalArgumentException("Cannot read option '" + args[i] + "'; known: " + NAMES);
      }
      values.put(name, args[i + 1]);
    }
    return new Options(values);
  }

  Path input() {
    return path("input", "jobs/flights/data/flights.parquet");
  }

  Path airports() {
    return path("airports", "jobs/flights/data/airports.csv");
  }

  Path work() {
    return path("work", "target/bench-work");
  }

  int years() {
    return Integer.parseInt(values.getOrDefault("years", "1"));
  }

  int rounds() {
    return Integer.parseInt(values.getOrDefault("rounds", "2"));
  }

  String heap() {
    return values.getOrDefault("heap", "3g");
  }

  /** Where the Spark peer was compiled; without it Spark does not take part. */
  Optional<Path> spark() {
    return Optional.ofNullable(values.get("spark")).map(Path::of);
  }

  /** An option for the JVMs of P8, such as one that starts a recording; WHO is who it is. */
  Optional<String> jvm() {
    return Optional.ofNullable(values.get("jvm"));
  }

  List<Workload> workloads() {
    return Arrays.stream(values.getOrDefault("workloads", "W1,W2,W2D").split(","))
        .map(Workload::valueOf)
        .toList();
  }

  List<LiveWorkload> liveWorkloads() {
    return Arrays.stream(values.getOrDefault("live-workloads", "ROWS,SUMS").split(","))
        .map(LiveWorkload::valueOf)
        .toList();
  }

  /** In the topic of P8. */
  long records() {
    return Long.parseLong(values.getOrDefault("records", "1000000"));
  }

  boolean wants(String measure) {
    return isListed("only", measure);
  }

  boolean takesPart(String contender) {
    return isListed("contenders", contender);
  }

  private boolean isListed(String option, String value) {
    String list = values.get(option);
    return list == null || Arrays.asList(list.split(",")).contains(value);
  }

  private Path path(String name, String otherwise) {
    return Path.of(values.getOrDefault(name, otherwise)).toAbsolutePath().normalize();
  }
}
