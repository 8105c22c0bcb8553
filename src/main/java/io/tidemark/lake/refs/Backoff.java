package io.tidemark.lake.refs;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before trying a commit again. */
@FunctionalInterface
public interface Backoff {
  /**
   * @param attempt counts from 1
   */
  void pause(int attempt);

  /** 20 ms, doubled each time up to two seconds, with jitter. */
  static Backoff exponential() {
    return attempt -> {
      long most = Math.min(2000L, 20L << Math.min(attempt - 1, 10));
      try {
        Thread.sleep(ThreadLocalRandom.current().nextLong(most / 2, most + 1));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw TidemarkException.external(
            Problem.of(
                "TM-LAKE-022",
                "interrupted while waiting to commit again",
                "the process was asked to stop",
                "repeat the command: it goes on where this one stopped"),
            e);
      }
    };
  }
}
