package io.tidemark.job.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StandingTest {
  private final Standing standing = new Standing(Duration.ofMillis(10), Duration.ofSeconds(1));

  private static TreeMap<Integer, Long> at(Map<Integer, Long> positions) {
    return new TreeMap<>(positions);
  }

  @BeforeEach
  void read() {
    standing.assigned(0, 5);
    standing.assigned(1, -2);
    record(0, 5, 100);
    assertThat(standing.quiet(0)).isEmpty();
  }

  private void record(int partition, long offset, long millis) {
    standing.record(partition, offset);
    standing.event(partition, millis * 1000);
  }

  @Test
  void aPartitionWithoutAnEventIsWaitedFor() {
    assertThat(standing.partitions()).isEqualTo(2);
    assertThat(standing.complete()).isEqualTo(Long.MIN_VALUE);
    record(1, 0, 60);
    assertThat(standing.complete()).isEqualTo(50_000);
  }

  @Test
  void positionsAreToldBeforeAndAfterRecords() {
    LongSupplier position = standing.assigned(2, 40);
    assertThat(position.getAsLong()).isEqualTo(40);
    record(2, 41, 60);
    assertThat(position.getAsLong()).isEqualTo(42);
  }

  @Test
  void quietAloneIsNotIdle() {
    record(0, 6, 200);
    assertThat(standing.quiet(999)).isEmpty();
    assertThat(standing.quiet(1000)).isEqualTo(at(Map.of(1, -2L)));
    assertThat(standing.quiet(900_000)).isEqualTo(at(Map.of(0, 7L, 1, -2L)));
    // No broker answers, for however long.
    standing.answered(at(Map.of(0, 7L, 1, -2L)), Set.of());
    assertThat(standing.isIdle()).isFalse();
    assertThat(standing.complete()).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void whoIsAtTheEndIsNotWaitedForUntilItGoesOn() {
    standing.answered(at(Map.of(1, -2L)), Set.of(1));
    assertThat(standing.isIdle()).isFalse();
    assertThat(standing.complete()).isEqualTo(90_000);
    record(0, 6, 300);
    record(1, 0, 150);
    assertThat(standing.complete()).isEqualTo(140_000);
    standing.answered(at(Map.of(0, 7L, 1, 1L)), Set.of(0, 1));
    assertThat(standing.isIdle()).isTrue();
    assertThat(standing.complete()).isEqualTo(290_000);
  }

  @Test
  void anAnswerAboutAnEarlierPositionSaysNothing() {
    standing.answered(at(Map.of(0, 5L, 1, -2L)), Set.of(0, 1));
    assertThat(standing.isIdle()).isFalse();
    assertThat(standing.complete()).isEqualTo(90_000);
  }

  @Test
  void aPartitionIsWaitedForAgainWhereBrokersNoLongerAnswer() {
    standing.answered(at(Map.of(0, 6L, 1, -2L)), Set.of(0, 1));
    assertThat(standing.isIdle()).isTrue();
    assertThat(standing.complete()).isEqualTo(90_000);
    standing.answered(at(Map.of(0, 6L, 1, -2L)), Set.of());
    assertThat(standing.isIdle()).isFalse();
    record(0, 6, 500);
    assertThat(standing.complete()).isEqualTo(90_000);
  }

  @Test
  void withoutATimeNobodyIsEverIdle() {
    Standing patient = new Standing(Duration.ZERO, Duration.ZERO);
    patient.assigned(0, 0);
    assertThat(patient.quiet(0)).isEmpty();
    assertThat(patient.quiet(Long.MAX_VALUE)).isEmpty();
  }

  @Test
  void aPartitionThatStaysSilentAfterAFailureIsAsFarAsItWas() {
    record(1, 0, 900);
    Standing after = new Standing(Duration.ofMillis(10), Duration.ofSeconds(1));
    standing.newest().forEach(after::restored);
    after.assigned(0, 6);
    after.assigned(1, 1);
    assertThat(after.complete()).isEqualTo(90_000);

    after.quiet(0);
    after.answered(at(after.quiet(2_000)), Set.of(0, 1));

    assertThat(after.isIdle()).isTrue();
    assertThat(after.complete()).isEqualTo(890_000);
  }

  @Test
  void whatWasRestoredIsKeptUntilSomebodyReadsThePartition() {
    Standing after = new Standing(Duration.ofMillis(10), Duration.ofSeconds(1));
    standing.newest().forEach(after::restored);

    assertThat(after.newest()).isEqualTo(standing.newest()).hasSize(1);
  }
}
