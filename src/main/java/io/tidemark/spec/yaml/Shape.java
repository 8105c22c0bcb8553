package io.tidemark.spec.yaml;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The keys that each kind of YAML mapping may have: what the readers accept and what the published
 * JSON Schemas must name.
 */
public enum Shape {
  PIPELINE("name", "description", "datasets", "transforms"),
  DATASET(
      "table",
      "kind",
      "schema",
      "key",
      "event_time",
      "partition",
      "slice",
      "owner",
      "description",
      "tier",
      "expectations",
      "topic"),
  TOPIC("name", "format", "out_of_orderness", "idle_after", "ahead"),
  TRANSFORM("sql", "class", "classpath", "inputs", "lookback", "lookahead", "label", "follows"),
  EXPECTATION(
      "name",
      "severity",
      "not_null",
      "unique",
      "accepted_values",
      "range",
      "references",
      "row_count",
      "conserve",
      "sql",
      "golden"),
  ACCEPTED_VALUES("column", "values"),
  RANGE("column", "min", "max"),
  REFERENCES("column", "dataset", "referenced"),
  ROW_COUNT("min", "max", "per_input"),
  CONSERVE("dataset", "input", "output", "tolerance"),
  CHANGE("description", "datasets"),
  ALLOWED("columns", "where", "relation", "added", "removed", "totals"),
  BOUNDS("min", "max"),
  TOTAL("column", "min", "max"),
  CONFIG("catalog", "flink", "store", "home", "limits", "kafka", "live"),
  CATALOG("name", "type", "properties"),
  FLINK("rest", "parallelism", "job_jar"),
  KAFKA("bootstrap_servers", "properties"),
  LIVE("checkpoint_every", "checkpoints"),
  STORE("url", "user", "password"),
  LIMITS(
      "batch_bytes",
      "max_slices",
      "revert_days",
      "correct_after",
      "correct_at_latest",
      "correct_slices",
      "keep_snapshots");

  private final String keys;

  Shape(String... keys) {
    this.keys = String.join(" ", keys);
  }

  /** In the order in which problems offer them. */
  public List<String> keys() {
    return List.of(keys.split(" ", -1));
  }

  /** The keys of an expectation that name its rule. */
  public static List<String> rules() {
    return EXPECTATION.keys().stream()
        .filter(k -> Stream.of("name", "severity").noneMatch(k::equals))
        .toList();
  }

  /** How a problem names a mapping of this kind: {@code row_count}. */
  String title() {
    return name().toLowerCase(Locale.ROOT);
  }
}
