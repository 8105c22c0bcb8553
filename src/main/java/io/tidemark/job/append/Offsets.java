package io.tidemark.job.append;

import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveMark;
import io.tidemark.model.Problem;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TidemarkException;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.util.SnapshotUtil;

/**
 * Where a job is in a topic.
 *
 * @param ranges per partition what one checkpoint took; of a partition that stood still, nothing
 *     from where it stands
 * @param moved those that did not stand still
 * @param next per partition
 */
record Offsets(
    SortedMap<Integer, LiveMark.Range> ranges,
    SortedMap<Integer, LiveMark.Range> moved,
    SortedMap<Integer, Long> next) {

  /**
   * @param known the next offsets before
   * @param taken what decoders report
   * @throws TidemarkException REFUSED if records were taken again that are committed
   */
  static Offsets after(
      DatasetId source, Map<Integer, Long> known, Map<Integer, LiveMark.Range> taken) {
    TreeMap<Integer, LiveMark.Range> ranges = new TreeMap<>();
    TreeMap<Integer, LiveMark.Range> moved = new TreeMap<>();
    TreeMap<Integer, Long> next = new TreeMap<>(known);
    known.forEach((p, offset) -> ranges.put(p, new LiveMark.Range(offset, offset, 0, 0)));
    taken.forEach(
        (partition, range) -> {
          long from = known.getOrDefault(partition, range.from());
          if (range.from() < from) {
            throw again(source, partition, range.from(), from);
          }
          LiveMark.Range whole =
              new LiveMark.Range(from, range.to(), range.records(), range.deadLetters());
          ranges.put(partition, whole);
          if (range.to() > from) {
            moved.put(partition, whole);
          }
          next.put(partition, range.to());
        });
    return new Offsets(ranges, moved, next);
  }

  private static TidemarkException again(
      DatasetId source, int partition, long from, long committed) {
    return TidemarkException.refused(
        Problem.of(
            "TM-LIVE-033",
            "records of " + source + " were taken again",
            "partition "
                + partition
                + " was read from offset "
                + from
                + ", and everything before "
                + committed
                + " is in the table",
            "start the live job anew; if the topic was made anew, its old offsets mean nothing"));
  }

  /** The ranges, reaching back over what expired before the first of them. */
  SortedMap<Integer, LiveMark.Range> over(Map<Integer, Long> expired) {
    TreeMap<Integer, LiveMark.Range> all = new TreeMap<>(ranges);
    expired.forEach(
        (partition, gone) ->
            all.computeIfPresent(
                partition,
                (p, r) ->
                    new LiveMark.Range(
                        r.from() - gone, r.to(), r.records(), r.deadLetters(), Optional.of(gone))));
    return all;
  }

  /**
   * @throws TidemarkException REFUSED if the records that could be read are not the rows written
   */
  void requireWritten(DatasetId source, long rows) {
    long good = moved.values().stream().mapToLong(r -> r.records() - r.deadLetters()).sum();
    if (good != rows && !moved.isEmpty()) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-LIVE-034",
              "rows of " + source + " were lost or doubled on the way to its table",
              good + " records were read and could be understood, " + rows + " rows were written",
              "start the live job anew; nothing of this checkpoint is in the table"));
    }
  }

  /**
   * The newest snapshot of a live table that holds nothing beyond these offsets.
   *
   * @param known one that does not, whatever its mark says; 0 for none
   */
  Optional<Snapshot> newestWithin(DatasetId source, Table table, Snapshot head, long known) {
    for (Snapshot snapshot : SnapshotUtil.ancestorsOf(head.snapshotId(), table::snapshot)) {
      if (snapshot.snapshotId() == known) {
        return Optional.of(snapshot);
      }
      Optional<LiveMark.Ranges> mark =
          StampSummary.readMark(snapshot.summary())
              .flatMap(m -> Optional.ofNullable(m.ranges().get(source)));
      if (mark.isPresent() && isWithin(mark.get())) {
        return Optional.of(snapshot);
      }
    }
    return Optional.empty();
  }

  private boolean isWithin(LiveMark.Ranges mark) {
    return mark.partitions().entrySet().stream()
        .allMatch(e -> e.getValue().to() <= next.getOrDefault(e.getKey(), 0L));
  }
}
