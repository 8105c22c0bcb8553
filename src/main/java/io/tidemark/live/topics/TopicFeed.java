package io.tidemark.live.topics;

import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends made-up events to an environment's brokers. A record is there once, also where a broker has
 * to be asked again. Not thread-safe.
 */
public final class TopicFeed implements AutoCloseable {
  private static final Duration CALL = Duration.ofSeconds(20);

  /** A broker that is away for a while costs time and no events. */
  private static final int DELIVERY_MILLIS = 300_000;

  /** Event time that is replayed may lie anywhere, and the records are to stay all the same. */
  private static final Map<String, String> ANY_TIME =
      Map.of("message.timestamp.after.max.ms", Long.toString(Long.MAX_VALUE), "retention.ms", "-1");

  private final Properties clients = new Properties();
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private final KafkaProducer<byte[], byte[]> producer;

  /** Nothing is connected to yet. */
  public TopicFeed(LiveSpec.Streaming streaming) {
    clients.putAll(streaming.kafka());
    Properties properties = new Properties();
    properties.put("delivery.timeout.ms", DELIVERY_MILLIS);
    properties.put("max.block.ms", DELIVERY_MILLIS);
    properties.put("linger.ms", 20);
    properties.put("reconnect.backoff.max.ms", 1000);
    properties.putAll(clients);
    properties.put("acks", "all");
    properties.put("enable.idempotence", "true");
    try {
      producer =
          new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    } catch (KafkaException e) {
      throw failed(e);
    }
  }

  /**
   * Makes a topic that takes records of any time, with the broker's usual number of copies; one
   * that is there stays as it is.
   *
   * @throws TidemarkException EXTERNAL if no broker answers
   */
  public void ensure(String topic, int partitions) {
    try (Admin admin = Admin.create(clients)) {
      NewTopic wanted =
          new NewTopic(topic, Optional.of(partitions), Optional.empty()).configs(ANY_TIME);
      Object made =
          admin.createTopics(List.of(wanted)).all().get(CALL.toSeconds(), TimeUnit.SECONDS);
      if (made != null) {
        throw new IllegalStateException("[BUG] a topic is made without an answer: " + made);
      }
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw failed(e.getCause());
      }
    } catch (TimeoutException | KafkaException e) {
      throw failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(e);
    }
  }

  /**
   * The time of the newest record of some topics; empty if they hold none.
   *
   * @param topics with their numbers of partitions, which {@link #ensure} has made
   * @throws TidemarkException EXTERNAL if no broker answers
   */
  public Optional<Instant> newest(Map<String, Integer> topics) {
    try (Admin admin = Admin.create(clients)) {
      Optional<Instant> newest = Optional.empty();
      for (Map.Entry<String, Integer> topic : topics.entrySet()) {
        Optional<Instant> here = newest(admin, topic.getKey(), topic.getValue());
        if (here.isPresent() && newest.filter(here.get()::isBefore).isEmpty()) {
          newest = here;
        }
      }
      return newest;
    } catch (TimeoutException | KafkaException e) {
      throw failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(e);
    }
  }

  private Optional<Instant> newest(Admin admin, String topic, int partitions)
      throws InterruptedException, TimeoutException {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    for (int p = 0; p < partitions; p++) {
      asked.put(new TopicPartition(topic, p), OffsetSpec.maxTimestamp());
    }
    try {
      Map<TopicPartition, ListOffsetsResultInfo> found =
          admin.listOffsets(asked).all().get(CALL.toSeconds(), TimeUnit.SECONDS);
      return found.values().stream()
          .map(ListOffsetsResultInfo::timestamp)
          .filter(at -> at >= 0)
          .max(Long::compare)
          .map(Instant::ofEpochMilli);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        // One that was made a moment ago, which not every broker has heard of.
        return Optional.empty();
      }
      throw failed(e.getCause());
    }
  }

  /**
   * Sends one record; records of a key come to one partition in order.
   *
   * @param at the record's time
   * @throws TidemarkException EXTERNAL if this or an earlier one cannot be delivered
   */
  public void send(String topic, byte[] key, byte[] value, Instant at) {
    throwIfFailed();
    try {
      var unused =
          producer.send(
              new ProducerRecord<>(topic, null, at.toEpochMilli(), key, value),
              (done, e) -> {
                if (e != null) {
                  failure.compareAndSet(null, e);
                }
              });
    } catch (KafkaException e) {
      throw failed(e);
    }
  }

  /**
   * Waits until the brokers have all that was sent.
   *
   * @throws TidemarkException EXTERNAL if something of it cannot be delivered
   */
  public void flush() {
    producer.flush();
    throwIfFailed();
  }

  private void throwIfFailed() {
    if (failure.get() != null) {
      throw failed(failure.get());
    }
  }

  private TidemarkException failed(Throwable e) {
    return TidemarkException.external(
        Problem.of(
            "TM-LIVE-130",
            "cannot send to Kafka at " + clients.get("bootstrap.servers"),
            e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage(),
            "start the broker, or mend 'kafka' in the environment file"),
        e);
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}
