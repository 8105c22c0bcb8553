package io.tidemark.lake;

import io.tidemark.lake.files.Compactions;
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
import io.tidemark.model.StampSummary;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/** What happened to main since pins, of one state of a table. Not thread-safe. */
final class ChangeHistory {
  private final Table table;
  private final SliceIndex index;
  private final Deltas deltas;

  /** Newest first. */
  private final List<Snapshot> main = new ArrayList<>();

  /** By snapshot, how many commits there are since. */
  private final Map<Long, Integer> positions = new HashMap<>();

  /** What the oldest commit follows; 0 for nothing. */
  private long end;

  /** By how many of the newest commits it is about. */
  private final Map<Integer, Changes> walked = new HashMap<>();

  private Walk walk;
  private int walkedTo;
  private Optional<Chronicle.Standing> standing = Optional.empty();

  ChangeHistory(Table table, SliceIndex index, Deltas deltas) {
    this.table = table;
    this.index = index;
    this.deltas = deltas;
    this.walk = new Walk(index);
    Optional<Snapshot> head = History.main(table);
    if (head.isPresent()) {
      for (Snapshot snapshot : History.ancestry(table, head.get())) {
        positions.put(snapshot.snapshotId(), main.size());
        main.add(snapshot);
        end = snapshot.parentId() == null ? 0 : snapshot.parentId();
      }
    }
  }

  /** Since each of many pins, by one walk. */
  Map<Pin, Changes> since(Set<Pin> pins) {
    // The newest first: each needs the commits that those before it needed.
    List<Pin> nearest = new ArrayList<>(pins);
    nearest.sort(Comparator.comparingInt(pin -> since(pin.base()).orElse(Integer.MAX_VALUE)));
    Map<Pin, Changes> changes = new HashMap<>();
    nearest.forEach(pin -> changes.put(pin, since(pin)));
    return changes;
  }

  private Changes since(Pin pin) {
    Optional<Snapshot> head = main.stream().findFirst();
    if (head.isPresent() && head.get().snapshotId() == pin.snapshot()) {
      return Changes.NONE;
    }
    Optional<Integer> since = since(pin.base());
    boolean candidate = pin.run().isPresent() && pin.snapshot() != pin.base();
    if (since.isEmpty()) {
      return noted(pin, candidate)
          .orElseGet(() -> compare(pin, head, "main was rolled back, or its history has expired"));
    }
    if (!candidate) {
      return walked(since.get());
    }
    return without(pin, since.get())
        .orElseGet(
            () ->
                compare(pin, head, "the candidate of run " + pin.run().get() + " is not on main"));
  }

  /** How many commits main has since a snapshot; empty if too much has expired to tell. */
  private Optional<Integer> since(long base) {
    if (base == 0) {
      return Optional.of(main.size()).filter(n -> end == 0);
    }
    return Optional.ofNullable(positions.get(base))
        .or(() -> Optional.of(main.size()).filter(n -> end == base));
  }

  /** What the newest commits changed; asked for ever more of them, it goes on where it was. */
  private Changes walked(int commits) {
    Changes known = walked.get(commits);
    if (known != null) {
      return known;
    }
    if (walkedTo > commits) {
      walk = new Walk(index);
      walkedTo = 0;
    }
    while (walkedTo < commits) {
      add(walk, main.get(walkedTo));
      walkedTo++;
    }
    Changes changes = walk.changes();
    walked.put(commits, changes);
    return changes;
  }

  private void add(Walk to, Snapshot snapshot) {
    Delta delta = deltas.of(table, index, snapshot);
    to.add(snapshot, delta, ranges(delta));
  }

  /** The same without the publish of a pin's run; empty if that is not there. */
  private Optional<Changes> without(Pin pin, int commits) {
    List<Snapshot> others = new ArrayList<>(main.subList(0, commits));
    if (!others.removeIf(s -> isPublishOf(s, pin))) {
      return Optional.empty();
    }
    Walk rest = new Walk(index);
    others.forEach(s -> add(rest, s));
    return Optional.of(rest.changes());
  }

  /** The event time that live jobs' commits on main touched after a snapshot, between moments. */
  TimeRanges live(long after, Instant from, Instant to) {
    List<TimeRange> ranges = new ArrayList<>();
    for (Snapshot snapshot : main) {
      Instant at = Instant.ofEpochMilli(snapshot.timestampMillis());
      if (snapshot.snapshotId() == after || at.isBefore(from)) {
        break;
      }
      if (at.isBefore(to) && isLive(snapshot)) {
        ranges.addAll(ranges(deltas.of(table, index, snapshot)).ranges());
      }
    }
    return new TimeRanges(ranges);
  }

  /** From notes of what has expired, and the commits since. */
  private Optional<Changes> noted(Pin pin, boolean candidate) {
    if (standing.isEmpty()) {
      standing = Optional.of(Chronicle.standing(table));
    }
    Optional<Chronicle.Past> past = standing.get().since(pin);
    Optional<Integer> since = past.flatMap(p -> since(p.upTo()));
    if (since.isEmpty()) {
      return Optional.empty();
    }
    Optional<Changes> rest =
        candidate && !past.get().without(pin)
            ? without(pin, since.get())
            : Optional.of(walked(since.get()));
    return rest.map(
        newer -> {
          List<Touched> touched = new ArrayList<>(past.get().touched());
          touched.addAll(newer.touched());
          return new Changes(touched, "");
        });
  }

  private static boolean isPublishOf(Snapshot snapshot, Pin pin) {
    return StampSummary.isOf(snapshot.summary(), Stamp.Kind.PUBLISH)
        && History.stamp(snapshot).filter(s -> s.origin().run().equals(pin.run())).isPresent();
  }

  static boolean isLive(Snapshot snapshot) {
    return StampSummary.isOf(snapshot.summary(), Stamp.Kind.LIVE);
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
