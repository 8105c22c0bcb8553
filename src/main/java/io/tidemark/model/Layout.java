package io.tidemark.model;

import java.util.Objects;
import java.util.Optional;

/**
 * How a table is laid out in event time.
 *
 * @param eventTime the column (TIMESTAMP, TIMESTAMP_LTZ or DATE) that places a row in a slice;
 *     empty exactly when {@code slice} is {@link Grain#ALL}
 * @param partition the Iceberg time partition of the event-time column; {@link Grain#ALL} for an
 *     unpartitioned table
 * @param slice the unit of work, never finer than the partition
 */
public record Layout(Optional<String> eventTime, Grain partition, Grain slice) {
  public Layout {
    Objects.requireNonNull(eventTime, "eventTime");
    Objects.requireNonNull(partition, "partition");
    Objects.requireNonNull(slice, "slice");
  }

  public static Layout unsliced() {
    return new Layout(Optional.empty(), Grain.ALL, Grain.ALL);
  }
}
