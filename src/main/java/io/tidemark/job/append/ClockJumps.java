package io.tidemark.job.append;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How far the clock of a machine was set, forth or back, since this was made: what it says that
 * passed, less what did. A machine that slept seems to have had its clock set forth. Thread-safe.
 */
final class ClockJumps {
  private final LongSupplier clock;
  private final LongSupplier nanos;
  private final long ahead;

  ClockJumps() {
    this(System::currentTimeMillis, System::nanoTime);
  }

  /**
   * @param clock in milliseconds since 1970
   * @param nanos time that passes, of any origin
   */
  ClockJumps(LongSupplier clock, LongSupplier nanos) {
    this.clock = clock;
    this.nanos = nanos;
    this.ahead = difference();
  }

  private long difference() {
    return clock.getAsLong() - TimeUnit.NANOSECONDS.toMillis(nanos.getAsLong());
  }

  /** In milliseconds; negative if it was set back. */
  long millis() {
    return difference() - ahead;
  }
}
