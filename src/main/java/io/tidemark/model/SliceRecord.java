package io.tidemark.model;

import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;

/**
 * What main holds of one derived slice, read from the newest publish, revert or checkpoint of a
 * live job that answers for it.
 *
 * @param fingerprint of the transform that made it
 * @param pins the inputs it was made from
 */
public record SliceRecord(
    long ordinal,
    Fingerprint fingerprint,
    SortedMap<DatasetId, Pin> pins,
    long rows,
    ContentHash hash,
    Maker maker) {

  /** Who made a slice. */
  public sealed interface Maker {
    /** The run, if one did. */
    default Optional<RunId> run() {
      return this instanceof ByRun made ? Optional.of(made.id()) : Optional.empty();
    }
  }

  /** A run, which published it. */
  public record ByRun(RunId id) implements Maker {
    @Override
    public String toString() {
      return id.value();
    }
  }

  /**
   * A live job, which closed it.
   *
   * @param job the start of it, as its marks name it
   */
  public record ByLive(String job) implements Maker {
    @Override
    public String toString() {
      return "live " + job;
    }
  }

  public SliceRecord {
    Objects.requireNonNull(fingerprint, "fingerprint");
    Objects.requireNonNull(pins, "pins");
    Objects.requireNonNull(hash, "hash");
    Objects.requireNonNull(maker, "maker");
  }

  /** Of a slice that a run made. */
  public SliceRecord(
      long ordinal,
      Fingerprint fingerprint,
      SortedMap<DatasetId, Pin> pins,
      long rows,
      ContentHash hash,
      RunId run) {
    this(ordinal, fingerprint, pins, rows, hash, new ByRun(run));
  }

  /** The run that made it, unless a live job did. */
  public Optional<RunId> run() {
    return maker.run();
  }
}
