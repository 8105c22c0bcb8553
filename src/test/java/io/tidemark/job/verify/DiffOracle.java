package io.tidemark.job.verify;

import io.tidemark.model.DatasetDiff.Counts;
import io.tidemark.model.Grain;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.iceberg.data.Record;

/** Diffs two small lists of rows the plain way: group by key, strike out equal rows, count. */
final class DiffOracle {
  long added;
  long removed;
  long changed;
  long unchanged;
  long duplicateKeys;

  private final int key;
  private final int time;

  /**
   * @param key index of the key column
   * @param time index of the event-time column
   */
  DiffOracle(int key, int time) {
    this.key = key;
    this.time = time;
  }

  void compare(List<Record> base, List<Record> candidate, Set<Long> days) {
    Map<Object, List<Record>> olds = group(base, days);
    Map<Object, List<Record>> news = group(candidate, days);
    Set<Object> keys = new HashSet<>(olds.keySet());
    keys.addAll(news.keySet());
    for (Object k : keys) {
      List<Record> before = new ArrayList<>(olds.getOrDefault(k, List.of()));
      List<Record> after = new ArrayList<>(news.getOrDefault(k, List.of()));
      duplicateKeys += after.size() > 1 ? 1 : 0;
      for (Record row : List.copyOf(before)) {
        int twin = twin(row, after);
        if (twin >= 0) {
          before.remove(row);
          after.remove(twin);
          unchanged++;
        }
      }
      int pairs = Math.min(before.size(), after.size());
      changed += pairs;
      removed += before.size() - pairs;
      added += after.size() - pairs;
    }
  }

  private static int twin(Record row, List<Record> rows) {
    for (int i = 0; i < rows.size(); i++) {
      if (Arrays.equals(values(row), values(rows.get(i)))) {
        return i;
      }
    }
    return -1;
  }

  /** Double.equals tells -0.0 from 0.0 and takes every NaN for the same. */
  private static Object[] values(Record row) {
    Object[] values = new Object[row.size()];
    Arrays.setAll(values, row::get);
    return values;
  }

  private Map<Object, List<Record>> group(List<Record> rows, Set<Long> days) {
    Map<Object, List<Record>> groups = new HashMap<>();
    for (Record row : rows) {
      LocalDateTime at = (LocalDateTime) row.get(time);
      if (at != null && days.contains(Grain.DAY.ordinal(at.toInstant(ZoneOffset.UTC)))) {
        groups.computeIfAbsent(row.get(key), k -> new ArrayList<>()).add(row);
      }
    }
    return groups;
  }

  Counts counts(long unexplained) {
    return new Counts(added, removed, changed, unchanged, unexplained);
  }
}
