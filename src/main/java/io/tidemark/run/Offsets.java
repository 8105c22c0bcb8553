package io.tidemark.run;

import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveMark.Range;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the marks on a source say was taken from its topic. Pure. */
public final class Offsets {
  private Offsets() {}

  /**
   * Of one partition.
   *
   * @param from the first offset that any mark speaks of
   * @param to the next to be read
   * @param records seen, good and bad
   * @param deadLetters of them, those that could not be read
   * @param gaps offsets between that no mark speaks of, though one should, half open
   * @param twice offsets that two marks speak of, half open
   * @param expired offsets that expired unread, as starts were told to accept
   */
  public record Taken(
      long from,
      long to,
      long records,
      long deadLetters,
      List<Span> gaps,
      List<Span> twice,
      long expired) {
    public Taken {
      gaps = List.copyOf(gaps);
      twice = List.copyOf(twice);
    }
  }

  /** Offsets from one up to another. */
  public record Span(long from, long to) {}

  /**
   * By partition, over all starts of all jobs.
   *
   * @param marks in any order
   */
  public static SortedMap<Integer, Taken> of(DatasetId source, List<LiveMark> marks) {
    SortedMap<Integer, List<Range>> byPartition = new TreeMap<>();
    for (LiveMark mark : marks) {
      LiveMark.Ranges ranges = mark.ranges().get(source);
      if (ranges != null) {
        ranges
            .partitions()
            .forEach(
                (partition, range) ->
                    byPartition.computeIfAbsent(partition, p -> new ArrayList<>()).add(range));
      }
    }
    SortedMap<Integer, Taken> taken = new TreeMap<>();
    byPartition.forEach((partition, ranges) -> taken.put(partition, join(ranges)));
    return taken;
  }

  private static Taken join(List<Range> ranges) {
    ranges.sort(Comparator.comparingLong(Range::from).thenComparingLong(Range::to));
    long from = ranges.get(0).from();
    long to = from;
    long records = 0;
    long letters = 0;
    long expired = 0;
    List<Span> gaps = new ArrayList<>();
    List<Span> twice = new ArrayList<>();
    for (Range range : ranges) {
      if (range.from() > to) {
        gaps.add(new Span(to, range.from()));
      } else if (range.from() < to && range.from() < range.to()) {
        twice.add(new Span(range.from(), Math.min(to, range.to())));
      }
      to = Math.max(to, range.to());
      records += range.records();
      letters += range.deadLetters();
      expired += range.expired().orElse(0L);
    }
    return new Taken(from, to, records, letters, gaps, twice, expired);
  }
}
