package io.tidemark.job.verify;

import io.tidemark.job.slice.RowBytes;
import io.tidemark.job.slice.ValueCodec;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetDiff.Counts;
import io.tidemark.model.DatasetDiff.Delta;
import io.tidemark.model.DatasetDiff.Kind;
import io.tidemark.model.DatasetDiff.Sample;
import io.tidemark.model.DatasetDiff.SliceDiff;
import io.tidemark.model.DatasetDiff.Verdict;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The running totals of a diff in one task; those of several tasks add up. Keeps a bounded number
 * of samples, so its size depends on slices and columns and never on rows. Not thread-safe.
 */
final class DiffTally {
  private final DiffColumns columns;
  private final DiffVerdict rules;
  private final int samplesPerKind;
  private final TreeMap<Long, long[]> slices = new TreeMap<>();
  private final long[] changedColumns;
  private final Map<String, NavigableSet<Sample>> samples = new TreeMap<>();
  private final TreeMap<String, DiffSum> sums = new TreeMap<>();
  private final TreeSet<Long> duplicateSlices = new TreeSet<>();
  private final SampleOrder order;
  private final ValueCodec[] codecs;
  private final RowBytes scratch = new RowBytes();
  private final boolean[] differs;
  private long duplicates;
  private long baseDuplicates;

  DiffTally(DiffColumns columns, DiffVerdict rules, int samplesPerKind) {
    this.columns = columns;
    this.rules = rules;
    this.samplesPerKind = samplesPerKind;
    this.changedColumns = new long[columns.size()];
    this.differs = new boolean[columns.size()];
    this.order = new SampleOrder(columns);
    this.codecs = columns.codecs();
    rules.totals().forEach(column -> sums.put(column, new DiffSum()));
  }

  /** The diff of rows that are all new, by their number per slice. */
  static DiffTally ofAdded(DiffColumns columns, DiffVerdict rules, Map<Long, Long> rows) {
    DiffTally tally = new DiffTally(columns, rules, 0);
    rows.forEach((slice, n) -> tally.slice(slice)[Kind.ADDED.ordinal()] += n);
    return tally;
  }

  void unchanged(long slice, long rows) {
    slice(slice)[3] += rows;
  }

  void duplicate(List<Long> candidateSlices) {
    duplicates++;
    duplicateSlices.addAll(candidateSlices);
  }

  void baseDuplicate() {
    baseDuplicates++;
  }

  /** What a row's predicates said; both true where there are none. Unknown counts as false. */
  record Holds(boolean where, boolean relation) {
    static final Holds BOTH = new Holds(true, true);
  }

  void added(long slice, Object[] row, Holds holds) {
    single(Kind.ADDED, slice, row, holds);
  }

  void removed(long slice, Object[] row, Holds holds) {
    single(Kind.REMOVED, slice, row, holds);
  }

  /**
   * A row whose values differ.
   *
   * @param slice the new row's
   */
  void changed(long slice, Object[] before, Object[] after, Holds holds) {
    boolean covered = true;
    for (int i = 0; i < differs.length; i++) {
      differs[i] = !columns.same(i, before[i], after[i], codecs, scratch);
      if (differs[i]) {
        changedColumns[i]++;
        covered &= rules.mayChange(columns.name(i));
      }
    }
    Verdict verdict = rules.ofChanged(covered, holds);
    count(Kind.CHANGED, slice, verdict);
    addSums(before, -1);
    addSums(after, 1);
    sample(Kind.CHANGED, verdict, slice, before, after);
  }

  private void single(Kind kind, long slice, Object[] row, Holds holds) {
    Verdict verdict = rules.ofSingle(kind, holds);
    count(kind, slice, verdict);
    addSums(row, kind == Kind.ADDED ? 1 : -1);
    java.util.Arrays.fill(differs, true);
    if (kind == Kind.ADDED) {
      sample(kind, verdict, slice, new Object[row.length], row);
    } else {
      sample(kind, verdict, slice, row, new Object[row.length]);
    }
  }

  private void count(Kind kind, long slice, Verdict verdict) {
    long[] counts = slice(slice);
    counts[kind.ordinal()]++;
    counts[4] += verdict == Verdict.UNEXPLAINED ? 1 : 0;
  }

  private void addSums(Object[] row, int sign) {
    sums.forEach((name, sum) -> sum.add(row[columns.indexOf(name)], sign));
  }

