package io.tidemark.job.append;

import io.tidemark.job.slice.FileTimes;
import io.tidemark.model.Grain;
import io.tidemark.model.Layout;
import io.tidemark.model.LiveMark.Doubt;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Topic;
import io.tidemark.model.Transform;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataOperations;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.Table;
import org.apache.iceberg.util.SnapshotUtil;

/**
 * What others did to a table that a live job reads or writes. It never flows through the job, so
 * open slices that depend on it are not what the job makes of its rows.
 */
final class Disturbances {
  /** Stands for all time where slices must be finite. */
  private static final TimeRange ANY =
      new TimeRange(Instant.parse("0001-01-01T00:00:00Z"), Instant.parse("9999-12-31T00:00:00Z"));

  private Disturbances() {}

  /**
   * One commit of somebody else.
   *
   * @param ranges the event time that it changed
   * @param cause for people
   */
  record Touch(TimeRanges ranges, String cause) {
    /**
     * Events that nobody has read. What their event time was nobody knows; they had come before
     * now, and are taken to be no further ahead of it than the topic allows.
     */
    static Optional<Touch> expired(LiveSpec.Source source, Instant now) {
      if (source.expired().isEmpty()) {
        return Optional.empty();
      }
      Duration ahead = source.dataset().topic().map(Topic::ahead).orElse(Duration.ZERO);
      return Optional.of(
          new Touch(
              TimeRanges.of(new TimeRange(Instant.MIN, now.plus(ahead))),
              source.expired().values().stream().mapToLong(n -> n).sum()
                  + " offsets of "
                  + source.dataset().id()
                  + "'s topic expired before they were read"));
    }

    /** What it changed before a time; empty if it changed nothing there. */
    Optional<Touch> before(Instant end) {
      List<TimeRange> earlier = new ArrayList<>();
      for (TimeRange range : ranges.ranges()) {
        if (range.from().isBefore(end)) {
          earlier.add(range.to().isAfter(end) ? new TimeRange(range.from(), end) : range);
        }
      }
      return earlier.isEmpty()
          ? Optional.empty()
          : Optional.of(new Touch(new TimeRanges(earlier), cause));
    }

    /** The slices that read any of it. */
    Doubt doubt(Grain grain, Transform.Window window) {
      List<TimeRange> finite = new ArrayList<>();
      for (TimeRange range : ranges.widen(window.lookahead(), window.lookback()).ranges()) {
        if (range.overlaps(ANY)) {
          finite.add(
              new TimeRange(
                  range.from().isBefore(ANY.from()) ? ANY.from() : range.from(),
                  range.to().isAfter(ANY.to()) ? ANY.to() : range.to()));
        }
      }
      return new Doubt(SliceSet.covering(grain, new TimeRanges(finite)), cause);
    }
  }

  /**
   * The commits after one snapshot up to another that were made by no live job, and moved rows.
   *
   * @param after 0 for the beginning of the table
   */
  static List<Touch> between(Table table, String dataset, Layout layout, long after, long upTo) {
    List<Touch> touches = new ArrayList<>();
    if (after == upTo) {
      return touches;
    }
    boolean found = after == 0;
    for (Snapshot snapshot : SnapshotUtil.ancestorsOf(upTo, table::snapshot)) {
      if (snapshot.snapshotId() == after) {
        found = true;
        break;
      }
      touch(table, dataset, layout, snapshot).ifPresent(touches::add);
    }
    if (!found) {
      touches.clear();
      touches.add(
          new Touch(
              TimeRanges.ALL,
              "the history of " + dataset + " no longer leads back to snapshot " + after));
    }
    return touches;
  }

  private static Optional<Touch> touch(
      Table table, String dataset, Layout layout, Snapshot snapshot) {
    boolean live = StampSummary.readMark(snapshot.summary()).isPresent();
    if (live) {
      return Optional.empty();
    } else if (DataOperations.REPLACE.equals(snapshot.operation())) {
      TimeRanges lost = new Balance(table, layout).of(snapshot);
      return lost.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new Touch(
                  lost,
                  dataset
                      + " was rewritten by replace "
                      + snapshot.snapshotId()
                      + " with another number of rows while it was open"));
    }
    Optional<Stamp> stamp =
        StampSummary.read(snapshot.summary()).filter(s -> !s.content().slices().isEmpty());
    String who =
        stamp
            .map(s -> s.kind().name().toLowerCase(java.util.Locale.ROOT) + " " + s.key())
            .orElseGet(() -> snapshot.operation() + " " + snapshot.snapshotId());
    TimeRanges ranges =
        stamp
            .map(s -> s.content().sliceSet().ranges())
            .orElseGet(() -> moved(table, layout, snapshot));
    return ranges.isEmpty()
        ? Optional.empty()
        : Optional.of(new Touch(ranges, dataset + " was changed by " + who + " while it was open"));
  }

  private static TimeRanges moved(Table table, Layout layout, Snapshot snapshot) {
    SnapshotChanges changes = SnapshotChanges.builderFor(table).snapshot(snapshot).build();
    List<DataFile> files = new ArrayList<>();
    changes.addedDataFiles().forEach(files::add);
    changes.removedDataFiles().forEach(files::add);
    boolean deletes =
        changes.addedDeleteFiles().iterator().hasNext()
            || changes.removedDeleteFiles().iterator().hasNext();
    if (layout.eventTime().isEmpty() || deletes) {
      return files.isEmpty() && !deletes ? TimeRanges.EMPTY : TimeRanges.ALL;
    }
    FileTimes times = new FileTimes(table, layout.eventTime().get());
    return new TimeRanges(files.stream().flatMap(f -> times.range(f).stream()).toList());
  }
}
