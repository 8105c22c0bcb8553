package io.tidemark.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TimeRangesTest {
  private static TimeRange seconds(long from, long to) {
    return new TimeRange(Instant.ofEpochSecond(from), Instant.ofEpochSecond(to));
  }

  @Provide
  Arbitrary<List<TimeRange>> ranges() {
    Arbitrary<Long> starts = Arbitraries.longs().between(-50, 50);
    Arbitrary<Long> lengths = Arbitraries.longs().between(1, 12);
    return Combinators.combine(starts, lengths).as((s, l) -> seconds(s, s + l)).list().ofMaxSize(9);
  }

  @Property
  void rangesAreSortedDisjointAndApart(@ForAll("ranges") List<TimeRange> ranges) {
    List<TimeRange> merged = new TimeRanges(ranges).ranges();

    for (int i = 1; i < merged.size(); i++) {
      assertThat(merged.get(i - 1).to()).isBefore(merged.get(i).from());
    }
  }

  @Property
  void theSameInstantsAreInside(@ForAll("ranges") List<TimeRange> ranges) {
    TimeRanges merged = new TimeRanges(ranges);
    for (long s = -60; s < 70; s++) {
      Instant instant = Instant.ofEpochSecond(s);
      assertThat(merged.ranges().stream().anyMatch(r -> r.contains(instant)))
          .isEqualTo(ranges.stream().anyMatch(r -> r.contains(instant)));
    }
  }

  @Property
  void equalSetsAreEqualInAnyOrder(
      @ForAll("ranges") List<TimeRange> ranges, @ForAll Random random) {
    List<TimeRange> shuffled = new ArrayList<>(ranges);
    Collections.shuffle(shuffled, random);

    assertThat(new TimeRanges(shuffled)).isEqualTo(new TimeRanges(ranges));
  }

  @Property
  void unionHoldsBoth(@ForAll("ranges") List<TimeRange> a, @ForAll("ranges") List<TimeRange> b) {
    List<TimeRange> all = new ArrayList<>(a);
    all.addAll(b);

    assertThat(new TimeRanges(a).union(new TimeRanges(b))).isEqualTo(new TimeRanges(all));
  }

  @Property
  void wideningReachesExactlyThatFar(@ForAll("ranges") List<TimeRange> ranges) {
    TimeRanges wide = new TimeRanges(ranges).widen(Duration.ofSeconds(2), Duration.ofSeconds(3));
    for (long s = -60; s < 70; s++) {
      TimeRange around = seconds(s - 3, s + 3);
      assertThat(wide.overlaps(seconds(s, s + 1)))
          .isEqualTo(new TimeRanges(ranges).overlaps(around));
    }
  }

  @Example
  void unboundedEndsStayUnbounded() {
    assertThat(TimeRanges.ALL.widen(Duration.ofDays(1), Duration.ofDays(1)))
        .isEqualTo(TimeRanges.ALL);
  }

  @Example
  void anEmptyRangeCannotBeMade() {
    assertThatThrownBy(() -> seconds(1, 1)).isInstanceOf(IllegalArgumentException.class);
  }
}
