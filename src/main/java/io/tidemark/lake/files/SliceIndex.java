package io.tidemark.lake.files;

import io.tidemark.model.Grain;
import io.tidemark.model.Layout;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.ContentFile;
import org.apache.iceberg.PartitionField;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Table;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/**
 * Tells from metadata in which slices the rows of a file lie: from the partition value of the
 * event-time column and, where statistics are loaded, from the column's bounds. Immutable.
 */
public final class SliceIndex {
  /** Stands for any event time where slices must be finite. */
  private static final TimeRange ANY =
      new TimeRange(Instant.parse("0001-01-01T00:00:00Z"), Instant.parse("9999-12-31T00:00:00Z"));

  private final Grain grain;

  /** Null where the dataset has no event time. */
  private final Types.NestedField timeColumn;

  /** By spec, the partition fields that are made of the event time. */
  private final Map<Integer, List<TimeField>> timeFields = new HashMap<>();

  private record TimeField(int position, Grain grain) {}

  private SliceIndex(
      Grain grain, Optional<Types.NestedField> eventTime, Map<Integer, PartitionSpec> specs) {
    this.grain = grain;
    this.timeColumn = eventTime.orElse(null);
    specs.forEach((id, spec) -> timeFields.put(id, timeFields(spec)));
  }

  private Optional<Types.NestedField> eventTime() {
    return Optional.ofNullable(timeColumn);
  }

  private List<TimeField> timeFields(PartitionSpec spec) {
    List<TimeField> fields = new ArrayList<>();
    for (int i = 0; i < spec.fields().size(); i++) {
      int position = i;
      timeGrain(spec.fields().get(i)).ifPresent(g -> fields.add(new TimeField(position, g)));
    }
    return List.copyOf(fields);
  }

  /**
   * @throws TidemarkException USER if the table lacks the event-time column, or it holds no time
   */
  public static SliceIndex of(TableRef ref, Table table, Layout layout) {
    Optional<Types.NestedField> field =
        layout.eventTime().map(name -> eventTime(ref, table.schema(), name));
    return new SliceIndex(layout.slice(), field, table.specs());
  }

