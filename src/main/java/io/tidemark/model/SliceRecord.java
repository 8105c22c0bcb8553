package io.tidemark.model;

import java.util.Objects;
import java.util.SortedMap;

/**
 * What main holds of one derived slice, read from the newest publish or revert that wrote it.
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
    RunId run) {
  public SliceRecord {
    Objects.requireNonNull(fingerprint, "fingerprint");
    Objects.requireNonNull(pins, "pins");
    Objects.requireNonNull(hash, "hash");
    Objects.requireNonNull(run, "run");
  }
}
