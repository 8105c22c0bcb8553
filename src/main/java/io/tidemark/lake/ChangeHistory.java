package io.tidemark.lake;

import io.tidemark.lake.files.DataFiles;
import io.tidemark.lake.files.DataFiles.Detail;
import io.tidemark.lake.files.Deltas;
import io.tidemark.lake.files.Deltas.Delta;
import io.tidemark.lake.files.Deltas.Moved;
import io.tidemark.lake.files.SliceIndex;
import io.tidemark.model.Changes;
import io.tidemark.model.Changes.Touched;
import io.tidemark.model.Pin;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/** What happened to main since a pin. */
final class ChangeHistory {
  private final Table table;
  private final SliceIndex index;
  private final Deltas deltas;

  ChangeHistory(Table table, SliceIndex index, Deltas deltas) {
    this.table = table;
    this.index = index;
    this.deltas = deltas;
  }

  Changes since(Pin pin) {
    Optional<Snapshot> head = History.main(table);
    if (head.isPresent() && head.get().snapshotId() == pin.snapshot()) {
      return Changes.NONE;
    }
    Optional<List<Snapshot>> since = History.since(table, pin.base(), head);
    boolean candidate = pin.run().isPresent() && pin.snapshot() != pin.base();
    if (since.isEmpty()) {
      return noted(pin, head, candidate)
          .orElseGet(() -> compare(pin, head, "main was rolled back, or its history has expired"));
    }
    List<Snapshot> others = new ArrayList<>(since.get());
    if (candidate && !others.removeIf(s -> isPublishOf(s, pin))) {
      return compare(pin, head, "the candidate of run " + pin.run().get() + " is not on main");
    }
    return walk(others);
  }

  /** The event time that live jobs' commits on main touched after a snapshot, between moments. */
  TimeRanges live(long after, Instant from, Instant to) {
    List<TimeRange> ranges = new ArrayList<>();
    Optional<Snapshot> head = History.main(table);
    if (head.isPresent()) {
      for (Snapshot snapshot : History.ancestry(table, head.get())) {
        Instant at = Instant.ofEpochMilli(snapshot.timestampMillis());
        if (snapshot.snapshotId() == after || at.isBefore(from)) {
          break;
        }
        if (at.isBefore(to) && isLive(snapshot)) {
          ranges.addAll(ranges(deltas.of(table, index, snapshot)).ranges());
        }
      }
    }
    return new TimeRanges(ranges);
  }

  /** From notes of what has expired, and the commits since. */
  private Optional<Changes> noted(Pin pin, Optional<Snapshot> head, boolean candidate) {
    Optional<Chronicle.Past> past = Chronicle.since(table, pin);
    Optional<List<Snapshot>> since = past.flatMap(p -> History.since(table, p.upTo(), head));
    if (since.isEmpty()) {
      return Optional.empty();
    }
    List<Snapshot> others = new ArrayList<>(since.get());
    if (candidate && !past.get().without(pin) && !others.removeIf(s -> isPublishOf(s, pin))) {
      return Optional.empty();
    }
    List<Touched> touched = new ArrayList<>(past.get().touched());
    touched.addAll(walk(others).touched());
    return Optional.of(new Changes(touched, ""));
  }

  private static boolean isPublishOf(Snapshot snapshot, Pin pin) {
    return History.stamp(snapshot)
        .filter(s -> s.kind() == Stamp.Kind.PUBLISH && s.origin().run().equals(pin.run()))
        .isPresent();
  }

  private Changes walk(List<Snapshot> commits) {
    SliceSet unmoved = null;
    List<Touched> touched = new ArrayList<>();
    List<TimeRange> late = new ArrayList<>();
    for (Snapshot snapshot : commits) {
      Delta delta = deltas.of(table, index, snapshot);
      TimeRanges ranges = ranges(delta);
      if (ranges.isEmpty()) {
        continue;
      }
      if (unmoved == null) {
        unmoved = Compactions.unmoved(table, index, deltas, commits, everything(commits));
      }
      for (TimeRange range : without(ranges, unmoved).ranges()) {
        if (isLive(snapshot)) {
          late.add(range);
        } else {
          touched.add(new Touched(range, columns(snapshot), cause(snapshot)));
        }
      }
    }
    for (TimeRange range : new TimeRanges(late).ranges()) {
      touched.add(new Touched(range, Stamp.Content.ANY_COLUMN, Changes.LATE));
    }
    return new Changes(touched, "");
  }

