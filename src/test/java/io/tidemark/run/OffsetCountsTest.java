package io.tidemark.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Origins;
import io.tidemark.run.Offsets.Span;
import io.tidemark.run.Offsets.Taken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class OffsetCountsTest {
  private static final Taken TAKEN =
      new Taken(10, 30, 0, 0, List.of(new Span(20, 23)), List.of(), 0);

  private final OffsetCounts counts = new OffsetCounts(new TreeMap<>(Map.of(3, TAKEN)));

  private static void add(Origins to, int partition, long... offsets) {
    int[] partitions = new int[offsets.length + 1];
    Arrays.fill(partitions, partition);
    // One more than are told of.
    to.add(partitions, Arrays.copyOf(offsets, offsets.length + 1), offsets.length);
  }

  @Test
  void countsRowsAndTheirDifferentOffsets() {
    add(counts.rows(), 3, 10, 11, 11, 29);

    assertThat(counts.held(3)).isEqualTo(new OffsetCounts.Held(4, 3, 0, 0, 3, 0));
  }

  @Test
  void countsAnOffsetThatIsARowAndADeadLetterOnce() {
    add(counts.rows(), 3, 10, 11);
    add(counts.letters(), 3, 11, 12, 12);

    assertThat(counts.held(3)).isEqualTo(new OffsetCounts.Held(2, 2, 3, 2, 3, 0));
  }

  @Test
  void countsApartWhatLiesBeforeTheFirstMark() {
    add(counts.rows(), 3, 0, 9, 9);
    add(counts.letters(), 3, 8, 9);

    assertThat(counts.held(3)).isEqualTo(new OffsetCounts.Held(0, 0, 0, 0, 0, 3));
  }

  @Test
  void passesOverGapsLaterOffsetsAndOtherPartitions() {
    add(counts.rows(), 3, 19, 20, 22, 23, 30, 1L << 40, -1);
    add(counts.rows(), 4, 15);

    assertThat(counts.held(3)).isEqualTo(new OffsetCounts.Held(2, 2, 0, 0, 2, 0));
  }

  @Test
  void countsOffsetsFarApartFromSeveralThreads() throws Exception {
    long far = 1L << 40;
    Taken all = new Taken(0, far + 1_000, 0, 0, List.of(), List.of(), 0);
    OffsetCounts many = new OffsetCounts(new TreeMap<>(Map.of(0, all)));
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Future<?>> parts = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      long from = i % 2 == 0 ? 65_000 : far;
      parts.add(
          threads.submit(
              () -> add(many.rows(), 0, LongStream.range(from, from + 1_000).toArray())));
    }
    for (Future<?> part : parts) {
      part.get(1, TimeUnit.MINUTES);
    }
    threads.shutdown();

    assertThat(many.held(0)).isEqualTo(new OffsetCounts.Held(4_000, 2_000, 0, 0, 2_000, 0));
  }
}
