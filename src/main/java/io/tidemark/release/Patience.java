package io.tidemark.release;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * How often and after which pause a step is tried again when something outside failed. Each pause
 * is three times the one before.
 *
 * @param tries in all; at least 1
 */
public record Patience(int tries, Duration firstPause) {
  public static final Patience DEFAULT = new Patience(3, Duration.ofSeconds(1));

  /**
   * @param retrying told before each pause
   * @throws TidemarkException the last EXTERNAL one when patience is at its end; any other at once
   */
  public <T> T apply(Supplier<T> work, BiConsumer<TidemarkException, Duration> retrying) {
    Duration pause = firstPause;
    for (int left = tries; ; left--) {
      try {
        return work.get();
      } catch (TidemarkException e) {
        if (e.category() != TidemarkException.Category.EXTERNAL || left <= 1) {
          throw e;
        }
        retrying.accept(e, pause);
        await(pause, e);
        pause = pause.multipliedBy(3);
      }
    }
  }

  private static void await(Duration pause, TidemarkException cause) {
    try {
      Thread.sleep(pause.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TidemarkException.external(
          Problem.of(
              "TM-RUN-020",
              "the run was interrupted",
              "it was about to try again after: " + cause.problems().get(0).what(),
              "repeat the command; it resumes where it stopped"),
          cause);
    }
  }
}
