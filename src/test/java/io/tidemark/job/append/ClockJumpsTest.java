package io.tidemark.job.append;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.JumpingClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ClockJumpsTest {
  private final JumpingClock clock = new JumpingClock(Instant.parse("2026-11-01T00:00:00Z"));

  @Test
  void whatPassesIsNoJump() {
    ClockJumps jumps = new ClockJumps(clock::millis, clock::nanos);
    clock.pass(Duration.ofHours(1));
    assertThat(jumps.millis()).isZero();

    clock.jump(Duration.ofHours(-1));
    clock.pass(Duration.ofHours(1));
    assertThat(jumps.millis()).isEqualTo(-3_600_000);
    clock.jump(Duration.ofHours(1));
    assertThat(jumps.millis()).isZero();
  }
}
