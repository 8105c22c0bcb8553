package io.tidemark.model;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * An Iceberg table that the graph names.
 *
 * @param key the columns that identify a row; empty only for a source or reference without one
 * @param topic where a source's events come from, if a live job is to bring them
 */
public record Dataset(
    DatasetId id,
    Kind kind,
    TableRef table,
    Schema schema,
    List<String> key,
    Layout layout,
    Governance governance,
    Optional<Topic> topic) {

  /** Where a dataset's rows come from. */
  public enum Kind {
    /** Raw events, appended from outside. */
    SOURCE,
    /** Slow-changing lookup data, replaced from outside. */
    REFERENCE,
    /** Written by a transform of this graph. */
    DERIVED
  }

  public Dataset {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(table, "table");
    Objects.requireNonNull(schema, "schema");
    key = List.copyOf(key);
    Objects.requireNonNull(layout, "layout");
    Objects.requireNonNull(governance, "governance");
    Objects.requireNonNull(topic, "topic");
  }

  /** A dataset without a topic. */
  public Dataset(
      DatasetId id,
      Kind kind,
      TableRef table,
      Schema schema,
      List<String> key,
      Layout layout,
      Governance governance) {
    this(id, kind, table, schema, key, layout, governance, Optional.empty());
  }
}
