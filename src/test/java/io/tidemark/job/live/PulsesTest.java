package io.tidemark.job.live;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PulsesTest {
  private final Pulses pulses = new Pulses(2);

  private void take(int stream, int subtask, long complete, boolean idle) {
    pulses.take(Pulse.of(new Pulse(stream, subtask, 2, 1, 2, complete, idle).toLongs()));
  }

  @Test
  void nothingIsCompleteBeforeAllHaveTold() {
    take(0, 0, 10, false);
    take(0, 1, 20, false);
    assertThat(pulses.complete()).isEqualTo(Long.MIN_VALUE);
    take(1, 0, 30, false);
    assertThat(pulses.complete()).isEqualTo(Long.MIN_VALUE);
    take(1, 1, 15, false);
    assertThat(pulses.complete()).isEqualTo(10);
  }

  @Test
  void nobodyWaitsForTheIdleAndAllAreAsFarAsTheFurthest() {
    take(0, 0, 10, true);
    take(0, 1, 20, false);
    take(1, 0, Long.MAX_VALUE, false);
    take(1, 1, Long.MAX_VALUE, false);
    assertThat(pulses.complete()).isEqualTo(20);
    take(0, 1, 20, true);
    assertThat(pulses.complete()).isEqualTo(20);
  }

  @Test
  void aSubtaskThatWasRestoredIsAsFarAsItWas() {
    take(0, 0, 10, false);
    take(0, 1, 20, false);
    // Before the last has told, a failure: no record is left in the topic to tell the time by.
    take(0, 0, Long.MIN_VALUE, true);
    take(0, 1, Long.MIN_VALUE, true);
    take(1, 0, Long.MAX_VALUE, false);
    take(1, 1, Long.MAX_VALUE, false);
    assertThat(pulses.complete()).isEqualTo(20);
  }

  @Test
  void theEndOfAllIsTheEndOfTime() {
    for (int i = 0; i < 4; i++) {
      take(i / 2, i % 2, Long.MAX_VALUE, false);
    }
    assertThat(pulses.complete()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void anotherParallelismBeginsAnew() {
    for (int i = 0; i < 4; i++) {
      take(i / 2, i % 2, 10, false);
    }
    pulses.take(new Pulse(0, 0, 3, 1, 3, 40, false));
    assertThat(pulses.complete()).isEqualTo(Long.MIN_VALUE);
    assertThat(pulses.all()).hasSize(3);
  }

  @Test
  void subtasksWithoutAPartitionAreNotWaitedForOnceAllPartitionsAreRead() {
    Pulses one = new Pulses(1);
    one.take(new Pulse(0, 0, 3, 1, 2, 40, false));
    one.take(new Pulse(0, 1, 3, 0, 2, Long.MIN_VALUE, false));
    one.take(new Pulse(0, 2, 3, 0, 2, Long.MIN_VALUE, false));
    assertThat(one.complete()).isEqualTo(Long.MIN_VALUE);
    one.take(new Pulse(0, 2, 3, 1, 2, 30, false));
    assertThat(one.complete()).isEqualTo(30);
  }

  @Test
  void aStreamThatReadsNothingYetIsNotAtItsEnd() {
    Pulses one = new Pulses(1);
    one.take(new Pulse(0, 0, 1, 0, 0, Long.MIN_VALUE, false));
    assertThat(one.complete()).isEqualTo(Long.MIN_VALUE);
  }
}
