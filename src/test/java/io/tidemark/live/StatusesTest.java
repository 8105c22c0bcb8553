package io.tidemark.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.Problem;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StatusesTest {
  private static LiveMark mark(long epoch, long checkpoint) {
    return new LiveMark(
        "live/shop/" + epoch,
        epoch,
        checkpoint,
        LiveMark.Phase.RUNNING,
        Optional.empty(),
        new TreeMap<>(),
        LiveMark.Counts.NONE,
        List.of());
  }

  private static LiveStatus.Health health(LiveMark... marks) {
    return Statuses.health(Optional.empty(), Statuses.newest(Stream.of(marks)));
  }

  @Test
  void aJobThatReleasedItsSlicesSaysSoThoughASourceCommittedLater() {
    assertThat(health(mark(1, 25), mark(1, 24).released()).reason())
        .isEqualTo("released its slices at checkpoint 24");
  }

  @Test
  void aStartAfterThatCountsFromItsFirstCommit() {
    assertThat(health(mark(1, 24).released(), mark(2, 3), mark(2, 5)).reason())
        .isEqualTo("last checkpoint 5 of start 2");
  }

  @Test
  void whatNeverRanSaysSo() {
    assertThat(health().reason()).isEqualTo("never started");
  }

  @Test
  void whatTablesTellIsLeftOutWhileTheyCannotBeRead() {
    LiveStatus status =
        Statuses.unread(
            "shop",
            Clock.systemUTC(),
            Optional.empty(),
            Problem.of("TM-LAKE-021", "cannot open catalog 'lake'", "connection refused", "wait"));

    assertThat(status.health().state()).isEqualTo(LiveStatus.State.NOT_RUNNING);
    assertThat(status.health().reason())
        .isEqualTo("its tables cannot be read: cannot open catalog 'lake': connection refused");
    assertThat(status.sources()).isEmpty();
    assertThat(status.tasks()).isEmpty();
  }
}
