package io.tidemark.control.handlers;

import java.util.Optional;
import java.util.function.Supplier;

/** A part that is opened when it is needed first, and closed if it was. Thread-safe. */
final class Lazy<T extends AutoCloseable> {
  private final Supplier<T> opener;
  private T opened;

  Lazy(Supplier<T> opener) {
    this.opener = opener;
  }

  synchronized T get() {
    if (opened == null) {
      opened = opener.get();
    }
    return opened;
  }

  /** What was opened, which is not any more from now on. */
  synchronized Optional<T> take() {
    Optional<T> taken = Optional.ofNullable(opened);
    opened = null;
    return taken;
  }
}
