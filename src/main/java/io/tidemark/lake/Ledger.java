package io.tidemark.lake;

import io.tidemark.lake.Journal.Entry;
import io.tidemark.model.Analysis;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Grain;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.Stamp;
import io.tidemark.model.Stamp.SliceDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.iceberg.Table;

/** What the stamps on main say about each slice, by replaying them from the oldest. */
final class Ledger {
  private Ledger() {}

  /** Whether a stamp says what its slices now hold. */
  static boolean decides(Stamp stamp) {
    return stamp.kind() == Stamp.Kind.PUBLISH || stamp.kind() == Stamp.Kind.REVERT;
  }

  /** Ordered by ordinal. */
  static List<SliceRecord> read(Table table, Grain grain) {
    TreeMap<Long, SliceRecord> records = new TreeMap<>();
    Map<Long, Map<Long, Optional<SliceRecord>>> below = new HashMap<>();
    List<Entry> newest = Journal.main(table);
    for (int i = newest.size() - 1; i >= 0; i--) {
      Entry entry = newest.get(i);
      Optional<Stamp> stamp =
          History.stamp(entry.summary()).filter(s -> decides(s) && s.content().grain() == grain);
      if (stamp.isPresent()) {
        replay(entry, stamp.get(), records, below);
      }
    }
    return List.copyOf(records.values());
  }

  private static void replay(
      Entry entry,
      Stamp stamp,
      TreeMap<Long, SliceRecord> records,
      Map<Long, Map<Long, Optional<SliceRecord>>> below) {
    long reverted = Long.parseLong(entry.summary().getOrDefault(Reversal.REVERTED, "0"));
    Map<Long, Optional<SliceRecord>> undone = below.getOrDefault(reverted, Map.of());
    Map<Long, Optional<SliceRecord>> here = new HashMap<>();
    for (SliceDigest slice : stamp.content().slices()) {
      here.put(slice.ordinal(), Optional.ofNullable(records.get(slice.ordinal())));
      Optional<SliceRecord> now =
          undone.containsKey(slice.ordinal()) ? undone.get(slice.ordinal()) : record(stamp, slice);
      if (now.isPresent()) {
        records.put(slice.ordinal(), now.get());
      } else {
        records.remove(slice.ordinal());
      }
    }
    below.put(entry.snapshot(), here);
  }

  private static Optional<SliceRecord> record(Stamp stamp, SliceDigest slice) {
    Stamp.Origin origin = stamp.origin();
    if (origin.analysis().isEmpty() || origin.run().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new SliceRecord(
            slice.ordinal(),
            origin.analysis().get().fingerprint(),
            origin.pins(),
            slice.rows(),
            slice.hash(),
            origin.run().get()));
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
}
