package io.tidemark.model;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What decides a transform's output, taken apart so that a change of one column is seen as that.
 *
 * @param fingerprint of all that decides the output: logic, input columns read and their types,
 *     output schema, key, layout and window; not of upstream logic, formatting or governance
 * @param rows of what decides which rows come out: filters, joins, grouping, the window, key and
 *     layout. Where it is equal, only the columns whose fingerprints differ can change
 * @param columns one fingerprint per output column; empty when the logic cannot be taken apart (a
 *     Java class), and then any change touches all columns
 * @param reads which columns of each input are read in any way, also by filters and joins
 * @param lineage which input columns each output column's value is made from
 * @param uniqueKeys column sets that the planner proves unique in the output
 * @param locality how output rows follow from the first input's rows
 */
public record Analysis(
    Fingerprint fingerprint,
    Fingerprint rows,
    SortedMap<String, Fingerprint> columns,
    SortedMap<DatasetId, SortedSet<String>> reads,
    SortedMap<String, SortedSet<ColumnRef>> lineage,
    List<List<String>> uniqueKeys,
    Locality locality) {

  /** How output rows follow from the first input's rows. */
  public enum Locality {
    /** As {@link #PRESERVED}, and each row of the only input makes exactly one. */
    ONE_TO_ONE,
    /** Row by row: rows of one partition come out together if they went in together. */
    PRESERVED,
    /** Rows come out in any order. */
    SHUFFLED;

    public boolean keepsOrder() {
      return this != SHUFFLED;
    }
  }

  /** A column of a dataset. */
  public record ColumnRef(DatasetId dataset, String column) implements Comparable<ColumnRef> {
    @Override
    public int compareTo(ColumnRef other) {
      int by = dataset.compareTo(other.dataset);
      return by != 0 ? by : column.compareTo(other.column);
    }

    @Override
    public String toString() {
      return dataset + "." + column;
    }
  }

  public Analysis {
    Objects.requireNonNull(fingerprint, "fingerprint");
    Objects.requireNonNull(rows, "rows");
    columns = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(columns));
    reads = freeze(reads);
    lineage = freeze(lineage);
    uniqueKeys = uniqueKeys.stream().map(List::copyOf).toList();
    Objects.requireNonNull(locality, "locality");
  }

  private static <K, V> SortedMap<K, SortedSet<V>> freeze(Map<K, ? extends Set<V>> map) {
    TreeMap<K, SortedSet<V>> copy = new TreeMap<>();
    map.forEach(
        (k, v) -> copy.put(k, java.util.Collections.unmodifiableSortedSet(new TreeSet<>(v))));
    return java.util.Collections.unmodifiableSortedMap(copy);
  }
}
