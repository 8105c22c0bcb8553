package io.tidemark.spec.yaml;

import io.tidemark.model.Location;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** A YAML mapping: values by key, in the order they are written. */
public final class YamlMap {
  private final Location where;
  private final Map<String, YamlValue> values;
  private final Map<String, Location> keys;
  private final Problems problems;

  YamlMap(
      Location where,
      Map<String, YamlValue> values,
      Map<String, Location> keys,
      Problems problems) {
    this.where = where;
    this.values = values;
    this.keys = keys;
    this.problems = problems;
  }

  /** Where the mapping begins. */
  public Location where() {
    return where;
  }

  /** The place of every key, in the file's order. */
  public Map<String, Location> keys() {
    return Collections.unmodifiableMap(keys);
  }

  /** Every value by its key, in the file's order. */
  public Map<String, YamlValue> values() {
    return Collections.unmodifiableMap(values);
  }

  /** Whether the key is there, with whatever value. */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /** The value of a key; empty without one. */
  public Optional<YamlValue> find(String key) {
    return Optional.ofNullable(values.get(key));
  }

  /** Reads a key that may be missing. */
  public <T> Optional<T> optional(String key, Function<YamlValue, Optional<T>> read) {
    return find(key).flatMap(read);
  }

  /** Reads a key that must be there. */
  public <T> Optional<T> required(String key, Function<YamlValue, Optional<T>> read) {
    if (!values.containsKey(key)) {
      problems.add(where, "TM-YAML-015", "key '" + key + "' is missing", "", "add '" + key + ":'");
    }
    return optional(key, read);
  }

  /** A short text, or nothing. */
  public String textOrEmpty(String key) {
    return optional(key, v -> v.text("'" + key + "'")).map(Located::value).orElse("");
  }
}
