package io.tidemark.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.iceberg.transforms.Transforms;
import org.apache.iceberg.types.Types;

class GrainTest {
  /** Iceberg counts microseconds in a long: some 292,000 years either way. */
  @Provide
  Arbitrary<Instant> instants() {
    Arbitrary<Long> far =
        Arbitraries.longs()
            .between(
                Instant.parse("-9999-01-01T00:00:00Z").getEpochSecond(),
                Instant.parse("+99999-01-01T00:00:00Z").getEpochSecond());
    Arbitrary<Long> edges =
        Arbitraries.longs()
            .between(-400, 40_000)
            .map(d -> d * 86_400L)
            .flatMap(s -> Arbitraries.of(s - 1, s, s + 1));
    Arbitrary<Integer> nanos = Arbitraries.of(0, 1_000, 999_998_000);
    return Arbitraries.oneOf(far, edges).flatMap(s -> nanos.map(n -> Instant.ofEpochSecond(s, n)));
  }

  @Provide
  Arbitrary<Grain> sliced() {
    return Arbitraries.of(Grain.HOUR, Grain.DAY, Grain.MONTH, Grain.YEAR);
  }

  @Property
  void ordinalsAreThoseOfIcebergsPartitionTransforms(
      @ForAll("instants") Instant instant, @ForAll("sliced") Grain grain) {
    assertThat(grain.ordinal(instant)).isEqualTo(iceberg(grain, instant));
  }

  private static long iceberg(Grain grain, Instant instant) {
    Types.TimestampType type = Types.TimestampType.withZone();
    long micros = instant.getEpochSecond() * 1_000_000 + instant.getNano() / 1_000;
    return switch (grain) {
      case HOUR -> Transforms.<Long>hour().bind(type).apply(micros);
      case DAY -> Transforms.<Long>day().bind(type).apply(micros);
      case MONTH -> Transforms.<Long>month().bind(type).apply(micros);
      case YEAR -> Transforms.<Long>year().bind(type).apply(micros);
      case ALL -> throw new IllegalStateException("not sliced");
    };
  }

  /**
   * Where the property above stops: before 1970, Iceberg puts the last microsecond of a slice's
   * first second into the slice before. When this fails, Iceberg is mended, and the property can
   * try 999,999 microseconds too.
   */
  @Example
  void icebergMisplacesOneMicrosecondOfEachSliceBefore1970() {
    Instant instant = Instant.parse("1969-06-01T00:00:00.999999Z");

    assertThat(Grain.DAY.label(Grain.DAY.ordinal(instant))).isEqualTo("1969-06-01");
    assertThat(Grain.DAY.label(iceberg(Grain.DAY, instant))).isEqualTo("1969-05-31");
  }

  @Property
  void anInstantLiesInItsOwnSliceAndSlicesTouch(
      @ForAll("instants") Instant instant, @ForAll("sliced") Grain grain) {
    long ordinal = grain.ordinal(instant);

    assertThat(grain.range(ordinal).contains(instant)).isTrue();
    assertThat(grain.range(ordinal).to()).isEqualTo(grain.range(ordinal + 1).from());
  }

  @Property
  void labelsAreReadBack(@ForAll("instants") Instant instant, @ForAll("sliced") Grain grain) {
    long ordinal = grain.ordinal(instant);

    assertThat(grain.parseLabel(grain.label(ordinal)))
        .isEqualTo(SliceSet.range(grain, ordinal, ordinal + 1));
  }

  @Example
  void theTableWithoutTimeHasOneSlice() {
    assertThat(Grain.ALL.ordinal(Instant.MIN)).isZero();
    assertThat(Grain.ALL.range(0)).isEqualTo(TimeRange.ALL);
  }

  @Example
  void slicesBefore1970AreNegativeAndAfter2262StayExact() {
    Instant before = LocalDateTime.of(1969, 12, 31, 23, 59, 59).toInstant(ZoneOffset.UTC);
    Instant after = LocalDate.of(2300, 3, 1).atStartOfDay().toInstant(ZoneOffset.UTC);

    assertThat(Grain.HOUR.ordinal(before)).isEqualTo(-1);
    assertThat(Grain.MONTH.label(-1)).isEqualTo("1969-12");
    assertThat(Grain.MONTH.label(Grain.MONTH.ordinal(after))).isEqualTo("2300-03");
  }
}
