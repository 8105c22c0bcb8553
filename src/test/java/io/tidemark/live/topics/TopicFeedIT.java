package io.tidemark.live.topics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.LiveSpec;
import io.tidemark.testing.KafkaBroker;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Where topics end, by which a generator that was killed goes on. */
class TopicFeedIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final Instant T = Instant.parse("2026-11-01T10:00:00Z");
  private static final Map<String, Integer> TOPICS = Map.of("first", 3, "second", 1);
  private static final byte[] BYTES = {1};

  private static TopicFeed feed() {
    return new TopicFeed(
        new LiveSpec.Streaming(
            new TreeMap<>(Map.of("bootstrap.servers", KAFKA.bootstrap())),
            Duration.ofSeconds(1),
            "file:///none"));
  }

  @Test
  void topicsEndAtTheNewestRecordOfAnyOfThemHoweverItCame() {
    try (TopicFeed feed = feed()) {
      assertThat(feed.newest(TOPICS)).isEmpty();
      TOPICS.forEach(feed::ensure);
      assertThat(feed.newest(TOPICS)).isEmpty();

      feed.send("second", BYTES, BYTES, T.plusSeconds(60));
      feed.send("second", BYTES, BYTES, T);
      feed.send("first", BYTES, BYTES, T.plusSeconds(30));
      feed.flush();

      assertThat(feed.newest(TOPICS)).contains(T.plusSeconds(60));
      assertThat(feed.newest(Map.of("first", 3))).contains(T.plusSeconds(30));
    }
  }
}
