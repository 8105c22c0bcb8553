package io.tidemark.lake;

import io.tidemark.lake.files.DataFiles;
import io.tidemark.lake.files.DataFiles.Detail;
import io.tidemark.lake.files.Deltas;
import io.tidemark.lake.files.SliceIndex;
import io.tidemark.lake.notes.Heirs;
import io.tidemark.lake.notes.Told;
import io.tidemark.lake.notes.Told.At;
import io.tidemark.lake.notes.Told.Event;
import io.tidemark.lake.refs.Refs;
import io.tidemark.model.Changes;
import io.tidemark.model.Changes.Touched;
import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.Pin;
import io.tidemark.model.RecordJson;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.Transaction;

/**
 * Notes, on the guard branch, what main's history tells of changes since a pin and of the files of
 * a publish, so that it may expire: consumers do not become stale and publishes can be reverted
 * though the commits between are forgotten.
 */
final class Chronicle {
  private static final String TOLD = "tidemark.journal.told";
  private static final String AFTER = "tidemark-after-";

  private final Refs refs;
  private final Deltas deltas;

  Chronicle(Refs refs, Deltas deltas) {
    this.refs = refs;
    this.deltas = deltas;
  }

  /** One note. */
  record Page(Told told, List<Heirs> heirs) {}

  /** Notes what is not noted yet, in one note; nothing if there is nothing. */
  void write(TableRef ref, Dataset dataset, Set<Pin> pins) {
    refs.retry(
        ref,
        table -> {
          Optional<Snapshot> head = History.main(table);
          if (head.isEmpty()) {
            return true;
          }
          SliceIndex index = SliceIndex.of(ref, table, dataset.layout());
          List<Page> pages = pages(table);
          Optional<Page> page = page(table, index, head.get(), pages, pins);
          if (page.isEmpty()) {
            return true;
          }
          Transaction transaction = table.newTransaction();
          String packed = StampSummary.pack(RecordJson.write(page.get(), Page.class));
          Journal.append(table, transaction, Map.of(TOLD, packed));
          transaction.commitTransaction();
          return false;
        });
  }

  private Optional<Page> page(
      Table table, SliceIndex index, Snapshot head, List<Page> pages, Set<Pin> pins) {
    Optional<Told> last = last(pages).map(Page::told);
    List<Snapshot> fresh = new ArrayList<>();
    Map<Long, Long> main = new TreeMap<>();
    boolean known = false;
    for (Snapshot snapshot : History.ancestry(table, head)) {
      known = known || last.map(t -> t.upTo() == snapshot.snapshotId()).orElse(false);
      if (!known) {
        fresh.add(snapshot);
      }
      main.put(snapshot.snapshotId(), snapshot.sequenceNumber());
    }
    Set<Long> noted = new HashSet<>();
    List<Page> standing = known ? unbroken(pages) : List.of();
    standing.forEach(p -> p.told().pins().forEach(at -> noted.add(at.snapshot())));
    List<At> added =
        pins.stream()
            .map(Pin::base)
            .distinct()
            .filter(base -> main.containsKey(base) && !noted.contains(base))
            .map(base -> new At(base, main.get(base)))
            .toList();
    if (fresh.isEmpty() && added.isEmpty()) {
      return Optional.empty();
    }
    // Where the chain to the last note is broken, what lay between is not known.
    long from =
        fresh.isEmpty()
            ? head.sequenceNumber() + 1
            : known
                ? last.orElseThrow().last() + 1
                : fresh.get(fresh.size() - 1).parentId() == null
                    ? 0
                    : fresh.get(fresh.size() - 1).sequenceNumber();
    Told told =
        new Told(
            from, head.snapshotId(), head.sequenceNumber(), added, events(table, index, fresh));
    return Optional.of(new Page(told, heirs(table, index, head, pages)));
  }

  /**
   * @param newest first
   */
  private List<Event> events(Table table, SliceIndex index, List<Snapshot> newest) {
    ChangeHistory history = new ChangeHistory(table, index, deltas);
    List<Event> events = new ArrayList<>();
    SliceSet late = SliceSet.empty(Grain.HOUR);
    for (Snapshot snapshot : newest) {
      TimeRanges ranges = history.ranges(deltas.of(table, index, snapshot));
      if (ranges.isEmpty()) {
        continue;
      }
      long sequence = snapshot.sequenceNumber();
      if (ChangeHistory.isLive(snapshot) && isFinite(ranges)) {
        // Of thousands of checkpoints, the newest that reached an hour.
        SliceSet hours = SliceSet.covering(Grain.HOUR, ranges).minus(late);
        late = late.union(hours);
        ranges = hours.ranges();
      }
      if (!ranges.isEmpty()) {
        boolean live = ChangeHistory.isLive(snapshot);
        events.add(
            new Event(
                sequence,
                ranges,
                live ? Stamp.Content.ANY_COLUMN : ChangeHistory.columns(snapshot),
                live ? Changes.LATE : ChangeHistory.cause(snapshot),
                History.stamp(snapshot)
                    .filter(s -> s.kind() == Stamp.Kind.PUBLISH)
                    .flatMap(s -> s.origin().run())));
      }
    }
    return events;
  }

