package io.tidemark.plan;

import io.tidemark.model.Grain;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform.Window;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Which output slices a stretch of an input's event time reaches. */
final class Touch {
  private Touch() {}

  /** Those of {@code slices} whose output depends on input rows in {@code ranges}. */
  static SliceSet reached(SliceSet slices, TimeRanges ranges, Window window) {
    return overlapping(slices, ranges.widen(window.lookahead(), window.lookback()));
  }

  /** All slices of a grain whose output depends on input rows in {@code ranges}, all bounded. */
  static SliceSet reachable(Grain grain, TimeRanges ranges, Window window) {
    return SliceSet.covering(grain, ranges.widen(window.lookahead(), window.lookback()));
  }

  /** Those of {@code slices} that overlap the ranges, which may be unbounded. */
  static SliceSet overlapping(SliceSet slices, TimeRanges ranges) {
    if (slices.isEmpty() || ranges.isEmpty()) {
      return SliceSet.empty(slices.grain());
    }
    List<TimeRange> own = slices.ranges().ranges();
    Instant first = own.get(0).from();
    Instant last = own.get(own.size() - 1).to();
    List<TimeRange> clamped = new ArrayList<>();
    for (TimeRange range : ranges.ranges()) {
      Instant from = range.from().isBefore(first) ? first : range.from();
      Instant to = range.to().isAfter(last) ? last : range.to();
      if (from.isBefore(to)) {
        clamped.add(new TimeRange(from, to));
      }
    }
    return slices.intersect(SliceSet.covering(slices.grain(), new TimeRanges(clamped)));
  }
}
