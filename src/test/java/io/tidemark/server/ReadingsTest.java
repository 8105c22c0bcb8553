package io.tidemark.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.control.Report;
import io.tidemark.control.RunsWatched;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.SliceSet;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ReadingsTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final DatasetId HOURS = DatasetId.of("hours");

  private static OptionalDouble value(List<Sample> samples, Family family, String... labels) {
    return samples.stream()
        .filter(s -> s.family() == family && s.labels().equals(List.of(labels)))
        .mapToDouble(Sample::value)
        .reduce((a, b) -> Double.NaN);
  }

  private static SliceSet hours(long from, long to) {
    long base = Grain.HOUR.ordinal(NOW);
    return SliceSet.range(Grain.HOUR, base + from, base + to);
  }

  @Test
  void aDerivedTableIsAsFreshAsItsNewestFreshSliceWithRows() {
    Report.StatusShown status =
        new Report.StatusShown(
            "shop",
            List.of(
                new Report.DatasetStatus(
                    HOURS,
                    Dataset.Kind.DERIVED,
                    "shop.hours",
                    Optional.of(1L),
                    10,
                    2,
                    300,
                    hours(-5, 0),
                    hours(-9, -2),
                    hours(-2, 0),
                    hours(0, 1),
                    List.of())),
            List.of());

    List<Sample> samples = Readings.tables(status, NOW);

    assertThat(value(samples, Family.DATASET_FRESHNESS, "hours")).hasValue(2 * 3600);
    assertThat(value(samples, Family.DATASET_SLICES, "hours", "stale")).hasValue(2);
    assertThat(value(samples, Family.PLAN_SLICES)).hasValue(2);
    assertThat(value(samples, Family.DATASET_ROWS, "hours")).hasValue(10);
  }

  private static RunsWatched.Watched run(RunState state, RunsWatched.Transition... transitions) {
    return new RunsWatched.Watched(
        new Report.RunLine(
            new RunId("r-" + state.name().toLowerCase(java.util.Locale.ROOT)),
            state,
            Optional.empty(),
            "",
            NOW.minusSeconds(100),
            NOW,
            List.of(HOURS),
            8),
        1,
        List.of(transitions));
  }

  private static RunsWatched.Transition at(RunState state, long secondsAgo) {
    return new RunsWatched.Transition(state, Optional.empty(), NOW.minusSeconds(secondsAgo));
  }

  private static RunsWatched.Transition failed(long secondsAgo) {
    return new RunsWatched.Transition(
        RunState.FAILED, Optional.of("TM-JOB-001"), NOW.minusSeconds(secondsAgo));
  }

  @Test
  void aRunThatIsUnderWayHasAnEstimateOfTheRest() {
    List<Sample> samples =
        Readings.runs(
            new RunsWatched(
                NOW,
                List.of(run(RunState.RUNNING, at(RunState.RUNNING, 20))),
                Optional.of(
                    new RunsWatched.Progress(
                        2,
                        new RunsWatched.Built(600, 9000, Optional.of(NOW.minusSeconds(8))),
                        500,
                        3)),
                List.of()));

    assertThat(value(samples, Family.RUN_COMPLETION)).hasValue(0.25);
    assertThat(value(samples, Family.RUN_ETA)).hasValue(60);
    assertThat(value(samples, Family.RUN_ROWS_PER_SECOND)).hasValue(50);
    assertThat(value(samples, Family.RUN_BYTES_PER_SECOND)).hasValue(750);
    assertThat(value(samples, Family.RUNS, "running")).hasValue(1);
    assertThat(value(samples, Family.RUNS, "failed")).hasValue(0);
    assertThat(value(samples, Family.RUN_UNEXPLAINED)).hasValue(3);
    assertThat(value(samples, Family.RUN_REBASES)).hasValue(1);
    assertThat(value(samples, Family.PUBLISH_SECONDS)).isEmpty();
  }

  @Test
  void ofAllPublishesTheNewestIsTimedAndRetriesAreCounted() {
    List<Sample> samples =
        Readings.runs(
            new RunsWatched(
                NOW,
                List.of(
                    run(
                        RunState.PUBLISHED,
                        at(RunState.RUNNING, 90),
                        failed(80),
                        at(RunState.RUNNING, 70),
                        at(RunState.READY, 40),
                        at(RunState.PUBLISHING, 31),
                        at(RunState.PUBLISHED, 30)),
                    run(
                        RunState.REVERTED,
                        at(RunState.PUBLISHING, 900),
                        at(RunState.PUBLISHED, 895),
                        at(RunState.REVERTING, 20),
                        at(RunState.REVERTED, 17))),
                Optional.of(
                    new RunsWatched.Progress(
                        8, new RunsWatched.Built(0, 0, Optional.empty()), 500, 3)),
                List.of(new RunsWatched.Lease("table shop.hours", "process 1 on a", NOW))));

    assertThat(value(samples, Family.PUBLISH_SECONDS)).hasValue(1);
    assertThat(value(samples, Family.REVERT_SECONDS)).hasValue(3);
    assertThat(value(samples, Family.RUN_RETRIES)).hasValue(1);
    assertThat(value(samples, Family.RUN_ERRORS, "TM-JOB-001")).hasValue(1);
    assertThat(value(samples, Family.RUN_ROWS_PER_SECOND)).isEmpty();
    assertThat(value(samples, Family.RUN_ETA)).isEmpty();
    assertThat(value(samples, Family.LEASES, "table")).hasValue(1);
  }

  @Test
  void whatNobodyKnowsOfALiveJobHasNoSample() {
    LiveStatus live =
        new LiveStatus(
            "shop",
            new LiveStatus.Health(LiveStatus.State.RESTARTING, "a reason", Optional.empty(), 4),
            new LiveStatus.Checkpoints(2, 77, Optional.empty(), 0, Duration.ZERO, 0, 6),
            Optional.empty(),
            List.of(
                new LiveStatus.SourceStatus(
                    HOURS,
                    "topic",
                    Optional.of(NOW.minusSeconds(90)),
                    LiveStatus.Lag.UNKNOWN,
                    5,
                    List.of(1),
                    Duration.ofMinutes(1))),
            List.of());

    List<Sample> samples =
        Readings.live(new Report.LiveShown(Report.LiveEvent.LOOKED_AT, live), NOW);

    assertThat(value(samples, Family.LIVE_STATE, "shop", "restarting")).hasValue(1);
    assertThat(value(samples, Family.LIVE_STATE, "shop", "running")).hasValue(0);
    assertThat(value(samples, Family.LIVE_WATERMARK_DELAY, "hours")).hasValue(90);
    assertThat(value(samples, Family.LIVE_LAG_EVENTS, "hours")).isEmpty();
    assertThat(value(samples, Family.LIVE_CHECKPOINT_AGE)).isEmpty();
  }

  @Test
  void liveJobsThatFollowTablesHaveSamplesOfTheirOwn() {
    Report.LiveShown shown =
        new Report.LiveShown(
            Report.LiveEvent.LOOKED_AT,
            job("shop", LiveStatus.State.RUNNING),
            List.of(),
            List.of(
                new Report.LiveShown.Other(
                    Report.LiveEvent.LOOKED_AT, job("shop.months", LiveStatus.State.FAILED))));

    List<Sample> samples = Readings.live(shown, NOW);

    assertThat(value(samples, Family.LIVE_STATE, "shop", "running")).hasValue(1);
    assertThat(value(samples, Family.LIVE_STATE, "shop.months", "running")).hasValue(0);
    assertThat(value(samples, Family.LIVE_STATE, "shop.months", "failed")).hasValue(1);
    assertThat(value(samples, Family.LIVE_CHECKPOINT, "shop.months")).hasValue(77);
    assertThat(value(samples, Family.LIVE_CONFLICTS, "shop.months")).hasValue(6);
  }

  private static LiveStatus job(String name, LiveStatus.State state) {
    return new LiveStatus(
        name,
        new LiveStatus.Health(state, "", Optional.empty(), 0),
        new LiveStatus.Checkpoints(2, 77, Optional.empty(), 0, Duration.ZERO, 0, 6),
        Optional.empty(),
        List.of(),
        List.of());
  }
}
