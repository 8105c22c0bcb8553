package io.tidemark.live.topics;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Brokers over Kafka's own clients, which are made when they are first needed. */
public final class KafkaTopics implements Topics {
  private static final int CALL_MILLIS = 10_000;
  private static final Duration POLL = Duration.ofSeconds(3);

  /** Enough to see a record's time; the broker sends at least one record whatever its size. */
  private static final int FETCH_BYTES = 1024;

  private final SortedMap<String, String> properties;
  private Admin admin;

  public KafkaTopics(SortedMap<String, String> properties) {
    this.properties = properties;
  }

  @Override
  public Optional<Extent> extent(Topic topic) {
    try {
      TopicDescription described =
          answer(admin().describeTopics(Set.of(topic.name())).allTopicNames()).get(topic.name());
      Set<TopicPartition> partitions =
          described.partitions().stream()
              .map(p -> new TopicPartition(topic.name(), p.partition()))
              .collect(Collectors.toSet());
      Map<TopicPartition, ListOffsetsResultInfo> begin = list(partitions, OffsetSpec.earliest());
      Map<TopicPartition, ListOffsetsResultInfo> end = list(partitions, OffsetSpec.latest());
      Map<TopicPartition, ListOffsetsResultInfo> newest =
          list(partitions, OffsetSpec.maxTimestamp());
      SortedMap<Integer, Partition> found = new TreeMap<>();
      for (TopicPartition p : partitions) {
        found.put(
            p.partition(),
            new Partition(
                begin.get(p).offset(),
                end.get(p).offset(),
                Optional.of(newest.get(p).timestamp())
                    .filter(at -> at >= 0)
                    .map(Instant::ofEpochMilli)));
      }
      return Optional.of(
          new Extent(
              Optional.of(described.topicId())
                  .filter(id -> !id.equals(Uuid.ZERO_UUID))
                  .map(Uuid::toString),
              found));
    } catch (KafkaException e) {
      if (e instanceof UnknownTopicOrPartitionException || e instanceof InvalidTopicException) {
        return Optional.empty();
      }
      throw silent(e);
    }
  }

  /**
   * For how long a topic keeps records; empty if for ever, or as much as fits.
   *
   * @throws TidemarkException EXTERNAL if the broker does not tell
   */
  Optional<Duration> retention(Topic topic) {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
    try {
      ConfigEntry entry =
          answer(admin().describeConfigs(Set.of(resource)).all())
              .get(resource)
              .get(TopicConfig.RETENTION_MS_CONFIG);
      return Optional.ofNullable(entry)
          .map(e -> Long.parseLong(e.value()))
          .filter(millis -> millis >= 0)
          .map(Duration::ofMillis);
    } catch (KafkaException e) {
      throw silent(e);
    }
  }

  private Map<TopicPartition, ListOffsetsResultInfo> list(
      Set<TopicPartition> partitions, OffsetSpec which) {
    Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
    partitions.forEach(p -> wanted.put(p, which));
    return answer(
        admin().listOffsets(wanted, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED)).all());
  }

  /** Throws what the broker said, unwrapped. */
  private <T> T answer(KafkaFuture<T> future) {
    try {
      return future.get(CALL_MILLIS * 2L, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException told ? told : silent(e.getCause());
    } catch (TimeoutException e) {
      throw silent(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw silent(e);
    }
  }

  @Override
  public Unread unread(Topic topic, SortedMap<Integer, Long> next, Extent extent) {
    Unread unseen = Unread.unseen(next, extent);
    SortedMap<Integer, Long> from = new TreeMap<>(unseen.next());
    Map<TopicPartition, Long> open = new HashMap<>();
    extent
        .partitions()
        .forEach(
            (p, part) -> {
              if (part.end() > from.get(p)) {
                open.put(new TopicPartition(topic.name(), p), part.end());
              }
            });
    return open.isEmpty() ? unseen : look(open, from);
  }

  private Unread look(Map<TopicPartition, Long> open, SortedMap<Integer, Long> from) {
    Properties consumer = clients();
    consumer.put("isolation.level", "read_committed");
    consumer.put("enable.auto.commit", "false");
    consumer.put("auto.offset.reset", "earliest");
    consumer.put("max.partition.fetch.bytes", FETCH_BYTES);
    consumer.remove("group.id");
    try (KafkaConsumer<byte[], byte[]> reader =
        new KafkaConsumer<>(consumer, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      reader.assign(open.keySet());
      open.keySet().forEach(p -> reader.seek(p, from.get(p.partition())));
      Set<TopicPartition> unseen = new HashSet<>(open.keySet());
      Optional<Instant> oldest = Optional.empty();
      long deadline = System.nanoTime() + POLL.toNanos();
      while (!unseen.isEmpty() && System.nanoTime() < deadline) {
        for (ConsumerRecord<byte[], byte[]> found : reader.poll(Duration.ofMillis(200))) {
          TopicPartition p = new TopicPartition(found.topic(), found.partition());
          Instant at = Instant.ofEpochMilli(found.timestamp());
          if (unseen.remove(p)) {
            reader.pause(Set.of(p));
            from.put(p.partition(), found.offset());
            oldest = oldest.filter(o -> o.isBefore(at)).or(() -> Optional.of(at));
          }
        }
        for (TopicPartition p : Set.copyOf(unseen)) {
          if (reader.position(p) >= open.get(p)) {
            unseen.remove(p);
            reader.pause(Set.of(p));
            from.put(p.partition(), open.get(p));
          }
        }
      }
      return new Unread(from, oldest);
    } catch (KafkaException e) {
      throw silent(e);
    }
  }

  private synchronized Admin admin() {
    if (admin == null) {
      try {
        admin = Admin.create(clients());
      } catch (KafkaException e) {
        throw silent(e.getCause() == null ? e : e.getCause());
      }
    }
    return admin;
  }

  private Properties clients() {
    Properties clients = new Properties();
    clients.put("default.api.timeout.ms", CALL_MILLIS);
    clients.put("request.timeout.ms", CALL_MILLIS / 2);
    clients.putAll(properties);
    return clients;
  }

  private TidemarkException silent(Throwable e) {
    String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return TidemarkException.external(
        Problem.of(
            "TM-LIVE-110",
            "no Kafka broker answers at " + properties.get("bootstrap.servers"),
            reason,
            "start the broker, or mend 'kafka' in the environment file"),
        e);
  }

  @Override
  public synchronized void close() {
    if (admin != null) {
      admin.close(Duration.ofSeconds(2));
      admin = null;
    }
  }
}
