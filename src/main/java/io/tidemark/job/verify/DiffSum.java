package io.tidemark.job.verify;

import java.math.BigDecimal;
import java.util.Optional;
import org.apache.flink.table.data.DecimalData;

/** An exact running sum: the same in any order, which a sum of doubles is not. Not thread-safe. */
final class DiffSum {
  private static final String NOT_FINITE = "NaN";

  private BigDecimal sum = BigDecimal.ZERO;
  private boolean finite = true;

  /** Adds a numeric value in Flink's internal form; null adds nothing. */
  void add(Object value, int sign) {
    if (value == null) {
      return;
    }
    if (value instanceof Double || value instanceof Float) {
      double d = ((Number) value).doubleValue();
      if (Double.isFinite(d)) {
        plus(new BigDecimal(d), sign);
      } else {
        finite = false;
      }
    } else if (value instanceof DecimalData decimal) {
      plus(decimal.toBigDecimal(), sign);
    } else if (value instanceof Number number) {
      plus(BigDecimal.valueOf(number.longValue()), sign);
    } else {
      throw new IllegalStateException("[BUG] cannot add up a " + value.getClass());
    }
  }

  private void plus(BigDecimal value, int sign) {
    sum = sign > 0 ? sum.add(value) : sum.subtract(value);
  }

  /** Adds what {@link #toString} of another wrote. */
  void add(String written) {
    if (written.equals(NOT_FINITE)) {
      finite = false;
    } else {
      sum = sum.add(new BigDecimal(written));
    }
  }

  /** Empty if any value was infinite or not a number. */
  Optional<BigDecimal> value() {
    return finite ? Optional.of(sum) : Optional.empty();
  }

  @Override
  public String toString() {
    return finite ? sum.toString() : NOT_FINITE;
  }
}
