package io.tidemark.job.slice;

import io.tidemark.model.Column;
import io.tidemark.model.Grain;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/**
 * Places rows in slices and measures them: count, content hash, column metrics, earliest and latest
 * time, broken checks. All in one pass, and without an object per row while rows stay in one slice.
 * Not thread-safe.
 */
public final class SliceMeter {
  private final Grain grain;

  /** Null where any are welcome. */
  private SliceSet slices;

  private final EventTime time;
  private final ColumnMeter[] columns;
  private final int width;
  private final int[] checkFields;
  private final RowBytes bytes = new RowBytes();
  private final Map<Long, SliceTotals> totals = new HashMap<>();

  /** The slice of the row before, as microseconds, and its totals; null outside the slices. */
  private long from = 1;

  private long to;
  private SliceTotals current;

  /**
   * @param slices what may be written; empty for anything
   */
  public SliceMeter(Rows rows, Schema schema, Grain grain, Optional<SliceSet> slices) {
    RowType type = rows.type();
    this.grain = grain;
    this.slices = slices.orElse(null);
    this.time = rows.eventTime().isPresent() ? rows.time() : null;
    List<String> names = schema.names();
    this.width = names.size();
    // In the order of names, not of columns: a table whose columns were reordered is the same.
    this.columns =
        IntStream.range(0, width)
            .boxed()
            .sorted(Comparator.comparing(names::get))
            .map(i -> target(type, schema.columns().get(i), i))
            .map(ColumnMeter::of)
            .toArray(ColumnMeter[]::new);
    this.checkFields =
        IntStream.range(type.getFieldCount() - rows.checks(), type.getFieldCount()).toArray();
  }

  private static ColumnMeter.Target target(RowType type, Column column, int metric) {
    int index = type.getFieldIndex(column.name());
    return new ColumnMeter.Target(
        column.name(),
        index,
        metric,
        type.getTypeAt(index),
        column.nullability() == Column.Nullability.REQUIRED);
  }

  /**
   * Counts a row in, or says that it belongs to none of the slices.
   *
   * @throws TidemarkException USER if the event time or another required value is missing
   */
  public boolean add(RowData row) {
    long micros = 0;
    if (time != null) {
      if (time.isMissing(row)) {
        throw Rows.withoutTime();
      }
      micros = time.micros(row);
    }
    if (micros < from || micros >= to) {
      enter(micros);
    }
    if (current == null) {
      return false;
    }
    bytes.clear();
    for (ColumnMeter column : columns) {
      column.measure(row, bytes, current);
    }
    bytes.hash();
    current.addRow(bytes.high(), bytes.low());
    if (time != null) {
      current.addTime(micros);
    }
    for (int i = 0; i < checkFields.length; i++) {
      if (row.isNullAt(checkFields[i]) || !row.getBoolean(checkFields[i])) {
        current.addViolation(i);
      }
    }
    return true;
  }

  private void enter(long micros) {
    long ordinal = EventTime.ordinal(grain, micros);
    from = EventTime.start(grain, ordinal);
    to = EventTime.end(grain, ordinal);
    boolean wanted = slices == null || slices.contains(ordinal);
    current =
        wanted
            ? totals.computeIfAbsent(ordinal, o -> new SliceTotals(o, width, checkFields.length))
            : null;
  }

  /** From now on nothing but these slices is welcome. */
  public void restrict(SliceSet wanted) {
    slices = wanted;
    forgetSlice();
  }

  /** What was counted since the start or the last call: one per slice that got a row. */
  public List<SliceTotals> drain() {
    List<SliceTotals> drained = List.copyOf(totals.values());
    totals.clear();
    forgetSlice();
    return drained;
  }

  private void forgetSlice() {
    from = 1;
    to = 0;
    current = null;
  }

  /** One per slice that got a row. */
  Collection<SliceTotals> totals() {
    return totals.values();
  }
}
