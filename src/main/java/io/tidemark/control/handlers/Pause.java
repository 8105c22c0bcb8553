package io.tidemark.control.handlers;

import java.time.Duration;

/** What passes between one look and the next, in work that stays. */
final class Pause {
  private Pause() {}

  /** Whether nobody wants this thread to end. */
  static boolean of(Duration length) {
    try {
      Thread.sleep(length.toMillis());
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }
}