  private static Types.NestedField eventTime(
      TableRef ref, org.apache.iceberg.Schema schema, String name) {
    Types.NestedField field = schema.asStruct().field(name);
    boolean time =
        field != null
            && switch (field.type().typeId()) {
              case DATE, TIMESTAMP, TIMESTAMP_NANO -> true;
              default -> false;
            };
    if (!time) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LAKE-011",
              "table '" + ref + "' has no event-time column '" + name + "'",
              field == null ? "there is no such column" : "its type is " + field.type(),
              "name a column of type DATE, TIMESTAMP or TIMESTAMP_LTZ as the dataset's event"
                  + " time"));
    }
    return field;
  }

  public Grain grain() {
    return grain;
  }

  /** Empty text without one. */
  public String eventTimeName() {
    return eventTime().map(Types.NestedField::name).orElse("");
  }

  /**
   * Where a file's rows lie.
   *
   * @param range the event time that holds every row that has one
   * @param first ordinal of the first slice touched
   * @param last ordinal of the last one; before {@code first} for a file without event times
   * @param pure false if the file may also hold rows without an event time
   */
  public record Placement(TimeRange range, long first, long last, boolean pure) {
    public boolean isNowhere() {
      return last < first;
    }

    public boolean isOneSlice() {
      return first == last;
    }

    /** Whether any of the rows may lie in the slices. */
    public boolean touches(SliceSet slices) {
      return isOneSlice()
          ? slices.contains(first)
          : !isNowhere() && slices(slices.grain()).overlaps(slices);
    }

    /** Whether all of the rows lie in the slices. */
    public boolean isInside(SliceSet slices) {
      return pure
          && (isOneSlice() ? slices.contains(first) : slices.contains(slices(slices.grain())));
    }

    public SliceSet slices(Grain grain) {
      return SliceSet.range(grain, first, last + 1);
    }
  }

  private static final Placement NOWHERE = new Placement(TimeRange.ALL, 0, -1, true);

  /** Whether partition values alone put every file of a spec into one slice. */
  public boolean alignedBySpec(int specId) {
    return grain == Grain.ALL
        || timeFields.get(specId).stream().anyMatch(f -> f.grain().compareTo(grain) <= 0);
  }

  public Placement place(ContentFile<?> file) {
    if (eventTime().isEmpty()) {
      return new Placement(TimeRange.ALL, 0, 0, true);
    }
    Types.NestedField column = eventTime().get();
    TimeRange range = null;
    boolean byPartition = false;
    for (TimeField field : timeFields.get(file.specId())) {
      Object value = file.partition().get(field.position(), Object.class);
      if (value == null) {
        return NOWHERE;
      }
      TimeRange cell = cell(field.grain(), value, column.type());
      range = range == null ? cell : intersect(range, cell);
      byPartition = true;
    }
    Integer id = column.fieldId();
    Long nulls = file.nullValueCounts() == null ? null : file.nullValueCounts().get(id);
    if (nulls != null && nulls == file.recordCount() && file.recordCount() > 0) {
      return NOWHERE;
    }
    Optional<TimeRange> bounds = bounds(file, column);
    if (bounds.isPresent()) {
      range = range == null ? bounds.get() : intersect(range, bounds.get());
    }
    boolean pure = byPartition || column.isRequired() || (nulls != null && nulls == 0);
    return placement(range == null ? TimeRange.ALL : range, pure);
  }

  /** Where rows of an event time lie; of a dataset that has one. */
  Placement place(TimeRange range) {
    return placement(range, false);
  }

  private Placement placement(TimeRange range, boolean pure) {
    if (grain == Grain.ALL) {
      return new Placement(range, 0, 0, true);
    }
    TimeRange finite = range.equals(TimeRange.ALL) ? ANY : range;
    return new Placement(
        range, grain.ordinal(finite.from()), grain.ordinal(finite.to().minusNanos(1)), pure);
  }

  /** A row filter that no row of the slices escapes; looser when they are many. */
  public Expression covering(SliceSet slices, int mostTerms) {
    if (eventTime().isEmpty() || grain == Grain.ALL) {
      return Expressions.alwaysTrue();
    }
    var ranges = slices.ranges().ranges();
    if (ranges.isEmpty()) {
      return Expressions.alwaysFalse();
    }
    if (ranges.size() > mostTerms) {
      return between(new TimeRange(ranges.get(0).from(), ranges.get(ranges.size() - 1).to()));
    }
    Expression any = Expressions.alwaysFalse();
    for (TimeRange range : ranges) {
      any = Expressions.or(any, between(range));
    }
    return any;
  }

  private Expression between(TimeRange range) {
    Types.NestedField column = eventTime().orElseThrow();
    return Expressions.and(
        Expressions.greaterThanOrEqual(column.name(), literal(column.type(), range.from())),
        Expressions.lessThan(column.name(), literal(column.type(), range.to())));
  }

  private static Object literal(Type type, Instant at) {
    return switch (type.typeId()) {
      case DATE -> (int) Math.floorDiv(at.getEpochSecond(), 86400L);
      case TIMESTAMP_NANO -> nanos(at);
      default ->
          Math.addExact(Math.multiplyExact(at.getEpochSecond(), 1_000_000L), at.getNano() / 1000L);
    };
  }

  /** Nanoseconds reach from 1677 to 2262 only; beyond, the nearest stands. */
  private static long nanos(Instant at) {
    try {
      return ChronoUnit.NANOS.between(Instant.EPOCH, at);
    } catch (ArithmeticException e) {
      return at.isBefore(Instant.EPOCH) ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }

  private Optional<Grain> timeGrain(PartitionField field) {
    if (eventTime().isEmpty() || field.sourceId() != eventTime().get().fieldId()) {
      return Optional.empty();
    }
    return switch (field.transform().toString()) {
      case "hour" -> Optional.of(Grain.HOUR);
      case "day" -> Optional.of(Grain.DAY);
      case "month" -> Optional.of(Grain.MONTH);
      case "year" -> Optional.of(Grain.YEAR);
      case "identity" ->
          Optional.of(
              eventTime().get().type().typeId() == Type.TypeID.DATE ? Grain.DAY : Grain.HOUR);
      default -> Optional.empty();
    };
  }

  private static TimeRange cell(Grain partition, Object value, Type type) {
    if (value instanceof Long exact) {
      return new TimeRange(instant(type, exact), instant(type, exact).plusNanos(1));
    }
    return partition.range((Integer) value);
  }

  /** A file outside its own partition is damaged metadata: take both, so that it straddles. */
  private static TimeRange intersect(TimeRange one, TimeRange other) {
    if (!one.overlaps(other)) {
      return new TimeRange(
          one.from().isBefore(other.from()) ? one.from() : other.from(),
          one.to().isAfter(other.to()) ? one.to() : other.to());
    }
    return new TimeRange(
        one.from().isAfter(other.from()) ? one.from() : other.from(),
        one.to().isBefore(other.to()) ? one.to() : other.to());
  }

  private static Optional<TimeRange> bounds(ContentFile<?> file, Types.NestedField column) {
    ByteBuffer lower = file.lowerBounds() == null ? null : file.lowerBounds().get(column.fieldId());
    ByteBuffer upper = file.upperBounds() == null ? null : file.upperBounds().get(column.fieldId());
    if (lower == null || upper == null) {
      return Optional.empty();
    }
    Type type = column.type();
    Object from = Conversions.fromByteBuffer(type, lower);
    Object to = Conversions.fromByteBuffer(type, upper);
    if (type.typeId() == Type.TypeID.DATE) {
      return Optional.of(new TimeRange(day((Integer) from), day((Integer) to + 1)));
    }
    Instant last = instant(type, (Long) to);
    return Optional.of(
        new TimeRange(
            instant(type, (Long) from),
            type.typeId() == Type.TypeID.TIMESTAMP_NANO
                ? last.plusNanos(1)
                : last.plusNanos(1000)));
  }

  private static Instant day(int days) {
    return LocalDate.ofEpochDay(days).atStartOfDay().toInstant(ZoneOffset.UTC);
  }

  private static Instant instant(Type type, long value) {
    return type.typeId() == Type.TypeID.TIMESTAMP_NANO
        ? Instant.EPOCH.plusNanos(value)
        : Instant.EPOCH.plus(value, ChronoUnit.MICROS);
  }
}
