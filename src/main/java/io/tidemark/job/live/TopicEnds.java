package io.tidemark.job.live;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Asks brokers whether partitions of a topic hold anything that is not read yet. Positions and ends
 * cannot be compared alone: transactions leave offsets at the end that no record has, so where they
 * differ a look is taken. A thread of its own does it; only the close waits for it.
 */
final class TopicEnds implements AutoCloseable {
  private static final int CALL_MILLIS = 4_000;
  private static final Duration LOOK = Duration.ofMillis(200);

  /** Enough to see that there is a record; a broker sends at least one, whatever its size. */
  private static final int FETCH_BYTES = 1024;

  private final String topic;
  private final Properties properties;
  private final ExecutorService thread;
  private KafkaConsumer<byte[], byte[]> consumer;

  TopicEnds(String topic, SortedMap<String, String> kafka) {
    this.topic = topic;
    this.properties = new Properties();
    properties.put("default.api.timeout.ms", CALL_MILLIS);
    properties.put("request.timeout.ms", CALL_MILLIS / 2);
    properties.putAll(kafka);
    properties.remove("group.id");
    properties.put("enable.auto.commit", "false");
    properties.put("isolation.level", "read_committed");
    properties.put("auto.offset.reset", "none");
    properties.put("max.partition.fetch.bytes", FETCH_BYTES);
    this.thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread made = new Thread(work, "ends of " + topic);
              made.setDaemon(true);
              return made;
            });
  }

  /**
   * Those of some partitions that held no committed record at or behind a position when the broker
   * was asked.
   *
   * @param positions the next offset to read; negative for the first there is
   * @return fails where a broker does not answer
   */
  CompletableFuture<Set<Integer>> readToTheEnd(SortedMap<Integer, Long> positions) {
    SortedMap<Integer, Long> asked = new TreeMap<>(positions);
    return CompletableFuture.supplyAsync(() -> ask(asked), thread);
  }

  private Set<Integer> ask(SortedMap<Integer, Long> positions) {
    if (consumer == null) {
      consumer =
          new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
    Map<TopicPartition, Long> wanted = new HashMap<>();
    positions.forEach((p, next) -> wanted.put(new TopicPartition(topic, p), next));
    Map<TopicPartition, Long> ends = consumer.endOffsets(wanted.keySet());
    Map<TopicPartition, Long> begins = consumer.beginningOffsets(wanted.keySet());
    wanted.replaceAll((p, next) -> next < 0 ? begins.get(p) : next);
    Set<Integer> atEnd = new TreeSet<>();
    Set<TopicPartition> open = new HashSet<>();
    ends.forEach(
        (p, end) -> {
          if (end <= wanted.get(p)) {
            atEnd.add(p.partition());
          } else {
            open.add(p);
          }
        });
    look(open, wanted, ends, atEnd);
    return atEnd;
  }

  private void look(
      Set<TopicPartition> open,
      Map<TopicPartition, Long> wanted,
      Map<TopicPartition, Long> ends,
      Set<Integer> atEnd) {
    consumer.assign(open);
    open.forEach(p -> consumer.seek(p, wanted.get(p)));
    long deadline = System.nanoTime() + Duration.ofMillis(CALL_MILLIS).toNanos();
    while (!open.isEmpty() && System.nanoTime() < deadline) {
      for (ConsumerRecord<byte[], byte[]> waiting : consumer.poll(LOOK)) {
        TopicPartition p = new TopicPartition(waiting.topic(), waiting.partition());
        if (open.remove(p)) {
          consumer.pause(Set.of(p));
        }
      }
      for (TopicPartition p : Set.copyOf(open)) {
        if (consumer.position(p) >= ends.get(p)) {
          atEnd.add(p.partition());
          open.remove(p);
          consumer.pause(Set.of(p));
        }
      }
    }
    consumer.unsubscribe();
  }

  @Override
  public void close() {
    thread.execute(
        () -> {
          if (consumer != null) {
            consumer.close();
          }
        });
    thread.shutdown();
  }
}
