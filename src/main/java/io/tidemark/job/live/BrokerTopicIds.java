package io.tidemark.job.live;

import io.tidemark.job.append.TopicIds;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;

/** Asks the brokers, by a client that is made when it is first needed. */
final class BrokerTopicIds implements TopicIds {
  private static final long serialVersionUID = 1;

  /** The committer waits no longer, and asks again with the next checkpoint. */
  private static final int CALL_MILLIS = 5_000;

  private final TreeMap<String, String> properties;
  private transient Admin admin;

  BrokerTopicIds(LiveSpec.Streaming streaming) {
    this.properties = new TreeMap<>(streaming.kafka());
  }

  @Override
  public Optional<String> idOf(LiveSpec.Source source) {
    String topic = source.dataset().topic().orElseThrow().name();
    try {
      if (admin == null) {
        Properties clients = new Properties();
        clients.put("default.api.timeout.ms", CALL_MILLIS);
        clients.put("request.timeout.ms", CALL_MILLIS / 2);
        clients.putAll(properties);
        admin = Admin.create(clients);
      }
      Uuid id =
          admin
              .describeTopics(Set.of(topic))
              .topicNameValues()
              .get(topic)
              .get(2L * CALL_MILLIS, TimeUnit.MILLISECONDS)
              .topicId();
      return Optional.of(id).filter(u -> !u.equals(Uuid.ZERO_UUID)).map(Uuid::toString);
    } catch (ExecutionException e) {
      throw unknown(topic, e.getCause());
    } catch (KafkaException | TimeoutException e) {
      throw unknown(topic, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unknown(topic, e);
    }
  }

  private static TidemarkException unknown(String topic, Throwable e) {
    return TidemarkException.external(
        Problem.of(
            "TM-LIVE-004",
            "no broker says whether topic " + topic + " is still the one that the job reads",
            e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage(),
            "bring the brokers back; what was read waits, and is committed when they answer"),
        e);
  }

  @Override
  public void close() {
    if (admin != null) {
      admin.close(Duration.ofSeconds(1));
      admin = null;
    }
  }
}
