package io.tidemark.model;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What each commit of a live job says of the job, in the snapshot summary of every table it writes:
 * where it is in its sources, which slices it still owns, what it counted. The newest mark on a ref
 * is the lease of that table: only the job it names may make the next one, or a job of a higher
 * epoch that knows this mark.
 *
 * @param job the start that the mark belongs to; unique per start
 * @param epoch the number of the start, from 1; a higher one fences a lower one off
 * @param checkpoint Flink's number of the checkpoint that the commit belongs to
 * @param phase whether the job goes on
 * @param openFrom the ordinal of the first slice that the job still owns, in the dataset's slice
 *     grain; empty while no slice has closed, so that all are the job's. Of a source, always empty
 * @param ranges per topic partition what this commit took in; of a derived dataset, of the first
 *     source that it is made from
 * @param counts of this commit
 * @param doubts slices whose rows main does not answer for, though they are closed
 */
public record LiveMark(
    String job,
    long epoch,
    long checkpoint,
    Phase phase,
    Optional<Long> openFrom,
    SortedMap<DatasetId, Ranges> ranges,
    Counts counts,
    List<Doubt> doubts) {

  /** Whether the job goes on. */
  public enum Phase {
    /** The job owns the open slices. */
    RUNNING,
    /** The job was stopped and gave its open slices up; runs own everything. */
    RELEASED
  }

  /**
   * Of one source, what a commit took in per partition.
   *
   * @param topicId Kafka's own of the topic, which one made anew under the same name does not have;
   *     empty if it is not known
   * @param partitions by number
   */
  public record Ranges(Optional<String> topicId, SortedMap<Integer, Range> partitions) {
    /** Of a topic whose id is not known. */
    public Ranges(SortedMap<Integer, Range> partitions) {
      this(Optional.empty(), partitions);
    }

    public Ranges {
      Objects.requireNonNull(topicId, "topicId");
      partitions = Collections.unmodifiableSortedMap(new TreeMap<>(partitions));
    }

    private Ranges plus(Ranges older) {
      TreeMap<Integer, Range> both = new TreeMap<>(partitions);
      older.partitions.forEach((partition, range) -> both.merge(partition, range, Range::plus));
      return new Ranges(topicId, both);
    }
  }

  /**
   * Of one partition, from one offset to another.
   *
   * @param from the first offset that an earlier mark has not answered for
   * @param to the next offset to read; offsets between need not all be records
   * @param records seen, good and bad
   * @param deadLetters of them, those that could not be read
   * @param expired offsets of them whose records expired unread, as a start was told to accept
   */
  public record Range(long from, long to, long records, long deadLetters, Optional<Long> expired) {
    /** Of which nothing expired unread. */
    public Range(long from, long to, long records, long deadLetters) {
      this(from, to, records, deadLetters, Optional.empty());
    }

    private Range plus(Range older) {
      long gone = expired.orElse(0L) + older.expired.orElse(0L);
      return new Range(
          Math.min(from, older.from),
          Math.max(to, older.to),
          records + older.records,
          deadLetters + older.deadLetters,
          Optional.of(gone).filter(n -> n > 0));
    }
  }

  /**
   * Of one commit.
   *
   * @param taken rows that reached the transform, over all its inputs; of a source, rows
   * @param late rows kept from the transform because their slice was closed; they are in the late
   *     table and, as all rows, in the source
   * @param written rows written to the table
   * @param strays rows that the transform made for slices that were closed; dropped, and the slices
   *     doubted
   */
  public record Counts(long taken, long late, long written, long strays) {
    public static final Counts NONE = new Counts(0, 0, 0, 0);
  }

  /**
   * Slices that look finished and may not be.
   *
   * @param reason for people
   */
  public record Doubt(SliceSet slices, String reason) {
    public Doubt {
      Objects.requireNonNull(slices, "slices");
      Objects.requireNonNull(reason, "reason");
    }
  }

  public LiveMark {
    Objects.requireNonNull(job, "job");
    Objects.requireNonNull(phase, "phase");
    Objects.requireNonNull(openFrom, "openFrom");
    ranges = Collections.unmodifiableSortedMap(new TreeMap<>(ranges));
    Objects.requireNonNull(counts, "counts");
    doubts = List.copyOf(doubts);
  }

  /** The mark that gives the open slices up and goes nowhere else. */
  public LiveMark released() {
    SortedMap<DatasetId, Ranges> still = new TreeMap<>();
    ranges.forEach(
        (source, taken) -> {
          SortedMap<Integer, Range> partitions = new TreeMap<>();
          taken.partitions().forEach((p, r) -> partitions.put(p, new Range(r.to(), r.to(), 0, 0)));
          still.put(source, new Ranges(taken.topicId(), partitions));
        });
    return new LiveMark(
        job, epoch, checkpoint, Phase.RELEASED, openFrom, still, Counts.NONE, List.of());
  }

  /** The same, with what an older mark took as well. */
  public LiveMark with(LiveMark older) {
    SortedMap<DatasetId, Ranges> both = new TreeMap<>(ranges);
    older.ranges().forEach((source, taken) -> both.merge(source, taken, Ranges::plus));
    return new LiveMark(job, epoch, checkpoint, phase, openFrom, both, counts, doubts);
  }

  /**
   * The event time that the job still owns, because its slices are open; nothing once it was
   * released. Only of a derived dataset.
   *
   * @param grain of the dataset's slices
   */
  public TimeRanges openTime(Grain grain) {
    if (phase == Phase.RELEASED) {
      return TimeRanges.EMPTY;
    }
    return grain == Grain.ALL || openFrom.isEmpty()
        ? TimeRanges.ALL
        : TimeRanges.of(new TimeRange(grain.start(openFrom.get()), Instant.MAX));
  }

  /** Those of a derived dataset's slices that the job still owns. */
  public SliceSet open(SliceSet slices) {
    if (phase == Phase.RELEASED) {
      return SliceSet.empty(slices.grain());
    }
    return openFrom
        .map(from -> slices.minus(SliceSet.range(slices.grain(), Long.MIN_VALUE, from)))
        .orElse(slices);
  }
}
