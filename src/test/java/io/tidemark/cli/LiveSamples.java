package io.tidemark.cli;

import io.tidemark.model.DatasetDiff;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.ShadowStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Live jobs as control would tell of them. */
final class LiveSamples {
  private LiveSamples() {}

  /** A live job whose catalog is away, with one silent partition and late rows. */
  static LiveStatus live() {
    return new LiveStatus(
        "cities",
        new LiveStatus.Health(
            LiveStatus.State.COMMITS_WAITING,
            "catalog, storage or brokers do not answer",
            Optional.of(Samples.NOON),
            2),
        new LiveStatus.Checkpoints(
            3, 1_205, Optional.of(Duration.ofSeconds(4)), 26_700, Duration.ofMillis(300), 1, 4),
        Optional.of(new LiveStatus.Pressure("gate events for city_day", 0.42)),
        List.of(
            new LiveStatus.SourceStatus(
                Samples.EVENTS,
                "events.v1",
                Optional.of(Samples.NOON.minusSeconds(90)),
                new LiveStatus.Lag(Optional.of(12_345L), Optional.of(Duration.ofSeconds(75))),
                7,
                List.of(1),
                Duration.ofMinutes(1))),
        List.of(
            new LiveStatus.TaskStatus(
                Samples.DAYS,
                Optional.of("2001-06-01"),
                Samples.days("2001-06-01"),
                3,
                Samples.days("2001-05-30")),
            new LiveStatus.TaskStatus(
                Samples.MONTHS, Optional.empty(), Samples.months(""), 0, Samples.months(""))));
  }

  /** One that is stopped, while no broker answers. */
  static LiveStatus quiet() {
    return new LiveStatus(
        "cities",
        new LiveStatus.Health(LiveStatus.State.NOT_RUNNING, "stopped", Optional.empty(), 0),
        new LiveStatus.Checkpoints(3, 1_206, Optional.empty(), 0, Duration.ZERO, 0, 0),
        Optional.empty(),
        List.of(
            new LiveStatus.SourceStatus(
                Samples.EVENTS,
                "events.v1",
                Optional.empty(),
                LiveStatus.Lag.UNKNOWN,
                0,
                List.of(),
                Duration.ofMinutes(1))),
        List.of());
  }

  /** One that follows what the quiet one makes. */
  static LiveStatus following() {
    return new LiveStatus(
        "cities.city_month",
        new LiveStatus.Health(LiveStatus.State.RUNNING, "", Optional.of(Samples.NOON), 0),
        new LiveStatus.Checkpoints(2, 17, Optional.of(Duration.ZERO), 1_200, Duration.ZERO, 0, 0),
        Optional.empty(),
        List.of(),
        List.of(
            new LiveStatus.TaskStatus(
                Samples.MONTHS, Optional.empty(), Samples.months(""), 0, Samples.months(""))),
        List.of(new LiveStatus.FollowedStatus(Samples.DAYS, Optional.of("2001-06-01"))),
        Optional.empty());
  }

  /** One with a shadow beside it, of which some slices differ. */
  static LiveStatus shadowed() {
    return quiet()
        .with(
            new ShadowStatus(
                new LiveStatus.Health(LiveStatus.State.RUNNING, "", Optional.of(Samples.NOON), 0),
                Optional.of("cents"),
                Optional.empty(),
                new LiveStatus.Lag(Optional.of(1_200L), Optional.of(Duration.ofSeconds(2))),
                new LiveStatus.Lag(Optional.of(0L), Optional.of(Duration.ZERO)),
                List.of(
                    new ShadowStatus.Compared(
                        Samples.DAYS,
                        Samples.days("2001-05-20..2001-05-25"),
                        Samples.days("2001-05-26"),
                        Samples.days("2001-05-27"),
                        Samples.days("2001-05-28"),
                        Samples.days("2001-05-29..2001-05-30"),
                        new DatasetDiff.Counts(1, 0, 1_400, 7, 3)))));
  }
}