  private long[] slice(long ordinal) {
    return slices.computeIfAbsent(ordinal, o -> new long[5]);
  }

  private void sample(Kind kind, Verdict verdict, long slice, Object[] before, Object[] after) {
    if (samplesPerKind == 0) {
      return;
    }
    NavigableSet<Sample> kept = kept(verdict, kind);
    SortedMap<String, String> key = new TreeMap<>();
    Object[] keyed = kind == Kind.REMOVED ? before : after;
    for (int column : columns.key()) {
      Object value = keyed[column];
      key.put(
          columns.name(column),
          value == null ? SampleOrder.NULL : CellText.of(value, columns.type(column)));
    }
    if (kept.size() == samplesPerKind && order.compareKeys(key, kept.last().key()) > 0) {
      return;
    }
    List<Delta> deltas = new ArrayList<>();
    for (int i = 0; i < differs.length; i++) {
      if (differs[i]) {
        deltas.add(new Delta(columns.name(i), text(i, before[i]), text(i, after[i])));
      }
    }
    keep(kept, new Sample(kind, verdict, slice, key, deltas));
  }

  private Optional<String> text(int column, Object value) {
    return Optional.ofNullable(value).map(v -> CellText.of(v, columns.type(column)));
  }

  private NavigableSet<Sample> kept(Verdict verdict, Kind kind) {
    // Unexplained first: U sorts after E, hence the prefix.
    String name = (verdict == Verdict.UNEXPLAINED ? "0" : "1") + kind.ordinal();
    return samples.computeIfAbsent(name, k -> new TreeSet<>(order));
  }

  private void keep(NavigableSet<Sample> kept, Sample sample) {
    kept.add(sample);
    if (kept.size() > samplesPerKind) {
      kept.pollLast();
    }
  }

  /** Adds what another task found. */
  void merge(VerifyPart.Diffed part) {
    for (SliceDiff slice : part.diff().slices()) {
      long[] counts = slice(slice.ordinal());
      counts[0] += slice.counts().added();
      counts[1] += slice.counts().removed();
      counts[2] += slice.counts().changed();
      counts[3] += slice.counts().unchanged();
      counts[4] += slice.counts().unexplained();
    }
    part.diff().columns().forEach((name, n) -> changedColumns[columns.indexOf(name)] += n);
    part.diff().samples().forEach(s -> keep(kept(s.verdict(), s.kind()), s));
    part.sums().forEach((name, sum) -> sums.get(name).add(sum));
    duplicates += part.duplicates();
    baseDuplicates += part.baseDuplicates();
    duplicateSlices.addAll(part.duplicateSlices());
  }

  VerifyPart.Diffed toPart() {
    TreeMap<String, String> grown = new TreeMap<>();
    sums.forEach((name, sum) -> grown.put(name, sum.toString()));
    return new VerifyPart.Diffed(
        diff(true), grown, duplicates, baseDuplicates, List.copyOf(duplicateSlices));
  }

  /** The whole diff: only slices that differ, and what is broken over all of them. */
  DatasetDiff toDiff() {
    DatasetDiff all = diff(false);
    TreeMap<String, Optional<BigDecimal>> grown = new TreeMap<>();
    sums.forEach((name, sum) -> grown.put(name, sum.value()));
    return new DatasetDiff(
        all.counts(),
        all.columns(),
        all.slices(),
        all.samples(),
        rules.broken(all.counts(), grown));
  }

  private DatasetDiff diff(boolean withEqualSlices) {
    Counts total = Counts.ZERO;
    List<SliceDiff> perSlice = new ArrayList<>();
    for (Map.Entry<Long, long[]> e : slices.entrySet()) {
      long[] c = e.getValue();
      Counts counts = new Counts(c[0], c[1], c[2], c[3], c[4]);
      total = total.plus(counts);
      if (counts.different() > 0 || withEqualSlices) {
        perSlice.add(new SliceDiff(e.getKey(), counts));
      }
    }
    TreeMap<String, Long> perColumn = new TreeMap<>();
    for (int i = 0; i < changedColumns.length; i++) {
      if (changedColumns[i] > 0) {
        perColumn.put(columns.name(i), changedColumns[i]);
      }
    }
    List<Sample> all = new ArrayList<>();
    samples.values().forEach(all::addAll);
    return new DatasetDiff(total, perColumn, perSlice, all, List.of());
  }
}
