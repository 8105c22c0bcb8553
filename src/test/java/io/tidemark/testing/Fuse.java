package io.tidemark.testing;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Makes a transform fail once, at a place in a running job that a test chooses. Of all jobs in this
 * process, which have the class from the same loader. Thread-safe.
 */
public final class Fuse {
  private static final AtomicReference<Place> ARMED = new AtomicReference<>();
  private static final AtomicLong LEFT = new AtomicLong();

  private Fuse() {}

  /** Where a transform's operator can fail. */
  public enum Place {
    /** As it is given a row. */
    ROW,
    /** As event time passes. */
    TIMER,
    /** As it takes part in a checkpoint, which fails with it. */
    CHECKPOINT,
    /** When it is told that a checkpoint is complete, while others commit it. */
    COMPLETE
  }

  /** The transform fails when it has passed a place so many times more. */
  public static void arm(Place place, long after) {
    LEFT.set(after);
    ARMED.set(place);
  }

  /** No transform fails any more. */
  public static void disarm() {
    ARMED.set(null);
  }

  /** Whether what {@link #arm} ordered has happened, or nothing was ordered. */
  public static boolean isBurnt() {
    return ARMED.get() == null;
  }

  /** A transform passes a place. */
  static void pass(Place place) {
    if (ARMED.get() == place && LEFT.decrementAndGet() < 0 && ARMED.compareAndSet(place, null)) {
      throw new IllegalStateException("the fuse is burnt at " + place);
    }
  }
}
