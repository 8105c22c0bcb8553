package io.tidemark.job.slice;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Grain;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.DateType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.TimestampType;
import org.junit.jupiter.api.Test;

class EventTimeTest {
  @Test
  void slicesAreTheModelsWhateverTheCentury() {
    Random random = new Random(3);
    for (int i = 0; i < 20_000; i++) {
      // Years -8000 to 12000, in microseconds.
      long micros = (long) ((random.nextDouble() - 0.5) * 6.3e17);
      Instant instant = EventTime.instant(micros);
      assertThat(EventTime.micros(instant)).isEqualTo(micros);
      for (Grain grain : Grain.values()) {
        long ordinal = EventTime.ordinal(grain, micros);
        assertThat(ordinal).as("%s %s", grain, instant).isEqualTo(grain.ordinal(instant));
        assertThat(EventTime.start(grain, ordinal)).isLessThanOrEqualTo(micros);
        assertThat(EventTime.end(grain, ordinal)).isGreaterThan(micros);
      }
    }
  }

  @Test
  void theMicrosecondBefore1970IsTheSliceBefore() {
    for (Grain grain : List.of(Grain.HOUR, Grain.DAY, Grain.MONTH, Grain.YEAR)) {
      assertThat(EventTime.ordinal(grain, -1)).isEqualTo(-1);
      assertThat(EventTime.ordinal(grain, 0)).isZero();
    }
    assertThat(EventTime.instant(-1)).isEqualTo(Instant.parse("1969-12-31T23:59:59.999999Z"));
  }

  @Test
  void readsDatesAndTimestampsOfAnyPrecision() {
    Instant after2262 = Instant.parse("2500-06-07T08:09:10.123456Z");
    GenericRowData row =
        GenericRowData.of(
            -1, TimestampData.fromInstant(after2262), TimestampData.fromEpochMillis(-1));
    assertThat(new EventTime(0, new DateType()).micros(row)).isEqualTo(-86_400_000_000L);
    assertThat(new EventTime(1, new TimestampType(6)).micros(row))
        .isEqualTo(EventTime.micros(after2262));
    assertThat(new EventTime(2, new LocalZonedTimestampType(3)).micros(row)).isEqualTo(-1000);
  }

  @Test
  void timesBeyondALongAreItsEnds() {
    assertThat(EventTime.micros(Instant.MIN)).isEqualTo(Long.MIN_VALUE);
    assertThat(EventTime.micros(Instant.MAX)).isEqualTo(Long.MAX_VALUE);
  }
}
