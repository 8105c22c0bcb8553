package io.tidemark.job.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Grain;
import io.tidemark.model.SliceSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class SliceClockTest {
  private static final long HOUR = 3_600_000_000L;
  private static final long DAY = 24 * HOUR;

  @Test
  void slicesCloseFromEndToEnd() {
    SliceClock clock = SliceClock.ofTopics(Grain.HOUR, 0, 0, Long.MIN_VALUE, List.of());
    assertThat(clock.openFrom(Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
    assertThat(clock.openFrom(HOUR - 1)).isZero();
    assertThat(clock.openFrom(HOUR)).isEqualTo(HOUR);
    assertThat(clock.openFrom(2 * HOUR - 1)).isEqualTo(HOUR);
    assertThat(clock.openFrom(-1)).isEqualTo(-HOUR);
    assertThat(clock.openFrom(Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whatIsReadAheadHoldsASliceOpen() {
    SliceClock clock = SliceClock.ofTopics(Grain.HOUR, 0, HOUR / 2, Long.MIN_VALUE, List.of());
    assertThat(clock.openFrom(HOUR + HOUR / 2 - 1)).isZero();
    assertThat(clock.openFrom(HOUR + HOUR / 2)).isEqualTo(HOUR);
    assertThat(clock.watermark(HOUR)).isEqualTo(HOUR + HOUR / 2);
  }

  @Test
  void aTaskClosesNothingBeforeThoseThatItReads() {
    SliceClock hours = SliceClock.ofTopics(Grain.HOUR, 0, HOUR, Long.MIN_VALUE, List.of());
    SliceClock days = SliceClock.ofTasks(Grain.DAY, 0, 0, Long.MIN_VALUE, List.of(hours));
    assertThat(days.openFrom(DAY)).isZero();
    assertThat(days.openFrom(DAY + HOUR - 1)).isZero();
    assertThat(days.openFrom(DAY + HOUR)).isEqualTo(DAY);
    SliceClock both = SliceClock.ofTopics(Grain.HOUR, 0, 0, Long.MIN_VALUE, List.of(hours));
    assertThat(both.openFrom(5 * HOUR)).isEqualTo(4 * HOUR);
  }

  @Test
  void nothingOpensThatWasClosedAtTheStart() {
    SliceClock clock = SliceClock.ofTopics(Grain.HOUR, HOUR, 0, 5 * HOUR, List.of());
    assertThat(clock.openFrom(Long.MIN_VALUE)).isEqualTo(5 * HOUR);
    assertThat(clock.openFrom(2 * HOUR)).isEqualTo(5 * HOUR);
    assertThat(clock.openFrom(6 * HOUR)).isEqualTo(6 * HOUR);
    assertThat(clock.readFrom()).isEqualTo(4 * HOUR);
  }

  @Test
  void aLateRowReachesOpenSlicesOnlyThroughTheWindow() {
    SliceClock exact = SliceClock.ofTopics(Grain.HOUR, 0, 0, Long.MIN_VALUE, List.of());
    assertThat(exact.reached(5 * HOUR, 5 * HOUR - 1).isEmpty()).isTrue();
    SliceClock wide = SliceClock.ofTopics(Grain.HOUR, 2 * HOUR, HOUR, Long.MIN_VALUE, List.of());
    assertThat(wide.reached(5 * HOUR, 2 * HOUR).isEmpty()).isTrue();
    assertThat(wide.reached(5 * HOUR, 4 * HOUR)).isEqualTo(SliceSet.range(Grain.HOUR, 5, 7));
    assertThat(wide.reached(5 * HOUR, 5 * HOUR + 1)).isEqualTo(SliceSet.range(Grain.HOUR, 5, 8));
  }

  @Test
  void flinkCountsTheLastMillisecondThatIsComplete() {
    assertThat(SliceClock.toFlink(HOUR)).isEqualTo(3_599_999);
    assertThat(SliceClock.fromFlink(3_599_999)).isEqualTo(HOUR);
    assertThat(SliceClock.fromFlink(Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
    assertThat(SliceClock.fromFlink(Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
    assertThat(SliceClock.toFlink(Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
  }
}
