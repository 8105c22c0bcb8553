package io.tidemark.lake;

import io.tidemark.lake.files.Deltas.Delta;
import io.tidemark.lake.files.SliceIndex;
import io.tidemark.lake.files.Unmoved;
import io.tidemark.model.Changes;
import io.tidemark.model.Changes.Touched;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.Snapshot;

/**
 * What commits changed, from the newest back: an answer for each of many snapshots costs one walk,
 * since the commits after a snapshot are those after the next one and few more.
 */
final class Walk {
  private final Unmoved unmoved;
  private final List<Commit> newestFirst = new ArrayList<>();

  /** All checkpoints of live jobs are one cause: there may be thousands. */
  private TimeRanges late = TimeRanges.EMPTY;

  /** A commit of no live job. */
  private record Commit(TimeRanges ranges, Snapshot snapshot) {}

  Walk(SliceIndex index) {
    this.unmoved = new Unmoved(index.grain());
  }

  /** Adds the commit before all that were added so far. */
  void add(Snapshot snapshot, Delta delta, TimeRanges ranges) {
    unmoved.add(delta);
    if (ranges.isEmpty()) {
      return;
    } else if (ChangeHistory.isLive(snapshot)) {
      late = late.union(ranges);
    } else {
      newestFirst.add(new Commit(ranges, snapshot));
    }
  }

  Changes changes() {
    if (newestFirst.isEmpty() && late.isEmpty()) {
      return Changes.NONE;
    }
    SliceSet same = unmoved.slices();
    List<Touched> touched = new ArrayList<>();
    for (int i = newestFirst.size() - 1; i >= 0; i--) {
      Commit commit = newestFirst.get(i);
      for (TimeRange range : without(commit.ranges, same).ranges()) {
        touched.add(
            new Touched(
                range,
                ChangeHistory.columns(commit.snapshot),
                ChangeHistory.cause(commit.snapshot)));
      }
    }
    for (TimeRange range : without(late, same).ranges()) {
      touched.add(new Touched(range, Stamp.Content.ANY_COLUMN, Changes.LATE));
    }
    return new Changes(touched, "");
  }

  private static TimeRanges without(TimeRanges ranges, SliceSet slices) {
    if (slices.isEmpty()) {
      return ranges;
    }
    List<TimeRange> rest = new ArrayList<>();
    for (TimeRange range : ranges.ranges()) {
      TimeRange left = range;
      for (TimeRange hole : slices.ranges().ranges()) {
        if (left == null || !left.overlaps(hole)) {
          continue;
        }
        if (left.from().isBefore(hole.from())) {
          rest.add(new TimeRange(left.from(), hole.from()));
        }
        left = hole.to().isBefore(left.to()) ? new TimeRange(hole.to(), left.to()) : null;
      }
      if (left != null) {
        rest.add(left);
      }
    }
    return new TimeRanges(rest);
  }
}
