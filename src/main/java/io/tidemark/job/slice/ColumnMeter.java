package io.tidemark.job.slice;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.math.BigDecimal;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/**
 * Encodes one column of a row and adds it to the slice's totals; one class per physical type, so
 * that no value is boxed. A missing value leaves no trace in the encoding: adding a column that is
 * always missing keeps content hashes.
 */
abstract class ColumnMeter {
  final int index;
  final int metric;
  private final String name;
  private final int tag;
  private final boolean required;

  private ColumnMeter(Target target) {
    this.index = target.index;
    this.metric = target.metric;
    this.name = target.name;
    this.tag = ValueCodec.tag(target.name);
    this.required = target.required;
  }

  /**
   * Which column to measure.
   *
   * @param index in the row
   * @param metric in the totals
   */
  record Target(String name, int index, int metric, LogicalType type, boolean required) {}

  /**
   * @throws TidemarkException USER if a required value is missing
   */
  final void measure(RowData row, RowBytes out, SliceTotals totals) {
    if (row.isNullAt(index)) {
      if (required) {
        throw missing();
      }
      totals.addNull(metric);
    } else {
      out.putInt(tag);
      value(row, out, totals);
    }
  }

  abstract void value(RowData row, RowBytes out, SliceTotals totals);

  private TidemarkException missing() {
    return TidemarkException.user(
        Problem.of(
            "TM-JOB-011",
            "a value of required column '" + name + "' is missing",
            "the dataset's schema says NOT NULL",
            "make the transform fill it, or declare the column nullable"));
  }

  static ColumnMeter of(Target target) {
    return switch (target.type.getTypeRoot()) {
      case TINYINT, SMALLINT, INTEGER, BIGINT -> new Whole(target);
      case DATE, TIME_WITHOUT_TIME_ZONE -> new Day(target);
      case FLOAT, DOUBLE -> new Floating(target);
      case DECIMAL -> new Decimal(target);
      case CHAR, VARCHAR -> new Text(target);
      case BOOLEAN -> new Flag(target);
      case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE -> new Time(target);
      default -> new Other(target);
    };
  }

  /** The scale of a decimal's unscaled sum; else 0. */
  static int scale(LogicalType type) {
    return type instanceof DecimalType decimal ? decimal.getScale() : 0;
  }

  private static final class Whole extends ColumnMeter {
    private final int width;

    Whole(Target target) {
      super(target);
      this.width =
          switch (target.type.getTypeRoot()) {
            case TINYINT -> 1;
            case SMALLINT -> 2;
            case INTEGER -> 4;
            default -> 8;
          };
    }

    @Override
    void value(RowData row, RowBytes out, SliceTotals totals) {
      long value =
          switch (width) {
            case 1 -> row.getByte(index);
            case 2 -> row.getShort(index);
            case 4 -> row.getInt(index);
            default -> row.getLong(index);
          };
      out.putLong(value);
      totals.addValue(metric, value);
    }
  }

  private static final class Day extends ColumnMeter {
    Day(Target target) {
      super(target);
    }

    @Override
    void value(RowData row, RowBytes out, SliceTotals totals) {
      out.putLong(row.getInt(index));
    }
  }

  private static final class Floating extends ColumnMeter {
    private final boolean single;

    Floating(Target target) {
      super(target);
      this.single =
          target.type.getTypeRoot() == org.apache.flink.table.types.logical.LogicalTypeRoot.FLOAT;
    }

    @Override
    void value(RowData row, RowBytes out, SliceTotals totals) {
      double value = single ? row.getFloat(index) : row.getDouble(index);
      out.putLong(Double.doubleToLongBits(value));
      totals.addValue(metric, value);
    }
  }

  private static final class Decimal extends ColumnMeter {
    private final int precision;
    private final int scale;

    Decimal(Target target) {
      super(target);
      this.precision = LogicalTypeChecks.getPrecision(target.type);
      this.scale = LogicalTypeChecks.getScale(target.type);
    }

    @Override
    void value(RowData row, RowBytes out, SliceTotals totals) {
      DecimalData value = row.getDecimal(index, precision, scale);
      ValueCodec.decimal(value, out);
      if (value.isCompact()) {
        totals.addValue(metric, value.toUnscaledLong());
      } else {
        BigDecimal wide = value.toBigDecimal();
        totals.addValue(metric, wide.unscaledValue().doubleValue());
      }
    }
  }

  private static final class Text extends ColumnMeter {
    Text(Target target) {
      super(target);
    }

    @Override
    void value(RowData row, RowBytes out, SliceTotals totals) {
      out.putString(row.getString(index));
    }
  }

  private static final class Flag extends ColumnMeter {
    Flag(Target target) {
      super(target);
    }

    @Override
    void value(RowData row, RowBytes out, SliceTotals totals) {
      out.putByte(row.getBoolean(index) ? 1 : 0);
    }
  }

  private static final class Time extends ColumnMeter {
    private final int precision;

    Time(Target target) {
      super(target);
      this.precision = LogicalTypeChecks.getPrecision(target.type);
    }

    @Override
    void value(RowData row, RowBytes out, SliceTotals totals) {
      out.putLong(EventTime.micros(row.getTimestamp(index, precision)));
    }
  }

  /** Binary and nested types, which are rare enough to be boxed. */
  private static final class Other extends ColumnMeter {
    private final RowData.FieldGetter getter;
    private final ValueCodec codec;

    Other(Target target) {
      super(target);
      this.getter = RowData.createFieldGetter(target.type.copy(false), index);
      this.codec = ValueCodec.of(target.name, target.type);
    }

    @Override
    void value(RowData row, RowBytes out, SliceTotals totals) {
      codec.encode(getter.getFieldOrNull(row), out);
    }
  }
}
