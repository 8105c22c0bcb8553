package io.tidemark.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.DatasetDiff.Counts;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveStatus.Health;
import io.tidemark.model.LiveStatus.Lag;
import io.tidemark.model.LiveStatus.State;
import io.tidemark.model.Problem;
import io.tidemark.model.ShadowStatus;
import io.tidemark.model.ShadowStatus.Compared;
import io.tidemark.model.SliceSet;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PromoteRuleTest {
  private static final Lag NONE = lag(0, 0);

  private static Lag lag(long events, long seconds) {
    return new Lag(Optional.of(events), Optional.of(Duration.ofSeconds(seconds)));
  }

  private static SliceSet hours(long... ordinals) {
    return SliceSet.ofOrdinals(Grain.HOUR, java.util.stream.LongStream.of(ordinals));
  }

  private static Compared compared(
      SliceSet identical, SliceSet explained, SliceSet unexplained, SliceSet late, SliceSet wait) {
    return new Compared(
        DatasetId.of("totals"), identical, explained, unexplained, late, wait, Counts.ZERO);
  }

  private static List<String> codes(State state, Lag shadow, Lag main, Compared dataset) {
    return new PromoteRule(3, Duration.ofSeconds(10))
            .problems(
                new ShadowStatus(
                    new Health(state, "", Optional.empty(), 0),
                    Optional.empty(),
                    Optional.empty(),
                    shadow,
                    main,
                    List.of(dataset)))
            .stream()
            .map(Problem::code)
            .toList();
  }

  private static List<String> codes(Compared dataset) {
    return codes(State.RUNNING, NONE, NONE, dataset);
  }

  @Test
  void nothingStandsAgainstAShadowWhoseNewestSlicesCameOutAsExpected() {
    assertThat(codes(compared(hours(4, 6), hours(5), hours(), hours(), hours()))).isEmpty();
  }

  @Test
  void anOlderUnexplainedSliceDoesNotCount() {
    assertThat(codes(compared(hours(4, 5, 6), hours(), hours(3), hours(), hours()))).isEmpty();
  }

  @Test
  void anUnexplainedSliceAmongTheNewestStops() {
    assertThat(codes(compared(hours(3, 5, 6), hours(), hours(4), hours(), hours())))
        .containsExactly("TM-LIVE-141");
  }

  @Test
  void slicesThatAreNotComparedYetStop() {
    assertThat(codes(compared(hours(3, 4, 5), hours(), hours(), hours(), hours(6))))
        .containsExactly("TM-LIVE-142");
  }

  @Test
  void tooFewSlicesStop() {
    assertThat(codes(compared(hours(5, 6), hours(), hours(), hours(), hours())))
        .containsExactly("TM-LIVE-142");
  }

  @Test
  void slicesThatLateEventsCameForNeitherCountNorStop() {
    assertThat(codes(compared(hours(3, 4, 6), hours(), hours(), hours(5), hours()))).isEmpty();
    assertThat(codes(compared(hours(4, 6), hours(), hours(), hours(5), hours())))
        .containsExactly("TM-LIVE-142");
  }

  @Test
  void aShadowThatIsFurtherBehindStops() {
    Compared good = compared(hours(4, 5, 6), hours(), hours(), hours(), hours());
    assertThat(codes(State.RUNNING, lag(1000, 31), lag(10, 18), good))
        .containsExactly("TM-LIVE-143");
    assertThat(codes(State.RUNNING, lag(1000, 29), lag(10, 18), good)).isEmpty();
    assertThat(codes(State.RUNNING, lag(11, 3600), lag(10, 1), good)).isEmpty();
    assertThat(codes(State.RUNNING, Lag.UNKNOWN, lag(10, 1), good)).containsExactly("TM-LIVE-143");
  }

  @Test
  void aShadowThatDoesNotRunStops() {
    Compared good = compared(hours(4, 5, 6), hours(), hours(), hours(), hours());
    assertThat(codes(State.FAILED, NONE, NONE, good)).containsExactly("TM-LIVE-140");
  }
}
