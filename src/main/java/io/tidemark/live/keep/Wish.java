package io.tidemark.live.keep;

import io.tidemark.store.Store;
import java.time.Clock;
import java.util.Objects;

/**
 * What a person asked of a pipeline's live job last: that it runs, or that it does not. Kept in the
 * store, so that whoever keeps the job up, in whatever process and after whatever crash, does not
 * start what somebody stopped. Thread-safe.
 */
public final class Wish {
  private static final String STOPPED = "{\"wish\":\"stopped\"}";

  private final Store store;
  private final Clock clock;
  private final String name;

  /**
   * @param pipeline whose live job it is
   */
  public Wish(Store store, Clock clock, String pipeline) {
    this.store = Objects.requireNonNull(store, "store");
    this.clock = Objects.requireNonNull(clock, "clock");
    this.name = "wish of " + pipeline;
  }

  /** Whether it is to run, as it is where nobody ever said anything. */
  public boolean isForRunning() {
    return store.findLive(name).isEmpty();
  }

  /** It is to run. Idempotent. */
  public void run() {
    while (true) {
      var row = store.findLive(name);
      if (row.isEmpty() || store.dropLive(name, row.get().version())) {
        return;
      }
    }
  }

  /** It is to stay stopped. Idempotent. */
  public void stop() {
    while (isForRunning() && !store.putLive(new Store.LiveRow(name, 1, STOPPED), clock.instant())) {
      // Somebody else said something in the same moment; the last one counts.
      Thread.onSpinWait();
    }
  }
}
