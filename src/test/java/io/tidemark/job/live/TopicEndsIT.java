package io.tidemark.job.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.KafkaBroker;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whether something waits to be read, as a real broker has it. */
class TopicEndsIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final Instant AT = Instant.parse("2026-03-01T00:00:00Z");

  private static Set<Integer> ask(TopicEnds ends, Map<Integer, Long> positions) throws Exception {
    return ends.readToTheEnd(new TreeMap<>(positions)).get(3, TimeUnit.MINUTES);
  }

  @Test
  void onlyWhatHoldsNoCommittedRecordIsAtItsEnd() throws Exception {
    KAFKA.createTopic("ends", 4);
    try (TopicEnds ends =
            new TopicEnds("ends", new TreeMap<>(Map.of("bootstrap.servers", KAFKA.bootstrap())));
        KafkaBroker.Transaction transaction = KAFKA.begin("t")) {
      KAFKA.send("ends", 0, "k", "a", AT);
      KAFKA.send("ends", 0, "k", "b", AT);
      transaction.send("ends", 1, "k", "c", AT);
      transaction.commit();
      transaction.send("ends", 2, "k", "d", AT);
      transaction.abort();

      // Behind the records of partitions 1 and 2 are marks that nobody is given.
      await()
          .atMost(Duration.ofMinutes(3))
          .until(
              () -> KAFKA.endOffsets("ends").get(1) == 2 && KAFKA.endOffsets("ends").get(2) == 2);
      assertThat(ask(ends, Map.of(0, 0L, 1, 0L, 2, 0L, 3, 0L))).containsExactly(2, 3);
      assertThat(ask(ends, Map.of(0, 1L, 1, 1L, 2, -2L, 3, -2L))).containsExactly(1, 2, 3);
      assertThat(ask(ends, Map.of(0, 2L, 1, 2L))).containsExactly(0, 1);

      KAFKA.kill();
      assertThatThrownBy(() -> ask(ends, Map.of(0, 2L))).isInstanceOf(ExecutionException.class);
      KAFKA.restart();
      KAFKA.send("ends", 0, "k", "e", AT);
      assertThat(ask(ends, Map.of(0, 2L, 3, 0L))).containsExactly(3);
    }
  }
}
