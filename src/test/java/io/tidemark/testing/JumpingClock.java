package io.tidemark.testing;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that somebody sets while it is read. Thread-safe. */
public final class JumpingClock extends Clock {
  private final InstantSource source;
  private volatile Duration jumped = Duration.ZERO;
  private volatile Duration passed = Duration.ZERO;

  /** One that stands still but for what is said to pass. */
  public JumpingClock(Instant now) {
    this(InstantSource.fixed(now));
  }

  private JumpingClock(InstantSource source) {
    this.source = source;
  }

  /** One that goes with the machine's. */
  public static JumpingClock going() {
    return new JumpingClock(InstantSource.system());
  }

  /** Sets it, while no time passes. */
  public synchronized void jump(Duration by) {
    jumped = jumped.plus(by);
  }

  /** Lets time pass. */
  public synchronized void pass(Duration time) {
    passed = passed.plus(time);
  }

  /** Time that has passed, in nanoseconds of any origin, however the clock was set. */
  public long nanos() {
    return passed.toNanos();
  }

  @Override
  public Instant instant() {
    return source.instant().plus(passed).plus(jumped);
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