  private static boolean isFinite(TimeRanges ranges) {
    List<TimeRange> all = ranges.ranges();
    return all.get(0).from().isAfter(Instant.MIN)
        && all.get(all.size() - 1).to().isBefore(Instant.MAX);
  }

  /** Of the publishes that may still be reverted, those of which files were compacted. */
  private List<Heirs> heirs(Table table, SliceIndex index, Snapshot head, List<Page> pages) {
    List<Heirs> heirs = new ArrayList<>();
    for (Map.Entry<String, SnapshotRef> ref : table.refs().entrySet()) {
      Snapshot publish = table.snapshot(ref.getValue().snapshotId());
      if (!ref.getKey().startsWith(AFTER) || publish == null) {
        continue;
      }
      Optional<Heirs> known = heirs(pages, publish.snapshotId());
      Optional<List<Snapshot>> since =
          History.since(
              table, known.map(Heirs::upTo).orElse(publish.snapshotId()), Optional.of(head));
      Optional<SliceSet> slices = History.stamp(publish).map(s -> s.content().sliceSet());
      boolean compacted =
          since.isPresent()
              && slices.isPresent()
              && slices.get().grain() == index.grain()
              && since.get().stream()
                  .map(s -> deltas.of(table, index, s))
                  .anyMatch(d -> d.compaction() && !d.slices(slices.get()).isEmpty());
      if (compacted) {
        Descent descent =
            new Descent(index, new DataFiles(table, index).in(publish, slices.get(), Detail.LIGHT));
        known.ifPresent(descent::inherit);
        since.get().forEach(s -> descent.follow(deltas.of(table, index, s)));
        heirs.add(descent.heirs(publish.snapshotId(), head.snapshotId()));
      }
    }
    return heirs;
  }

  /** Where a publish's rows were when last noted. */
  static Optional<Heirs> heirs(Table table, long publish) {
    return heirs(pages(table), publish);
  }

  private static Optional<Heirs> heirs(List<Page> pages, long publish) {
    Optional<Heirs> newest = Optional.empty();
    for (Page page : pages) {
      for (Heirs heirs : page.heirs()) {
        newest = heirs.publish() == publish ? Optional.of(heirs) : newest;
      }
    }
    return newest;
  }

  /** The notes that tell without a gap, read once for many pins. */
  record Standing(List<Page> pages) {
    /**
     * What happened to main since a pin up to the last note, if the notes tell without a gap; the
     * commits since then are for the caller.
     */
    Optional<Past> since(Pin pin) {
      Optional<Long> at =
          pages.stream()
              .flatMap(p -> p.told().pins().stream())
              .filter(p -> p.snapshot() == pin.base())
              .map(At::sequence)
              .findFirst();
      if (at.isEmpty()) {
        return Optional.empty();
      }
      List<Event> events = new ArrayList<>();
      for (Page page : pages) {
        page.told().events().stream().filter(e -> e.sequence() > at.get()).forEach(events::add);
      }
      return Optional.of(new Past(pages.get(pages.size() - 1).told().upTo(), events));
    }
  }

  static Standing standing(Table table) {
    return new Standing(unbroken(pages(table)));
  }

  /** The newest pages that follow each other without a gap; their pins lie on main or behind it. */
  private static List<Page> unbroken(List<Page> pages) {
    int first = pages.size() - 1;
    while (first > 0 && pages.get(first - 1).told().last() + 1 == pages.get(first).told().from()) {
      first--;
    }
    return pages.isEmpty() ? pages : pages.subList(first, pages.size());
  }

  /**
   * @param upTo main's snapshot at the end
   */
  record Past(long upTo, List<Event> events) {
    /** Takes out the publish of a run; false if it is not there. */
    boolean without(Pin pin) {
      return events.removeIf(e -> e.run().isPresent() && e.run().equals(pin.run()));
    }

    List<Touched> touched() {
      return events.stream().flatMap(Event::touched).toList();
    }
  }

  private static Optional<Page> last(List<Page> pages) {
    return pages.isEmpty() ? Optional.empty() : Optional.of(pages.get(pages.size() - 1));
  }

  /** Oldest first, as far as main did not go back behind them. */
  private static List<Page> pages(Table table) {
    List<Page> pages = new ArrayList<>();
    for (Map<String, String> note : Journal.oldestFirst(table)) {
      String packed = note.get(TOLD);
      if (packed != null) {
        pages.add(RecordJson.read(StampSummary.unpack(packed), Page.class));
      }
      Journal.backTo(note)
          .ifPresent(
              back -> {
                pages.removeIf(p -> p.told().from() > back.sequence());
                pages.replaceAll(
                    p ->
                        new Page(
                            p.told().backTo(back.snapshot(), back.sequence()),
                            p.told().last() > back.sequence() ? List.of() : p.heirs()));
              });
    }
    return pages;
  }
}
