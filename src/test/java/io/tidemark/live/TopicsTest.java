package io.tidemark.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.live.topics.Topics.Extent;
import io.tidemark.live.topics.Topics.Partition;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class TopicsTest {
  private static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");

  private static Partition partition(long end, long secondsAgo) {
    return new Partition(2, end, Optional.of(NOW.minusSeconds(secondsAgo)));
  }

  @Test
  void aPartitionOfWhichOldRecordsWaitIsNotSilent() {
    Extent extent =
        new Extent(
            Optional.empty(),
            new TreeMap<>(
                Map.of(
                    0, partition(9, 5),
                    1, partition(9, 500),
                    2, partition(9, 500),
                    3, partition(9, 500),
                    4, new Partition(2, 2, Optional.empty()))));

    assertThat(
            extent.silentSince(
                NOW.minusSeconds(60), new TreeMap<>(Map.of(0, 9L, 1, 9L, 2, 8L, 4, 2L))))
        .containsExactly(1, 4);
  }
}
