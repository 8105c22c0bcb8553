package io.tidemark.model;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Provenance in an Iceberg snapshot summary: what was written, from what, by which code. Enough to
 * rebuild the control database.
 *
 * @param key the idempotence key of the commit: equal keys mean the same work
 * @param kind what the commit did
 * @param dataset the dataset written
 * @param note for people: the change's name, the reverted publish's snapshot, a load's files
 */
public record Stamp(
    String key, Kind kind, DatasetId dataset, Origin origin, Content content, String note) {

  /** What the commit did. */
  public enum Kind {
    LOAD,
    BUILD,
    PUBLISH,
    REVERT,
    ROLLBACK,
    /** A checkpoint of a live job; the slices are those that closed with it. */
    LIVE,
    /** The same rows in fewer files. */
    COMPACT
  }

  /**
   * Where the content comes from.
   *
   * @param run empty for loads
   * @param plan the plan's hash; empty for loads
   * @param analysis of the transform that made the slices; empty for loads and rollbacks
   * @param pins the inputs
   */
  public record Origin(
      Optional<RunId> run,
      Optional<Fingerprint> plan,
      Optional<Analysis> analysis,
      SortedMap<DatasetId, Pin> pins) {
    public static final Origin NONE =
        new Origin(Optional.empty(), Optional.empty(), Optional.empty(), new TreeMap<>());

    public Origin {
      Objects.requireNonNull(run, "run");
      Objects.requireNonNull(plan, "plan");
      Objects.requireNonNull(analysis, "analysis");
      pins = Collections.unmodifiableSortedMap(new TreeMap<>(pins));
    }
  }

  /**
   * What the slices hold after the commit.
   *
   * @param slices the slices that the commit answers for, ordered by ordinal: those written, and in
   *     a publish also those that were proved equal and whose files stayed, so that they count as
   *     made by the new code from the new inputs and are not stale again
   * @param changedColumns for a publish or revert: the columns whose values differ from before; the
   *     single entry {@code *} when rows were added or removed, or it is not known
   */
  public record Content(Grain grain, List<SliceDigest> slices, List<String> changedColumns) {
    public static final List<String> ANY_COLUMN = List.of("*");

    public Content {
      Objects.requireNonNull(grain, "grain");
      slices = List.copyOf(slices);
      changedColumns = List.copyOf(changedColumns);
    }

    public SliceSet sliceSet() {
      return SliceSet.ofOrdinals(grain, slices.stream().mapToLong(SliceDigest::ordinal));
    }
  }

  /** Rows and content of one slice. */
  public record SliceDigest(long ordinal, long rows, ContentHash hash) {}

  public Stamp {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(dataset, "dataset");
    Objects.requireNonNull(origin, "origin");
    Objects.requireNonNull(content, "content");
    Objects.requireNonNull(note, "note");
  }
}
