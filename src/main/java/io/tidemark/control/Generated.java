package io.tidemark.control;

import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What made-up events were sent.
 *
 * @param pipeline they are for
 * @param topics how many to each
 * @param seed gives the same events again, with the same start
 * @param from event time of the first
 * @param to until when, in event time, they were sent
 */
public record Generated(
    String pipeline, SortedMap<String, Long> topics, long seed, Instant from, Instant to)
    implements Report {

  public Generated {
    topics = Collections.unmodifiableSortedMap(new TreeMap<>(topics));
  }

  /** Over all topics. */
  public long events() {
    return topics.values().stream().mapToLong(n -> n).sum();
  }

  @Override
  public <T> T accept(Visitor<T> visitor) {
    return visitor.generated(this);
  }
}
