package io.tidemark.live.topics;

import io.tidemark.model.TidemarkException;
import io.tidemark.model.Topic;
import io.tidemark.model.doctor.Finding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/** Whether topics are there, and keep their records long enough. */
public final class TopicProbe {
  private static final String AREA = "kafka";

  private final KafkaTopics topics;

  private TopicProbe(KafkaTopics topics) {
    this.topics = topics;
  }

  /**
   * Asks brokers; nothing is read or changed.
   *
   * @param kafka properties of Kafka clients
   * @param needed by topic, for how long records must be kept
   */
  public static List<Finding> examine(
      SortedMap<String, String> kafka, Map<Topic, Duration> needed) {
    return Finding.of(
        AREA,
        () -> {
          try (KafkaTopics topics = new KafkaTopics(kafka)) {
            return new TopicProbe(topics).run(needed);
          }
        });
  }

  private List<Finding> run(Map<Topic, Duration> needed) {
    List<Finding> findings = new ArrayList<>();
    needed.forEach((topic, time) -> findings.add(look(topic, time)));
    if (needed.isEmpty()) {
      findings.add(Finding.ok(AREA, "no source names a topic"));
    }
    return findings;
  }

  private Finding look(Topic topic, Duration needed) {
    String name = "topic '" + topic.name() + "'";
    Optional<Topics.Extent> extent = topics.extent(topic);
    if (extent.isEmpty()) {
      return Finding.fail(AREA, name + " does not exist", "create it, or mend 'topic'");
    }
    String partitions = extent.get().partitions().size() + " partitions";
    try {
      return topics
          .retention(topic)
          .filter(kept -> kept.compareTo(needed) < 0)
          .map(
              kept ->
                  Finding.warn(
                      AREA,
                      name + " keeps records for " + kept + ", and a slice takes " + needed,
                      "raise its retention.ms: a live job that is down, or put back, for longer"
                          + " loses records"))
          .orElseGet(() -> Finding.ok(AREA, name + " is there: " + partitions));
    } catch (TidemarkException e) {
      return Finding.warn(
          AREA,
          name + " is there, and how long it keeps records is not told",
          "let this user describe the configuration of topics");
    }
  }
}
