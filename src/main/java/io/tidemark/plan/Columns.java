package io.tidemark.plan;

import io.tidemark.model.Analysis;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import java.util.Collection;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which columns of a dataset's slices may come out different.
 *
 * @param named the columns; empty for any of them, rows that come or go included
 */
record Columns(Optional<SortedSet<String>> named) {
  static final Columns ANY = new Columns(Optional.empty());

  /** These columns of a dataset; any, if rows may move between slices. */
  static Columns of(Dataset dataset, Collection<String> names) {
    boolean rowsMove =
        names.contains("*") || dataset.layout().eventTime().filter(names::contains).isPresent();
    return rowsMove ? ANY : new Columns(Optional.of(new TreeSet<>(names)));
  }

  /**
   * What may differ between the outputs of two versions of a transform over equal inputs. Any
   * column, if the versions cannot be taken apart, or if they differ in something that belongs to
   * no column.
   */
  static Columns between(Dataset output, Analysis before, Analysis after) {
    SortedSet<String> differing = differing(before, after);
    return differing.isEmpty() ? ANY : of(output, differing);
  }

  /** The columns whose logic differs; empty where the difference cannot be put down to columns. */
  static SortedSet<String> differing(Analysis before, Analysis after) {
    if (!before.rows().equals(after.rows())
        || before.columns().isEmpty()
        || after.columns().isEmpty()) {
      return new TreeSet<>();
    }
    SortedSet<String> all = new TreeSet<>(before.columns().keySet());
    all.addAll(after.columns().keySet());
    all.removeIf(c -> Objects.equals(before.columns().get(c), after.columns().get(c)));
    return all;
  }

  /** Whether a transform may notice, given the columns that it reads of the dataset. */
  boolean concern(Analysis reader, DatasetId dataset) {
    SortedSet<String> reads = reader.reads().get(dataset);
    return reads == null || named.map(n -> n.stream().anyMatch(reads::contains)).orElse(true);
  }

  /** For people: {@code column departure}, {@code any column}. */
  String describe() {
    return named.map(Columns::describe).orElse("any column");
  }

  static String describe(Collection<String> names) {
    return (names.size() == 1 ? "column " : "columns ") + String.join(", ", names);
  }
}
