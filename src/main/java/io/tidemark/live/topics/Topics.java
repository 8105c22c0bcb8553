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
   * What waits to be read. Takes a look at the records, since offsets alone do not tell: the end of
   * a transaction has one, and so have the records of one that was aborted.
   *
   * @param next the next offset of each partition, as far as it is known
   * @param extent of this topic
   * @throws io.tidemark.model.TidemarkException EXTERNAL if no broker answers
   */
  Unread unread(Topic topic, SortedMap<Integer, Long> next, Extent extent);

  /**
   * What waits to be read of a topic.
   *
   * @param next of each partition the first record that waits, or its end if there is none
   * @param oldest when Kafka took the oldest of these records
   */
  record Unread(SortedMap<Integer, Long> next, Optional<Instant> oldest) {
    public Unread {
      next = Collections.unmodifiableSortedMap(new TreeMap<>(next));
    }

    /** Where nobody took a look: each partition from the next offset on, or from its first. */
    public static Unread unseen(SortedMap<Integer, Long> next, Extent extent) {
      SortedMap<Integer, Long> from = new TreeMap<>();
      extent
          .partitions()
          .forEach((p, part) -> from.put(p, Math.max(part.begin(), next.getOrDefault(p, 0L))));
      return new Unread(from, Optional.empty());
    }

    /** Offsets from there to the end of a topic. */
    public long offsets(Extent extent) {
      return extent.partitions().entrySet().stream()
          .mapToLong(e -> Math.max(0, e.getValue().end() - next.get(e.getKey())))
          .sum();
    }
  }

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
