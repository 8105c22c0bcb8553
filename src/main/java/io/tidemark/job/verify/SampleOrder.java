package io.tidemark.job.verify;

import io.tidemark.model.DatasetDiff.Sample;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.SortedMap;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;

/**
 * Smallest keys first, numbers as numbers and missing values before all; then by slice and by
 * values, so that a bounded selection is the same in every run and at every parallelism.
 */
final class SampleOrder implements Comparator<Sample> {
  /** How a missing key value is written. */
  static final String NULL = "NULL";

  private final DiffColumns columns;

  SampleOrder(DiffColumns columns) {
    this.columns = columns;
  }

  @Override
  public int compare(Sample a, Sample b) {
    int by = compareKeys(a.key(), b.key());
    by = by != 0 ? by : Long.compare(a.slice(), b.slice());
    return by != 0 ? by : a.values().toString().compareTo(b.values().toString());
  }

  int compareKeys(SortedMap<String, String> a, SortedMap<String, String> b) {
    for (int column : columns.key()) {
      String name = columns.name(column);
      int by = compareCells(a.get(name), b.get(name), columns.type(column));
      if (by != 0) {
        return by;
      }
    }
    return 0;
  }

  private static int compareCells(String a, String b, LogicalType type) {
    if (a.equals(b)) {
      return 0;
    } else if (a.equals(NULL) || b.equals(NULL)) {
      return a.equals(NULL) ? -1 : 1;
    } else if (type.is(LogicalTypeFamily.EXACT_NUMERIC)) {
      return new BigDecimal(a).compareTo(new BigDecimal(b));
    } else if (type.is(LogicalTypeFamily.APPROXIMATE_NUMERIC)) {
      return Double.compare(Double.parseDouble(a), Double.parseDouble(b));
    }
    return a.compareTo(b);
  }
}
