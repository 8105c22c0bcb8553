package io.tidemark.control;

import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Plan;
import io.tidemark.model.SliceSet;
import java.util.List;
import java.util.Optional;

/**
 * Whether a dataset holds what it should.
 *
 * @param sources with topics, that it is made from or is
 * @param slices what became of its own; empty for a source
 */
public record Verified(
    DatasetId dataset, String table, List<Source> sources, Optional<Slices> slices)
    implements Report {

  public Verified {
    sources = List.copyOf(sources);
  }

  /**
   * A topic's records against a table.
   *
   * @param partitions by number
   */
  public record Source(DatasetId dataset, String topic, List<Partition> partitions) {
    public Source {
      partitions = List.copyOf(partitions);
    }
  }

  /**
   * One partition.
   *
   * @param from the first offset that a mark on main speaks of
   * @param to the next to be read
   * @param taken records that live jobs say they saw
   * @param rows on main
   * @param deadLetters in the table of those
   * @param lost taken, but neither row nor dead letter
   * @param doubled there more often than taken
   * @param untold offsets that no mark speaks of: those between marks, and those apart from them
   *     that tables hold; whether any of these was lost or doubled cannot be told
   * @param expired offsets whose records expired unread, as starts were told to accept
   * @param notes what is odd about the offsets
   */
  public record Partition(
      int partition,
      long from,
      long to,
      long taken,
      long rows,
      long deadLetters,
      long lost,
      long doubled,
      long untold,
      long expired,
      List<String> notes) {
    public Partition {
      notes = List.copyOf(notes);
    }
  }

  /**
   * A derived dataset's slices.
   *
   * @param compared were made once more
   * @param stale are apart: what they hold is not what they should, and why is known
   * @param open still belong to a live job
   * @param reasons why some are stale
   * @param diff of those compared, from main to what they should hold
   * @param differing those of the compared slices that differ
   */
  public record Slices(
      SliceSet compared,
      SliceSet stale,
      SliceSet open,
      List<Plan.Reason> reasons,
      DatasetDiff.Counts diff,
      SliceSet differing) {
    public Slices {
      reasons = List.copyOf(reasons);
    }
  }

  /** Records that were taken and are nowhere. */
  public long lost() {
    return sources.stream().flatMap(s -> s.partitions().stream()).mapToLong(Partition::lost).sum();
  }

  /** Records that are there more than once. */
  public long doubled() {
    return sources.stream()
        .flatMap(s -> s.partitions().stream())
        .mapToLong(Partition::doubled)
        .sum();
  }

  /** Offsets of which cannot be told whether their records were lost or doubled. */
  public long untold() {
    return sources.stream()
        .flatMap(s -> s.partitions().stream())
        .mapToLong(Partition::untold)
        .sum();
  }

  /** Offsets whose records expired unread, as starts were told to accept. */
  public long expired() {
    return sources.stream()
        .flatMap(s -> s.partitions().stream())
        .mapToLong(Partition::expired)
        .sum();
  }

  /** Rows that are not what the transform makes of the inputs, in slices that are not stale. */
  public long unexplained() {
    return slices.map(s -> s.diff().different()).orElse(0L);
  }

  /** Whether all is as it should be, but for what people have accepted. */
  public boolean isClean() {
    return lost() == 0 && doubled() == 0 && unexplained() == 0 && untold() == 0;
  }

  @Override
  public <T> T accept(Visitor<T> visitor) {
    return visitor.verified(this);
  }
}
