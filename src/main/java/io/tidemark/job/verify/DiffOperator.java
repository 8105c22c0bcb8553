package io.tidemark.job.verify;

import io.tidemark.job.slice.RowBytes;
import io.tidemark.job.slice.ValueCodec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.util.OutputTag;

/**
 * Compares the rows of both sides key by key. Runs on a stream keyed by the hash of the row's key,
 * which batch mode sorts, so that all rows of a key come one after the other and none is kept for
 * longer. Uses no keyed state.
 *
 * <p>The rows of a key are compared as multisets: equal rows cancel out, what is left is paired in
 * the order of the rows' canonical form as changed rows, and what then has no partner was added or
 * removed. With unique keys this is the plain comparison.
 */
final class DiffOperator extends AbstractStreamOperator<String>
    implements OneInputStreamOperator<RowData, String>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  /** Different rows kept per key hash; a column that is a key by name only must not fill memory. */
  private static final int MAX_ROWS_PER_KEY = 10_000;

  private final DiffColumns columns;
  private final DiffVerdict rules;
  private final int samples;
  private final OutputTag<RowData> undecided;

  private transient DiffTally tally;
  private transient RowData.FieldGetter[] getters;
  private transient ValueCodec[] codecs;
  private transient RowBytes scratch;
  private transient int[] all;
  private transient int[] key;
  private transient List<RowData> group;
  private transient long hash;

  /**
   * @param undecided where to put differing rows whose verdict needs a SQL predicate; null when
   *     none does
   */
  DiffOperator(DiffColumns columns, DiffVerdict rules, int samples, OutputTag<RowData> undecided) {
    this.columns = columns;
    this.rules = rules;
    this.samples = samples;
    this.undecided = undecided;
  }

  @Override
  public void open() throws Exception {
    super.open();
    tally = new DiffTally(columns, rules, samples);
    getters = columns.getters(SliceRows.HEADER);
    codecs = columns.codecs();
    scratch = new RowBytes();
    all = java.util.stream.IntStream.range(0, columns.size()).toArray();
    key = columns.key();
    group = new ArrayList<>();
  }

  @Override
  public void setKeyContextElement(StreamRecord<RowData> record) {
    // No keyed state, so no key to set; the sort by key is all that the keying is for.
  }

  @Override
  public void processElement(StreamRecord<RowData> element) {
    RowData row = element.getValue();
    long next = row.getLong(SliceRows.KEY_HASH);
    if (!group.isEmpty() && (next != hash || group.size() >= MAX_ROWS_PER_KEY)) {
      flush();
    }
    hash = next;
    group.add(row);
  }

  @Override
  public void endInput() {
    flush();
    output.collect(new StreamRecord<>(tally.toPart().toText()));
  }

  private void flush() {
    if (group.size() == 2 && side(group.get(0)) != side(group.get(1))) {
      RowData first = group.get(0);
      RowData second = group.get(1);
      boolean firstIsBase = side(first) == SliceRows.BASE;
      RowData before = firstIsBase ? first : second;
      RowData after = firstIsBase ? second : first;
      if (same(key, before, after)) {
        pair(before, after);
        group.clear();
        return;
      }
    }
    if (group.size() == 1) {
      single(group.get(0));
    } else if (!group.isEmpty()) {
      byKey().values().forEach(this::compare);
    }
    group.clear();
  }

  /** Two keys may share a hash. */
  private Map<ByteBuffer, List<RowData>> byKey() {
    Map<ByteBuffer, List<RowData>> rows = new TreeMap<>();
    for (RowData row : group) {
      rows.computeIfAbsent(canonical(row, key), k -> new ArrayList<>()).add(row);
    }
    return rows;
  }

  private void compare(List<RowData> rows) {
    Map<ByteBuffer, List<RowData>> before = new TreeMap<>();
    Map<ByteBuffer, List<RowData>> after = new TreeMap<>();
    List<Long> candidateSlices = new ArrayList<>();
    int baseRows = 0;
    for (RowData row : rows) {
      boolean base = side(row) == SliceRows.BASE;
      baseRows += base ? 1 : 0;
      if (!base) {
        candidateSlices.add(row.getLong(SliceRows.SLICE));
      }
      (base ? before : after).computeIfAbsent(canonical(row, all), k -> new ArrayList<>()).add(row);
    }
    if (candidateSlices.size() > 1) {
      tally.duplicate(candidateSlices);
    }
    if (baseRows > 1) {
      tally.baseDuplicate();
    }
    List<RowData> removed = new ArrayList<>();
    before.forEach(
        (bytes, olds) -> {
          List<RowData> news = after.getOrDefault(bytes, List.of());
          int equal = Math.min(olds.size(), news.size());
          for (int i = 0; i < equal; i++) {
            tally.unchanged(olds.get(i).getLong(SliceRows.SLICE), 1);
          }
          removed.addAll(olds.subList(equal, olds.size()));
          if (equal > 0) {
            news.subList(0, equal).clear();
          }
        });
    List<RowData> added = after.values().stream().flatMap(List::stream).toList();
    int pairs = Math.min(removed.size(), added.size());
    for (int i = 0; i < pairs; i++) {
      pair(removed.get(i), added.get(i));
    }
    removed.subList(pairs, removed.size()).forEach(this::single);
    added.subList(pairs, added.size()).forEach(this::single);
  }

  private void pair(RowData before, RowData after) {
    // Almost all pairs are equal byte by byte but for the side; that is far cheaper to see.
    ((BinaryRowData) before).setByte(SliceRows.SIDE, SliceRows.CANDIDATE);
    if (before.equals(after) || same(all, before, after)) {
      tally.unchanged(before.getLong(SliceRows.SLICE), 1);
    } else if (undecided != null) {
      ask(DiffPredicates.CHANGED, after.getLong(SliceRows.SLICE), values(before), values(after));
    } else {
      tally.changed(
          after.getLong(SliceRows.SLICE), values(before), values(after), DiffTally.Holds.BOTH);
    }
  }

  private void single(RowData row) {
    boolean base = side(row) == SliceRows.BASE;
    long slice = row.getLong(SliceRows.SLICE);
    if (undecided != null) {
      Object[] none = new Object[columns.size()];
      ask(
          base ? DiffPredicates.REMOVED : DiffPredicates.ADDED,
          slice,
          base ? values(row) : none,
          base ? none : values(row));
    } else if (base) {
      tally.removed(slice, values(row), DiffTally.Holds.BOTH);
    } else {
      tally.added(slice, values(row), DiffTally.Holds.BOTH);
    }
  }

  private void ask(byte kind, long slice, Object[] before, Object[] after) {
    int n = columns.size();
    GenericRowData row = new GenericRowData(DiffPredicates.HEADER + 2 * n);
    row.setField(0, kind);
    row.setField(1, slice);
    for (int i = 0; i < n; i++) {
      row.setField(DiffPredicates.HEADER + i, before[i]);
      row.setField(DiffPredicates.HEADER + n + i, after[i]);
    }
    output.collect(undecided, new StreamRecord<>(row));
  }

  private boolean same(int[] which, RowData a, RowData b) {
    for (int column : which) {
      if (!columns.same(
          column,
          getters[column].getFieldOrNull(a),
          getters[column].getFieldOrNull(b),
          codecs,
          scratch)) {
        return false;
      }
    }
    return true;
  }

  private Object[] values(RowData row) {
    Object[] values = new Object[getters.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = getters[i].getFieldOrNull(row);
    }
    return values;
  }

  private ByteBuffer canonical(RowData row, int[] which) {
    scratch.clear();
    DiffColumns.encode(row, which, getters, codecs, scratch);
    return ByteBuffer.wrap(scratch.toArray());
  }

  private static byte side(RowData row) {
    return row.getByte(SliceRows.SIDE);
  }
}
