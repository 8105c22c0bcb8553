package io.tidemark.job.slice;

import io.tidemark.model.Grain;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.ContentFile;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Table;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/** Which event time the rows of a file have, as far as metadata says. */
public final class FileTimes {
  private final Table table;
  private final String column;

  /**
   * @param column of event time
   */
  public FileTimes(Table table, String column) {
    this.table = table;
    this.column = column;
  }

  /**
   * The first and the last microsecond that rows may have.
   *
   * @param known false if neither partition nor statistics say; the rest is then void
   * @param empty true if no row has an event time; the rest is then void
   */
  record Span(boolean known, boolean empty, long first, long last) {}

  Span span(ContentFile<?> file) {
    Optional<TimePartition> partition =
        TimePartition.of(table.specs().get(file.specId()), table.schema(), column);
    if (partition.isPresent()) {
      Integer ordinal = file.partition().get(partition.get().position(), Integer.class);
      if (ordinal == null) {
        return new Span(true, true, 0, 0);
      }
      Grain grain = partition.get().grain();
      return new Span(
          true, false, EventTime.start(grain, ordinal), EventTime.end(grain, ordinal) - 1);
    }
    Types.NestedField field = table.schema().findField(column);
    ByteBuffer lower = bound(file.lowerBounds(), field);
    ByteBuffer upper = bound(file.upperBounds(), field);
    return lower == null || upper == null
        ? new Span(false, false, 0, 0)
        : new Span(true, false, micros(field, lower), micros(field, upper));
  }

  /** The range that holds all rows; empty if there is none, all time if nobody knows. */
  public Optional<TimeRange> range(ContentFile<?> file) {
    Span span = span(file);
    if (!span.known) {
      return Optional.of(TimeRange.ALL);
    }
    return span.empty
        ? Optional.empty()
        : Optional.of(
            new TimeRange(EventTime.instant(span.first), EventTime.instant(span.last + 1)));
  }

  /**
   * The event time of the rows of files, as finely as partitions and statistics tell.
   *
   * @return empty if some file's is not known
   */
  public Optional<TimeRanges> ranges(Collection<DataFile> files) {
    Types.NestedField field = table.schema().findField(column);
    Type.TypeID type = field.type().typeId();
    if (type != Type.TypeID.TIMESTAMP && type != Type.TypeID.DATE) {
      return Optional.empty();
    }
    List<TimeRange> ranges = new ArrayList<>();
    for (DataFile file : files) {
      Span span = span(file);
      ByteBuffer lower = bound(file.lowerBounds(), field);
      ByteBuffer upper = bound(file.upperBounds(), field);
      if (span.known && span.empty) {
        continue;
      } else if (lower != null && upper != null) {
        long unit = type == Type.TypeID.DATE ? EventTime.MICROS_PER_DAY : 1;
        ranges.add(
            new TimeRange(
                EventTime.instant(micros(field, lower)),
                EventTime.instant(micros(field, upper) + unit)));
      } else if (span.known) {
        ranges.add(new TimeRange(EventTime.instant(span.first), EventTime.instant(span.last + 1)));
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(new TimeRanges(ranges));
  }

  private static ByteBuffer bound(Map<Integer, ByteBuffer> bounds, Types.NestedField field) {
    return bounds == null ? null : bounds.get(field.fieldId());
  }

  private static long micros(Types.NestedField field, ByteBuffer bound) {
    Object value = Conversions.fromByteBuffer(field.type(), bound);
    return value instanceof Integer days ? days * EventTime.MICROS_PER_DAY : (Long) value;
  }
}
