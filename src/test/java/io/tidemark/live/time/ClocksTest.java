package io.tidemark.live.time;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cluster.LiveJob;
import io.tidemark.cluster.LiveJob.Metric;
import io.tidemark.testing.JumpingClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ClocksTest {
  private static final Instant NOW = Instant.parse("2026-11-01T00:00:00Z");
  private static final Duration HOUR = Duration.ofHours(1);

  private final JumpingClock clock = new JumpingClock(NOW);

  private static LiveJob job(Duration ahead, double least, double most) {
    double now = NOW.plus(ahead).toEpochMilli();
    return new LiveJob(
        "1",
        LiveJob.State.RUNNING,
        NOW,
        new LiveJob.Restarts(0, Optional.empty()),
        new LiveJob.Checkpoints(Optional.empty(), 0),
        Optional.empty(),
        List.of(
            new Metric(LiveJob.CLOCK, now, now, now),
            new Metric("commit_live.tidemark.clock_jumped_ms", least, most, most)));
  }

  @Test
  void whatIsLessThanAMinuteIsNotOdd() {
    assertThat(Clocks.odd(job(Duration.ofSeconds(59), -59_000, 59_000), NOW)).isEmpty();
  }

  @Test
  void whatWasSetIsSaidWithItsDirection() {
    assertThat(Clocks.odd(job(HOUR, 0, 3_600_100), NOW))
        .isEqualTo(
            "its machine's clock was set forth by PT1H; the clock here is behind Flink's by PT1H");
    assertThat(Clocks.odd(job(HOUR.negated(), -3_599_900, 0), NOW))
        .isEqualTo(
            "its machine's clock was set back by PT1H; the clock here is ahead of Flink's by PT1H");
  }

  @Test
  void aWaitEndsWhenTimeHasPassedWhateverTheClockSays() {
    Deadline end = Deadline.in(HOUR, clock::nanos);
    clock.jump(HOUR.multipliedBy(2));
    assertThat(end.isOver()).isFalse();
    clock.jump(HOUR.multipliedBy(-4));
    clock.pass(HOUR);
    assertThat(end.isOver()).isTrue();
  }

  @Test
  void aClockThatIsSetForthEndsNoGracePeriod() {
    Grace grace = new Grace(clock, clock::nanos);
    Instant end = NOW.plus(HOUR);
    assertThat(grace.isOver(end)).isFalse();

    clock.jump(HOUR.multipliedBy(2));
    assertThat(grace.isOver(end)).isFalse();
    clock.pass(HOUR);
    assertThat(grace.isOver(end)).isTrue();
  }

  @Test
  void aClockThatIsSetBackProlongsOne() {
    Grace grace = new Grace(clock, clock::nanos);
    Instant end = NOW.plus(HOUR);
    assertThat(grace.isOver(end)).isFalse();

    clock.jump(HOUR.negated());
    clock.pass(HOUR.plusSeconds(1));
    assertThat(grace.isOver(end)).isFalse();
    clock.pass(HOUR);
    assertThat(grace.isOver(end)).isTrue();
  }
}
