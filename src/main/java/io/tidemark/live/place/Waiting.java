package io.tidemark.live.place;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.concurrent.TimeUnit;

/** What passes between one look at something and the next. */
public final class Waiting {
  private Waiting() {}

  /**
   * Half a second.
   *
   * @throws TidemarkException EXTERNAL if the thread is interrupted
   */
  public static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(500);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TidemarkException.external(
          Problem.of("TM-LIVE-136", "interrupted", "", "repeat the command; it goes on"), e);
    }
  }
}
