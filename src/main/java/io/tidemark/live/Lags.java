package io.tidemark.live;

import io.tidemark.cluster.LiveJob;
import io.tidemark.cluster.LiveJob.Metric;
import io.tidemark.lake.Lake;
import io.tidemark.live.topics.Topics;
import io.tidemark.live.topics.Topics.Extent;
import io.tidemark.live.topics.Topics.Unread;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveStatus.Lag;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Topic;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How far jobs are behind the ends of topics. */
final class Lags {
  private static final Pattern READ = Pattern.compile(".*\\.tidemark\\.next_offset_(\\d+)");

  private final Clock clock;
  private final Topics topics;

  Lags(Clock clock, Topics topics) {
    this.clock = clock;
    this.topics = topics;
  }

  /** The next offset of each partition that a source's table does not hold. */
  static SortedMap<Integer, Long> committed(Lake lake, Dataset source) {
    SortedMap<Integer, Long> next = new TreeMap<>();
    lake.liveMark(source.table(), Side.MAIN.branch())
        .flatMap(m -> Optional.ofNullable(m.ranges().get(source.id())))
        .ifPresent(r -> r.partitions().forEach((p, range) -> next.put(p, range.to())));
    return next;
  }

  /**
   * The next offset of each partition that a running job has not read. Of partitions that it does
   * not read yet, where it began.
   */
  static SortedMap<Integer, Long> read(
      LiveJob job, DatasetId source, Map<DatasetId, LiveMark.Ranges> began) {
    SortedMap<Integer, Long> next = new TreeMap<>();
    Optional.ofNullable(began.get(source))
        .ifPresent(r -> r.partitions().forEach((p, range) -> next.put(p, range.to())));
    for (Metric metric : job.metrics()) {
      Matcher read = READ.matcher(metric.name());
      // One below 0 stands for an end of the topic, whose offset is not looked up yet.
      if (metric.name().contains("take_" + source.value() + ".")
          && read.matches()
          && metric.max() >= 0) {
        next.merge(Integer.parseInt(read.group(1)), (long) metric.max(), Math::max);
      }
    }
    return next;
  }

  /** From these offsets to the end of a topic; unknown while no broker answers. */
  Lag behind(Topic topic, SortedMap<Integer, Long> read) {
    try {
      return topics.extent(topic).map(e -> behind(unread(topic, read, e), e)).orElse(Lag.UNKNOWN);
    } catch (TidemarkException e) {
      // What is not known is told by knowing no lag.
      return Lag.UNKNOWN;
    }
  }

  /** What waits to be read; by offsets alone while no broker lets it be looked at. */
  Unread unread(Topic topic, SortedMap<Integer, Long> read, Extent extent) {
    try {
      return topics.unread(topic, read, extent);
    } catch (TidemarkException e) {
      return Unread.unseen(read, extent);
    }
  }

  Lag behind(Unread unread, Extent extent) {
    long events = unread.offsets(extent);
    return new Lag(
        Optional.of(events),
        events == 0 ? Optional.of(Duration.ZERO) : unread.oldest().map(at -> age(at, clock)));
  }

  /** Of what is of a clock that is ahead, none. */
  static Duration age(Instant at, Clock clock) {
    Duration age = Duration.between(at, clock.instant());
    return age.isNegative() ? Duration.ZERO : age;
  }
}
