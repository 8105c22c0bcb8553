package io.tidemark.live.time;

import io.tidemark.cluster.LiveJob;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What is odd about the clocks around a live job. */
public final class Clocks {
  /** Less than that is what clocks of a network are apart, and what it takes to ask. */
  private static final Duration APART = Duration.ofMinutes(1);

  private Clocks() {}

  /**
   * For people: what is shown as a time or in seconds is wrong by as much.
   *
   * @param now here
   * @return empty if nothing is
   */
  public static String odd(LiveJob job, Instant now) {
    List<String> odd = new ArrayList<>();
    job.metrics("tidemark.clock_jumped_ms").stream()
        .map(m -> Duration.ofMillis((long) (-m.min() > m.max() ? m.min() : m.max())))
        .filter(Clocks::isMuch)
        .map(by -> "its machine's clock was set " + (by.isNegative() ? "back" : "forth") + text(by))
        .forEach(odd::add);
    job.metrics(LiveJob.CLOCK).stream()
        .map(m -> Duration.between(Instant.ofEpochMilli((long) m.max()), now))
        .filter(Clocks::isMuch)
        .map(
            by ->
                "the clock here is "
                    + (by.isNegative() ? "behind" : "ahead of")
                    + " Flink's"
                    + text(by))
        .forEach(odd::add);
    return String.join("; ", odd);
  }

  /** Whether commits wait until the clock has come to where the newest commit of a table is. */
  public static boolean isBehindTable(LiveJob job) {
    return job.metrics("tidemark.clock_is_behind").stream().anyMatch(m -> m.max() > 0);
  }

  private static boolean isMuch(Duration by) {
    return by.abs().compareTo(APART) >= 0;
  }

  private static String text(Duration length) {
    return " by " + Duration.ofMinutes(length.abs().plusSeconds(30).toMinutes());
  }
}
