package io.tidemark.model;

import java.util.List;
import java.util.Objects;

/**
 * An Iceberg table that the graph names.
 *
 * @param key the columns that identify a row; empty only for a source or reference without one
 */
public record Dataset(
    DatasetId id,
    Kind kind,
    TableRef table,
    Schema schema,
    List<String> key,
    Layout layout,
    Governance governance) {

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
  }
}
