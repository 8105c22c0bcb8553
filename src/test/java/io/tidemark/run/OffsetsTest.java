package io.tidemark.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveMark.Range;
import io.tidemark.model.LiveMark.Ranges;
import io.tidemark.run.Offsets.Span;
import io.tidemark.run.Offsets.Taken;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class OffsetsTest {
  private static final DatasetId EVENTS = DatasetId.of("events");

  private static LiveMark mark(Map<Integer, Range> partitions) {
    return new LiveMark(
        "job",
        1,
        1,
        LiveMark.Phase.RUNNING,
        Optional.empty(),
        new TreeMap<>(Map.of(EVENTS, new Ranges(new TreeMap<>(partitions)))),
        LiveMark.Counts.NONE,
        List.of());
  }

  @Test
  void marksAreJoinedPerPartition() {
    List<LiveMark> marks =
        List.of(
            mark(Map.of(0, new Range(5, 9, 4, 1), 1, new Range(2, 2, 0, 0))),
            mark(Map.of(0, new Range(0, 5, 3, 0), 1, new Range(0, 2, 2, 2))));

    assertThat(Offsets.of(EVENTS, marks))
        .isEqualTo(
            Map.of(
                0, new Taken(0, 9, 7, 1, List.of(), List.of(), 0),
                1, new Taken(0, 2, 2, 2, List.of(), List.of(), 0)));
    assertThat(Offsets.of(DatasetId.of("others"), marks)).isEmpty();
  }

  @Test
  void whatNoMarkAndWhatTwoMarksSpeakOfIsNamed() {
    List<LiveMark> marks =
        List.of(
            mark(Map.of(0, new Range(0, 5, 5, 0))),
            mark(Map.of(0, new Range(7, 10, 3, 0))),
            mark(Map.of(0, new Range(9, 12, 3, 0))));

    assertThat(Offsets.of(EVENTS, marks).get(0))
        .isEqualTo(new Taken(0, 12, 11, 0, List.of(new Span(5, 7)), List.of(new Span(9, 10)), 0));
  }

  @Test
  void whatExpiredUnreadIsAnsweredForAndCountedApartAlsoWhereMarksWereJoined() {
    LiveMark gap = mark(Map.of(0, new Range(5, 12, 3, 0, Optional.of(4L))));
    LiveMark older = mark(Map.of(0, new Range(0, 5, 5, 0)));

    Taken taken = new Taken(0, 12, 8, 0, List.of(), List.of(), 4);
    assertThat(Offsets.of(EVENTS, List.of(older, gap)).get(0)).isEqualTo(taken);
    assertThat(Offsets.of(EVENTS, List.of(gap.with(older))).get(0)).isEqualTo(taken);
  }

  @Property(tries = 200)
  void checkpointsInAnyOrderAddUpToTheWhole(@ForAll long seed) {
    Random random = new Random(seed);
    List<LiveMark> marks = new ArrayList<>();
    long at = random.nextInt(100);
    long first = at;
    long records = 0;
    for (int i = 0; i < 1 + random.nextInt(20); i++) {
      long to = at + random.nextInt(5);
      long seen = to == at ? 0 : random.nextInt((int) (to - at) + 1);
      marks.add(mark(Map.of(3, new Range(at, to, seen, 0))));
      records += seen;
      at = to;
    }
    Collections.shuffle(marks, random);

    assertThat(Offsets.of(EVENTS, marks).get(3))
        .isEqualTo(new Taken(first, at, records, 0, List.of(), List.of(), 0));
  }
}
