package io.tidemark.live;

import io.tidemark.cluster.LiveJob;
import io.tidemark.lake.Lake;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveStatus.Lag;
import io.tidemark.model.ShadowStatus;
import io.tidemark.model.ShadowStatus.Compared;
import io.tidemark.model.Transform;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Puts together how a shadow does beside its live job. Reads tables and brokers alone. */
final class Shadows {
  private final Lake lake;
  private final Lags lags;

  Shadows(Lake lake, Lags lags) {
    this.lake = lake;
    this.lags = lags;
  }

  /** The datasets that a job makes. */
  static List<DatasetId> made(Ran ran) {
    return LiveScope.of(ran.graph(), ran.selected()).transforms().stream()
        .map(Transform::output)
        .toList();
  }

  /**
   * @param grace of the version before: when it ends
   * @param main the live job, if it runs
   * @param shadow the same of the shadow
   */
  ShadowStatus status(
      Ran ran, Optional<Instant> grace, Optional<LiveJob> main, Optional<LiveJob> shadow) {
    Comparisons comparisons = new Comparisons(lake, ran.graph(), ran.change());
    List<Compared> compared =
        grace.isPresent()
            ? List.of()
            : comparisons.standings(made(ran)).stream().map(comparisons::compared).toList();
    return new ShadowStatus(
        Statuses.health(shadow, Optional.empty()),
        ran.change(),
        grace,
        shadow.map(job -> lag(ran, job)).orElse(Lag.UNKNOWN),
        main.map(job -> lag(ran, job)).orElseGet(() -> committed(ran)),
        compared);
  }

  /** While tables cannot be read: whether it runs, and nothing else. */
  static ShadowStatus unread(Ran ran, Optional<Instant> grace, Optional<LiveJob> shadow) {
    return new ShadowStatus(
        Statuses.health(shadow, Optional.empty()),
        ran.change(),
        grace,
        Lag.UNKNOWN,
        Lag.UNKNOWN,
        List.of());
  }

  private Lag lag(Ran ran, LiveJob job) {
    List<Lag> all = new ArrayList<>();
    for (Dataset source : sources(ran)) {
      TreeMap<Integer, Long> next = new TreeMap<>(Lags.read(job, source.id(), ran.offsets()));
      all.add(lags.behind(source.topic().orElseThrow(), next));
    }
    return sum(all);
  }

  /** Of a job that does not run: what its tables do not hold. */
  private Lag committed(Ran ran) {
    return sum(
        sources(ran).stream()
            .map(s -> lags.behind(s.topic().orElseThrow(), Lags.committed(lake, s)))
            .toList());
  }

  private static List<Dataset> sources(Ran ran) {
    return LiveScope.of(ran.graph(), ran.selected()).sources();
  }

  /** All events, and the longest time; unknown where one of them is. */
  private static Lag sum(List<Lag> lags) {
    Optional<Long> events = Optional.of(0L);
    Optional<Duration> time = Optional.of(Duration.ZERO);
    for (Lag lag : lags) {
      events = events.flatMap(a -> lag.events().map(b -> a + b));
      time = time.flatMap(a -> lag.time().map(b -> a.compareTo(b) < 0 ? b : a));
    }
    return new Lag(events, time);
  }
}
