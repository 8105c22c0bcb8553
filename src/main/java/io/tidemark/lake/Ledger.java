package io.tidemark.lake;

import io.tidemark.lake.Journal.Entry;
import io.tidemark.model.Analysis;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveMark.Doubt;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.Stamp.SliceDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/** What the stamps on main say about each slice, by replaying them from the oldest. */
final class Ledger {
  private final Grain grain;

  /** Slices that nothing is known of are not there. */
  private final TreeMap<Long, Said> said = new TreeMap<>();

  /** Per commit that decides: what was said of its slices before. */
  private final Map<Long, Map<Long, Said>> below = new HashMap<>();

  private Optional<LiveMark> newest = Optional.empty();

  /**
   * What is known of a slice.
   *
   * @param doubt why main does not answer for it although it is closed
   */
  private record Said(Optional<SliceRecord> record, Optional<String> doubt) {
    static final Said NOTHING = new Said(Optional.empty(), Optional.empty());
  }

  private Ledger(Grain grain) {
    this.grain = grain;
  }

  static Ledger read(Table table, Grain grain) {
    Ledger ledger = new Ledger(grain);
    List<Entry> newest = Journal.main(table);
    for (int i = newest.size() - 1; i >= 0; i--) {
      ledger.replay(newest.get(i));
    }
    return ledger;
  }

  /** Whether a stamp replaces what its slices held. */
  static boolean decides(Stamp stamp) {
    return stamp.kind() == Stamp.Kind.PUBLISH || stamp.kind() == Stamp.Kind.REVERT;
  }

  /** What main answers for, ordered by ordinal. */
  List<SliceRecord> records() {
    return said.values().stream().flatMap(s -> s.record().stream()).toList();
  }

  /** The newest mark of a live job with every doubt that still stands, whichever mark raised it. */
  Optional<LiveMark> live() {
    return newest.map(
        m ->
            new LiveMark(
                m.job(),
                m.epoch(),
                m.checkpoint(),
                m.phase(),
                m.openFrom(),
                m.ranges(),
                m.counts(),
                doubts()));
  }

  private List<Doubt> doubts() {
    Map<String, List<Long>> byReason = new TreeMap<>();
    said.forEach(
        (ordinal, what) ->
            what.doubt()
                .ifPresent(
                    why -> byReason.computeIfAbsent(why, w -> new ArrayList<>()).add(ordinal)));
    return byReason.entrySet().stream()
        .map(
            e ->
                new Doubt(
                    SliceSet.ofOrdinals(grain, e.getValue().stream().mapToLong(o -> o)),
                    e.getKey()))
        .toList();
  }

  private void replay(Entry entry) {
    History.stamp(entry.summary())
        .filter(s -> s.content().grain() == grain)
        .ifPresent(
            stamp -> {
              if (decides(stamp)) {
                decide(entry, stamp);
              } else if (stamp.kind() == Stamp.Kind.LIVE) {
                close(stamp, History.mark(entry.summary()));
              }
            });
    History.mark(entry.summary())
        .ifPresent(
            mark -> {
              newest = Optional.of(mark);
              doubt(mark.doubts());
            });
  }

  private void decide(Entry entry, Stamp stamp) {
    long reverted = Long.parseLong(entry.summary().getOrDefault(Reversal.REVERTED, "0"));
    Map<Long, Said> undone = below.getOrDefault(reverted, Map.of());
    Map<Long, Said> here = new HashMap<>();
    for (SliceDigest slice : stamp.content().slices()) {
      here.put(slice.ordinal(), said.getOrDefault(slice.ordinal(), Said.NOTHING));
      Said made = new Said(byRun(stamp, slice), Optional.empty());
      say(slice.ordinal(), undone.getOrDefault(slice.ordinal(), made));
    }
    below.put(entry.snapshot(), here);
  }

  /** What a checkpoint closed; only such commits know their code. */
  private void close(Stamp stamp, Optional<LiveMark> mark) {
    Optional<Analysis> code = stamp.origin().analysis();
    if (code.isPresent() && mark.isPresent()) {
      SliceRecord.Maker maker = new SliceRecord.ByLive(mark.get().job());
      for (SliceDigest slice : stamp.content().slices()) {
        Optional<SliceRecord> record = Optional.of(record(stamp, code.get(), slice, maker));
        say(slice.ordinal(), new Said(record, Optional.empty()));
      }
    }
  }

  /** One mark may doubt a slice for several reasons. */
  private void doubt(List<Doubt> doubts) {
    Map<Long, String> reasons = new TreeMap<>();
    doubts.stream()
        .filter(d -> d.slices().grain() == grain)
        .forEach(
            d -> d.slices().forEach(o -> reasons.merge(o, d.reason(), (a, b) -> a + "; " + b)));
    reasons.forEach((o, why) -> say(o, new Said(Optional.empty(), Optional.of(why))));
  }

  private void say(long ordinal, Said what) {
    if (what.equals(Said.NOTHING)) {
      said.remove(ordinal);
    } else {
      said.put(ordinal, what);
    }
  }

  private static Optional<SliceRecord> byRun(Stamp stamp, SliceDigest slice) {
    Stamp.Origin origin = stamp.origin();
    return origin
        .analysis()
        .flatMap(
            code ->
                origin.run().map(run -> record(stamp, code, slice, new SliceRecord.ByRun(run))));
  }

  private static SliceRecord record(
      Stamp stamp, Analysis code, SliceDigest slice, SliceRecord.Maker maker) {
    return new SliceRecord(
        slice.ordinal(),
        code.fingerprint(),
        stamp.origin().pins(),
        slice.rows(),
        slice.hash(),
        maker);
  }

  static Map<Fingerprint, Analysis> analyses(Table table) {
    Map<Fingerprint, Analysis> analyses = new HashMap<>();
    for (Entry entry : Journal.main(table)) {
      History.stamp(entry.summary())
          .flatMap(s -> s.origin().analysis())
          .ifPresent(a -> analyses.putIfAbsent(a.fingerprint(), a));
    }
    return analyses;
  }

  /** The newest mark on a ref, without the doubts of earlier ones. */
  static Optional<LiveMark> mark(Table table, String ref) {
    return History.entries(table, ref).stream()
        .flatMap(e -> History.mark(e.summary()).stream())
        .findFirst();
  }

  /** Newest first. */
  static List<LiveMark> marks(Table table, String ref) {
    return History.entries(table, ref).stream()
        .flatMap(e -> History.mark(e.summary()).stream())
        .toList();
  }

  /**
   * Where each partition stood at a snapshot; empty if its history does not go to the beginning.
   */
  static Optional<SortedMap<Integer, Long>> offsets(Table table, DatasetId source, long snapshot) {
    Optional<List<Snapshot>> history =
        History.since(table, 0, Optional.ofNullable(table.snapshot(snapshot)));
    return history
        .filter(commits -> !commits.isEmpty())
        .map(
            commits -> {
              SortedMap<Integer, Long> offsets = new TreeMap<>();
              for (Snapshot commit : commits) {
                History.mark(commit.summary())
                    .map(mark -> mark.ranges().get(source))
                    .ifPresent(
                        r -> r.partitions().forEach((p, x) -> offsets.merge(p, x.to(), Math::max)));
              }
              return offsets;
            });
  }
}
