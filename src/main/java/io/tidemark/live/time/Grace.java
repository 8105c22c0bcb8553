package io.tidemark.live.time;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Ends of grace periods, which were written down as times. One has come when the clock says so and
 * as much time has passed as was left when this saw it first: a clock that is set forth does not
 * end it. Not thread-safe.
 */
public final class Grace {
  private final Clock clock;
  private final LongSupplier nanos;
  private final Map<Instant, Deadline> seen = new HashMap<>();

  public Grace(Clock clock) {
    this(clock, System::nanoTime);
  }

  /**
   * @param nanos time that passes, of any origin
   */
  Grace(Clock clock, LongSupplier nanos) {
    this.clock = clock;
    this.nanos = nanos;
  }

  /** Whether it has come. */
  public boolean isOver(Instant end) {
    Instant now = clock.instant();
    return seen.computeIfAbsent(end, e -> Deadline.in(Duration.between(now, e), nanos)).isOver()
        && end.isBefore(now);
  }
}
