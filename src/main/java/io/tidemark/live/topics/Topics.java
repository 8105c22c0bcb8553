package io.tidemark.live.topics;

import io.tidemark.model.Topic;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What brokers say of topics; nothing is read or changed. Thread-safe. */
public interface Topics extends AutoCloseable {

  /**
   * How far each partition reaches.
   *
   * @return empty if there is no such topic
   * @throws io.tidemark.model.TidemarkException EXTERNAL if no broker answers
   */
  Optional<Extent> extent(Topic topic);

  /**
   * When Kafka took the first record that has not been read yet, of all partitions.
   *
   * @param next the next offset of each partition; those that nothing is to be read from are left
   *     out
   */
  Optional<Instant> oldestUnread(Topic topic, SortedMap<Integer, Long> next);

  /**
   * A topic.
   *
   * @param id Kafka's own; empty if it has none
   * @param partitions by number
   */
  record Extent(Optional<String> id, SortedMap<Integer, Partition> partitions) {
    public Extent {
      partitions = Collections.unmodifiableSortedMap(new TreeMap<>(partitions));
    }

    /**
     * Partitions whose newest record is older than this, and those that never had one; not those of
     * which records wait to be read, however old they are.
     *
     * @param next the next offset to be read of each partition, as far as it is known
     */
    public List<Integer> silentSince(Instant then, SortedMap<Integer, Long> next) {
      return partitions.entrySet().stream()
          .filter(e -> e.getValue().end() <= next.getOrDefault(e.getKey(), e.getValue().begin()))
          .filter(e -> e.getValue().newest().filter(at -> !at.isBefore(then)).isEmpty())
          .map(Map.Entry::getKey)
          .toList();
    }
  }

  /**
   * One partition.
   *
   * @param begin its first offset that can be read
   * @param end the next offset after its last committed record
   * @param newest the greatest time of a record, as far as the broker knows
   */
  record Partition(long begin, long end, Optional<Instant> newest) {}

  @Override
  void close();
}
