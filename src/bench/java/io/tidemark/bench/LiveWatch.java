package io.tidemark.bench;

import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveMark;
import io.tidemark.model.StampSummary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/** What the commits of a live job say of when the sales that were sent could be read. */
final class LiveWatch {
  private static final DatasetId SALES = DatasetId.of("sales");
  private static final long HOUR_MILLIS = 3_600_000;

  private final SteadySales sales;

  /** The first offset of each partition that was sent at a steady rate. */
  private final SortedMap<Integer, Long> first;

  private final List<Commit> raw;
  private final List<Commit> derived;

  /** A commit of the live job. */
  private record Commit(long millis, LiveMark mark) {}

  /**
   * When a slice could have closed and when it had.
   *
   * @param passed when the last event was sent that made the watermark pass its end
   * @param visible when the commit was made that closed it
   * @param checkpoints from the one that brought that event to the one that closed the slice
   */
  record Closing(long passed, long visible, long checkpoints) {
    long millis() {
      return visible - passed;
    }
  }

  LiveWatch(SteadySales sales, SortedMap<Integer, Long> first, Table raw, Table derived) {
    this.sales = sales;
    this.first = first;
    this.raw = commits(raw);
    this.derived = commits(derived);
  }

  private static List<Commit> commits(Table table) {
    table.refresh();
    List<Commit> commits = new ArrayList<>();
    for (Snapshot snapshot : table.snapshots()) {
      StampSummary.readMark(snapshot.summary())
          .ifPresent(mark -> commits.add(new Commit(snapshot.timestampMillis(), mark)));
    }
    return commits;
  }

  /** Milliseconds from a sale to the commit that shows it, of sales sent in a time. */
  long[] lags(long from, long to) {
    List<Long> lags = new ArrayList<>();
    for (Commit commit : raw) {
      partitions(commit)
          .forEach(
              (partition, range) -> {
                List<SteadySales.Sent> sent = sales.of(partition);
                long start = Math.max(0, range.from() - first.get(partition));
                long end = Math.min(sent.size(), range.to() - first.get(partition));
                for (long i = start; i < end; i++) {
                  long at = sent.get((int) i).millis();
                  if (at >= from && at < to) {
                    lags.add(commit.millis - at);
                  }
                }
              });
    }
    long[] sorted = lags.stream().mapToLong(l -> l).toArray();
    Arrays.sort(sorted);
    return sorted;
  }

  private static SortedMap<Integer, LiveMark.Range> partitions(Commit commit) {
    LiveMark.Ranges ranges = commit.mark.ranges().get(SALES);
    return ranges == null ? new TreeMap<>() : ranges.partitions();
  }

  /** Of the slices that closed while sales were sent at a steady rate. */
  List<Closing> closings(long outOfOrdernessMillis) {
    List<Closing> closings = new ArrayList<>();
    long before = Long.MIN_VALUE;
    for (Commit commit : derived) {
      long open = commit.mark.openFrom().orElse(Long.MIN_VALUE);
      if (open > before && before != Long.MIN_VALUE) {
        closing(commit, open * HOUR_MILLIS + outOfOrdernessMillis, closings);
      }
      before = Math.max(before, open);
    }
    return closings;
  }

  private void closing(Commit commit, long needed, List<Closing> closings) {
    long passed = 0;
    long checkpoint = 0;
    for (int partition = 0; partition < LiveWorkload.PARTITIONS; partition++) {
      List<SteadySales.Sent> sent = sales.of(partition);
      int i = 0;
      while (i < sent.size() && sent.get(i).at() < needed) {
        i++;
      }
      if (i == 0 || i == sent.size()) {
        return;
      }
      passed = Math.max(passed, sent.get(i).millis());
      checkpoint = Math.max(checkpoint, brought(partition, first.get(partition) + i));
    }
    closings.add(new Closing(passed, commit.millis, commit.mark.checkpoint() - checkpoint));
  }

  private long brought(int partition, long offset) {
    return raw.stream()
        .filter(
            c -> {
              LiveMark.Range range = partitions(c).get(partition);
              return range != null && range.from() <= offset && offset < range.to();
            })
        .mapToLong(c -> c.mark.checkpoint())
        .findFirst()
        .orElse(0);
  }
}