  /** All checkpoints of live jobs are one cause: there may be thousands. */
  static boolean isLive(Snapshot snapshot) {
    return History.stamp(snapshot).filter(s -> s.kind() == Stamp.Kind.LIVE).isPresent();
  }

  private SliceSet everything(List<Snapshot> commits) {
    SliceSet all = SliceSet.empty(index.grain());
    for (Snapshot snapshot : commits) {
      Delta delta = deltas.of(table, index, snapshot);
      for (List<Moved> files : List.of(delta.added(), delta.removed(), delta.deletes())) {
        for (Moved file : files) {
          if (!file.placement().isNowhere()) {
            all = all.union(file.placement().slices(index.grain()));
          }
        }
      }
    }
    return all;
  }

  /** The event time that a commit changed; none for a compaction. */
  TimeRanges ranges(Delta delta) {
    SliceSet changed = null;
    List<TimeRange> ranges = new ArrayList<>();
    for (List<Moved> files : List.of(delta.added(), delta.removed(), delta.deletes())) {
      for (Moved file : files) {
        if (file.placement().isNowhere()) {
          continue;
        }
        if (delta.compaction()) {
          SliceSet slices = file.placement().slices(index.grain());
          changed = changed == null ? slices : changed.union(slices);
        } else {
          ranges.add(file.placement().range());
        }
      }
    }
    if (changed != null) {
      return Compactions.changed(delta, changed).ranges();
    }
    return new TimeRanges(ranges);
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

  static List<String> columns(Snapshot snapshot) {
    return History.stamp(snapshot)
        .filter(Ledger::decides)
        .map(s -> s.content().changedColumns())
        .filter(columns -> !columns.isEmpty())
        .orElse(Stamp.Content.ANY_COLUMN);
  }

  static String cause(Snapshot snapshot) {
    return History.stamp(snapshot)
        .map(
            s ->
                s.kind().name().toLowerCase(java.util.Locale.ROOT)
                    + s.origin().run().map(run -> " of run " + run).orElse(" " + s.key()))
        .orElse("snapshot " + snapshot.snapshotId() + " (" + snapshot.operation() + ")");
  }

  /** File by file, where no chain of commits leads from the pin to main. */
  private Changes compare(Pin pin, Optional<Snapshot> head, String why) {
    Snapshot then = table.snapshot(pin.snapshot());
    if (then == null) {
      return Changes.unknown("snapshot " + pin.snapshot() + " has expired");
    }
    DataFiles files = new DataFiles(table, index);
    if (!files.deleted(then).isEmpty()
        || !head.map(files::deleted).map(SliceSet::isEmpty).orElse(true)) {
      return Changes.unknown(why + ", and there are delete files");
    }
    Map<String, DataFile> left = live(files, Optional.of(then));
    Map<String, DataFile> right = live(files, head);
    List<TimeRange> ranges = new ArrayList<>();
    left.forEach(
        (path, file) -> {
          if (right.remove(path) == null) {
            ranges.add(index.place(file).range());
          }
        });
    right.values().forEach(file -> ranges.add(index.place(file).range()));
    return new Changes(
        new TimeRanges(ranges)
            .ranges().stream().map(r -> new Touched(r, Stamp.Content.ANY_COLUMN, why)).toList(),
        "");
  }

  private Map<String, DataFile> live(DataFiles files, Optional<Snapshot> snapshot) {
    Map<String, DataFile> live = new HashMap<>();
    snapshot.ifPresent(
        s ->
            files.all(
                s,
                Detail.STATISTICS,
                (file, placement) -> {
                  if (!placement.isNowhere()) {
                    live.put(file.location(), file);
                  }
                }));
    return live;
  }
}
