package io.tidemark.control;

import java.util.Optional;

/**
 * What main holds of one slice.
 *
 * @param hash the content hash; empty where no stamp tells it
 * @param maker the run that made it, or {@code live} and the live job; empty for rows from
 *     elsewhere
 * @param state who the slice belongs to
 */
public record SliceLine(
    String slice,
    long rows,
    int files,
    long bytes,
    Optional<String> hash,
    Optional<String> maker,
    State state) {

  /** Who a slice belongs to. */
  public enum State {
    /** To runs: it is not written to any more but by publishes. */
    CLOSED,
    /** To the live job, which goes on writing to it. */
    OPEN
  }
}
