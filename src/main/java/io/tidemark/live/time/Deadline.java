package io.tidemark.live.time;

import java.time.Duration;
import java.util.Objects;
import java.util.function.LongSupplier;

/** The end of a wait, which comes no sooner and no later for a clock that is set. */
public final class Deadline {
  private final LongSupplier nanos;
  private final long begun;
  private final long length;

  private Deadline(Duration length, LongSupplier nanos) {
    this.nanos = Objects.requireNonNull(nanos, "nanos");
    this.begun = nanos.getAsLong();
    this.length = length.toNanos();
  }

  /** From now on. */
  public static Deadline in(Duration length) {
    return in(length, System::nanoTime);
  }

  /**
   * From now on.
   *
   * @param nanos time that passes, of any origin
   */
  public static Deadline in(Duration length, LongSupplier nanos) {
    return new Deadline(length, nanos);
  }

  /** Whether it has come. */
  public boolean isOver() {
    return nanos.getAsLong() - begun >= length;
  }
}
