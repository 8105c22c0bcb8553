package io.tidemark.plan;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Grain;
import io.tidemark.model.Pin;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.SliceSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.LongStream;

/**
 * The slices of a dataset on main by what made them. Slices of one publish share code and pins, so
 * there are few groups, and what is asked of a slice is asked once per group.
 */
record Ledger(SliceSet slices, List<Group> groups) {

  /** Slices made by equal code from equal pins. */
  record Group(Fingerprint fingerprint, SortedMap<DatasetId, Pin> pins, SliceSet slices) {}

  private record Origin(Fingerprint fingerprint, SortedMap<DatasetId, Pin> pins) {}

  static Ledger of(Grain grain, List<SliceRecord> records) {
    Map<Origin, List<LongStream>> runs = new LinkedHashMap<>();
    int start = 0;
    for (int i = 1; i <= records.size(); i++) {
      if (i == records.size() || !sameOrigin(records.get(start), records.get(i))) {
        SliceRecord first = records.get(start);
        runs.computeIfAbsent(new Origin(first.fingerprint(), first.pins()), k -> new ArrayList<>())
            .add(records.subList(start, i).stream().mapToLong(SliceRecord::ordinal));
        start = i;
      }
    }
    List<Group> groups = new ArrayList<>();
    SliceSet all = SliceSet.empty(grain);
    for (Map.Entry<Origin, List<LongStream>> entry : runs.entrySet()) {
      SliceSet slices = SliceSet.ofOrdinals(grain, entry.getValue().stream().flatMapToLong(s -> s));
      groups.add(new Group(entry.getKey().fingerprint(), entry.getKey().pins(), slices));
      all = all.union(slices);
    }
    return new Ledger(all, List.copyOf(groups));
  }

  private static boolean sameOrigin(SliceRecord a, SliceRecord b) {
    return a.fingerprint().equals(b.fingerprint()) && a.pins().equals(b.pins());
  }
}
