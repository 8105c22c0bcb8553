package io.tidemark.job.append;

import io.tidemark.job.slice.EventTime;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveSpec;
import java.io.Serializable;
import java.util.Optional;

/**
 * When the slices of one task close: a slice is closed once the watermark has passed its end by the
 * task's lookahead. Immutable.
 */
final class Closing implements Serializable {
  private static final long serialVersionUID = 1;

  /** Below every slice. */
  static final long NONE = Long.MIN_VALUE;

  private final Grain grain;
  private final long lookaheadMillis;
  private final long ownedFrom;

  private Closing(Grain grain, long lookaheadMillis, long ownedFrom) {
    this.grain = grain;
    this.lookaheadMillis = lookaheadMillis;
    this.ownedFrom = ownedFrom;
  }

  static Closing of(LiveSpec.Task task) {
    return new Closing(
        task.output().layout().slice(),
        task.transform().window().lookahead().toMillis(),
        task.openFrom().orElse(NONE));
  }

  Grain grain() {
    return grain;
  }

  /** The first slice that the job owns; rows before are what history was read with, no more. */
  long ownedFrom() {
    return ownedFrom;
  }

  /**
   * The first slice that a watermark leaves open.
   *
   * @param watermark in milliseconds, after which no row has a time of it or before
   * @return empty if it closes none: it is not known yet, or the rows have ended
   */
  Optional<Long> openFrom(long watermark) {
    return slice(watermark, lookaheadMillis);
  }

  /**
   * The first slice that rows may still come for, where they come as they are made. Not before
   * {@link #openFrom}, but for a transform that holds its watermark back, as interval joins do, by
   * at most the lookahead.
   */
  Optional<Long> incompleteFrom(long watermark) {
    return slice(watermark, 0);
  }

  private Optional<Long> slice(long watermark, long behind) {
    if (grain == Grain.ALL || watermark == Long.MIN_VALUE || watermark == Long.MAX_VALUE) {
      return Optional.empty();
    }
    long millis = watermark + 1 - behind;
    return Optional.of(EventTime.ordinal(grain, Math.multiplyExact(millis, 1000L)));
  }

  /** The watermark, in milliseconds, that closes a slice. */
  long watermark(long ordinal) {
    if (grain == Grain.ALL) {
      return Long.MAX_VALUE;
    }
    return Math.floorDiv(EventTime.end(grain, ordinal), 1000L) + lookaheadMillis - 1;
  }
}
