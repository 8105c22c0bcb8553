package io.tidemark.model.touched;

import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The event time of the rows that a commit adds, in its snapshot summary. A live job makes a commit
 * every few seconds; who asks what happened since some snapshot would otherwise have to open the
 * manifests of each. Only of commits that add files and do nothing else.
 */
public final class TouchedTime {
  private static final String PROPERTY = "tidemark.touched";

  /** Summaries are copied into every later metadata file; beyond, manifests have to be read. */
  private static final int MOST_RANGES = 32;

  private TouchedTime() {}

  /**
   * Summary properties for a commit; none if it is not worth saying.
   *
   * @param column of event time
   * @param ranges to the microsecond
   */
  public static SortedMap<String, String> write(String column, TimeRanges ranges) {
    if (ranges.ranges().size() > MOST_RANGES) {
      return Collections.emptySortedMap();
    }
    StringBuilder text = new StringBuilder();
    for (TimeRange range : ranges.ranges()) {
      if (range.from().equals(Instant.MIN) || range.to().equals(Instant.MAX)) {
        return Collections.emptySortedMap();
      }
      text.append(text.length() == 0 ? "" : ",").append(micros(range.from()));
      text.append("..").append(micros(range.to()));
    }
    SortedMap<String, String> summary = new TreeMap<>();
    summary.put(PROPERTY, text.append(' ').append(column).toString());
    return summary;
  }

  private static long micros(Instant at) {
    return Math.addExact(Math.multiplyExact(at.getEpochSecond(), 1_000_000L), at.getNano() / 1000L);
  }

  /**
   * What a commit says.
   *
   * @param column of event time
   * @return empty if it does not say, or speaks of another column
   */
  public static Optional<TimeRanges> read(Map<String, String> summary, String column) {
    String text = summary.get(PROPERTY);
    if (text == null || !text.endsWith(" " + column)) {
      return Optional.empty();
    }
    String[] parts = text.substring(0, text.length() - column.length() - 1).split(",", -1);
    List<TimeRange> ranges = new ArrayList<>();
    try {
      for (String part : parts) {
        if (!part.isEmpty()) {
          int dots = part.indexOf("..");
          ranges.add(new TimeRange(at(part.substring(0, dots)), at(part.substring(dots + 2))));
        }
      }
    } catch (IndexOutOfBoundsException | IllegalArgumentException | DateTimeException e) {
      // Another version may have written it; the manifests say the same.
      return Optional.empty();
    }
    return Optional.of(new TimeRanges(ranges));
  }

  private static Instant at(String micros) {
    return Instant.EPOCH.plus(Long.parseLong(micros), ChronoUnit.MICROS);
  }
}
