package io.tidemark.model.touched;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TouchedTimeTest {
  private static TimeRange range(String from, long micros) {
    Instant start = Instant.parse(from);
    return new TimeRange(start, start.plus(micros, ChronoUnit.MICROS));
  }

  @Test
  void isReadAsItWasWritten() {
    TimeRanges ranges =
        TimeRanges.of(
            range("1969-12-31T23:59:59.999999Z", 1),
            range("2001-01-01T00:00:00.000001Z", 3_600_000_000L),
            range("0001-01-01T00:00:00Z", 5),
            range("9998-01-01T00:00:00Z", 5));
    for (String column : List.of("at", "a b", "zeit ÄÖ")) {
      assertThat(TouchedTime.read(TouchedTime.write(column, ranges), column)).contains(ranges);
    }
    assertThat(TouchedTime.read(TouchedTime.write("at", TimeRanges.EMPTY), "at"))
        .contains(TimeRanges.EMPTY);
  }

  @Test
  void anotherColumnIsNotSpokenOf() {
    Map<String, String> summary =
        TouchedTime.write("at", TimeRanges.of(range("2001-01-01T00:00:00Z", 1)));
    assertThat(TouchedTime.read(summary, "that")).isEmpty();
    assertThat(TouchedTime.read(summary, "t")).isEmpty();
    assertThat(TouchedTime.read(summary, "")).isEmpty();
    assertThat(TouchedTime.read(Map.of(), "at")).isEmpty();
  }

  @Test
  void nothingIsSaidOfManyRangesOrOfUnboundedOnes() {
    List<TimeRange> many = new ArrayList<>();
    for (int i = 0; i < 33; i++) {
      many.add(range(Instant.ofEpochSecond(i).toString(), 1));
    }
    assertThat(TouchedTime.write("at", new TimeRanges(many.subList(0, 32)))).hasSize(1);
    assertThat(TouchedTime.write("at", new TimeRanges(many))).isEmpty();
    assertThat(TouchedTime.write("at", TimeRanges.ALL)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"x at", "1 at", "1.. at", "2..1 at", "1..2,3 at", "99999999999999999999..1 at"})
  void whatCannotBeReadSaysNothing(String text) {
    assertThat(TouchedTime.read(Map.of("tidemark.touched", text), "at")).isEmpty();
  }
}
