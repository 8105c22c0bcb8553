package io.tidemark.job.live;

import static io.tidemark.testing.JobBed.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.KafkaBroker;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.util.ExceptionUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A live job that reads what another closes, as tables and broker see it. */
class FollowIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  @TempDir Path dir;

  private static final String PLAIN =
      "SELECT id, `at`, amount * 2 AS amount FROM %s WHERE amount >= 0";

  private static final String TENS =
      """
      SELECT window_start AS `at`, SUM(amount) AS amount, COUNT(*) AS n
      FROM TUMBLE(TABLE followed_plain, DESCRIPTOR(`at`), INTERVAL '10' MINUTES)
      GROUP BY window_start, window_end\
      """;

  private static final String HOURS =
      """
      SELECT FLOOR(`at` TO HOUR) AS `at`, SUM(amount) AS amount, COUNT(*) AS n
      FROM followed_plain GROUP BY FLOOR(`at` TO HOUR)\
      """;

  private static final String THIRTIES =
      """
      SELECT window_start AS `at`, SUM(amount) AS amount, SUM(n) AS n
      FROM TUMBLE(TABLE followed_tens, DESCRIPTOR(`at`), INTERVAL '30' MINUTES)
      GROUP BY window_start, window_end\
      """;

  private static final String DAYS =
      """
      SELECT window_start AS `at`, SUM(amount) AS amount, COUNT(*) AS n
      FROM TUMBLE(TABLE followed_plain, DESCRIPTOR(`at`), INTERVAL '1' DAY)
      GROUP BY window_start, window_end\
      """;

  private static final Instant START = at("2026-03-01T20:00:00Z");

  /** Two live jobs, the second on what the first closes in days of hours. */
  private static final class Pair implements AutoCloseable {
    private final LiveBed live;
    private final Dataset events;
    private final Dataset plain;
    private final Dataset copy;
    private final Dataset tens;
    private final Dataset hours;
    private final Dataset thirties;
    private LiveSpec upstream;
    private LiveSpec follower;

    Pair(Path dir, String topic) {
      live = new LiveBed(dir, KAFKA);
      JobBed bed = live.bed();
      String[] columns = {"id BIGINT NOT NULL", "at TIMESTAMP(3) NOT NULL", "amount INT"};
      events = live.source(topic, 2, "at", columns);
      plain = bed.dataset("followed_plain", JobBed.sliced("at", Grain.HOUR, Grain.HOUR), columns);
      copy = bed.dataset("followed_copy", JobBed.sliced("at", Grain.HOUR, Grain.HOUR), columns);
      tens = sums("followed_tens");
      hours = sums("followed_hours");
      thirties = sums("followed_thirties");
      upstream =
          live.spec(
              List.of(live.ingest(events)),
              List.of(),
              LiveBed.sql(
                  plain, PLAIN.formatted(topic), Optional.of(PLAIN.formatted(topic)), topic));
      follower =
          live.spec(
              List.of(live.follow(plain)),
              List.of(),
              LiveBed.task(
                  copy,
                  new Transform.JavaClass(FailsOnce.class.getName(), List.of()),
                  Optional.empty(),
                  "followed_plain"),
              LiveBed.sql(tens, TENS, Optional.of(TENS), "followed_plain"),
              LiveBed.sql(hours, HOURS, Optional.of(HOURS), "followed_plain"),
              LiveBed.sql(thirties, THIRTIES, Optional.of(THIRTIES), "followed_tens"));
    }

    private Dataset sums(String name) {
      return live.bed()
          .dataset(
              name,
              JobBed.sliced("at", Grain.HOUR, Grain.HOUR),
              "at TIMESTAMP(3) NOT NULL",
              "amount INT",
              "n BIGINT NOT NULL");
    }

    List<Dataset> made() {
      return List.of(copy, tens, hours, thirties);
    }

    /** One event per minute, some of them out of order. */
    void send(int from, int to) {
      for (int i = from; i < to; i++) {
        event(i, START.plusSeconds(60L * (i % 5 == 4 ? i - 3 : i)));
      }
    }

    void event(long id, Instant at) {
      live.send(
          events,
          (int) (id % 2),
          START,
          "{\"id\":%d,\"at\":\"%s\",\"amount\":%d}"
              .formatted(id, at.toString().replace("Z", ""), id % 7));
    }

    boolean hasClosed(int slices) {
      return made().stream().allMatch(d -> live.closed(d).size() == slices);
    }

    @Override
    public void close() {
      live.close();
    }
  }

  @Test
  void closedSlicesOfAFollowedTableAreReadOnceHoweverOftenEitherJobFailsOrStartsAnew()
      throws Exception {
    FailsOnce.NEXT.set(1);
    try (Pair pair = new Pair(dir, "followed")) {
      LiveBed live = pair.live;
      JobClient follower = live.start(pair.follower, 2);
      JobClient upstream = live.start(pair.upstream, 2);
      pair.send(0, 180);
      live.until(follower, () -> pair.hasClosed(2));
      // A late event, for the first slice: it never reaches whoever has read that slice.
      pair.event(1000, START.plusSeconds(60));
      pair.send(180, 260);
      live.until(follower, () -> pair.hasClosed(4));
      live.stop(upstream);
      pair.send(260, 310);
      upstream = live.start(live.again(pair.upstream), 3);
      live.stop(follower);
      pair.send(310, 380);
      live.until(upstream, () -> live.closed(pair.plain).size() == 6);
      // The fourth hour was read before, and two have closed since.
      LiveSpec again = live.again(pair.follower);
      follower = live.start(again, 1);
      live.until(follower, () -> pair.hasClosed(6));
      pair.send(380, 440);
      live.until(follower, () -> pair.hasClosed(7));
      live.stop(upstream);
      live.stop(follower);

      assertThat(FailsOnce.NEXT).hasValueGreaterThan(1);
      LiveJobIT.assertSame(live, pair.copy, "SELECT * FROM followed_plain", pair.plain);
      LiveJobIT.assertSame(live, pair.tens, TENS, pair.plain);
      LiveJobIT.assertSame(live, pair.hours, HOURS, pair.plain);
      LiveJobIT.assertSame(live, pair.thirties, THIRTIES, pair.tens);
      for (Dataset made : pair.made()) {
        assertThat(live.marks(made.table()))
            .allMatch(m -> m.doubts().isEmpty() && m.counts().strays() == 0);
      }
      // Each closed event once, but for the late one.
      assertThat(live.bed().fixture().rows(pair.copy.table())).hasSize(420).doesNotHaveDuplicates();
      assertThat(live.marks(pair.copy.table()))
          .flatExtracting(
              m -> m.ranges().getOrDefault(pair.plain.id(), none()).partitions().keySet())
          .containsOnly(0);
    }
  }

  @Test
  void whatOthersDoToSlicesThatWereReadIsDoubtedAndARollbackEndsTheJob() throws Exception {
    try (Pair pair = new Pair(dir, "touched")) {
      LiveBed live = pair.live;
      Dataset days =
          live.bed()
              .dataset(
                  "followed_days",
                  JobBed.sliced("at", Grain.DAY, Grain.DAY),
                  "at TIMESTAMP(3) NOT NULL",
                  "amount INT",
                  "n BIGINT NOT NULL");
      LiveSpec spec =
          live.spec(
              List.of(live.follow(pair.plain)),
              List.of(),
              LiveBed.sql(pair.tens, TENS, Optional.of(TENS), "followed_plain"),
              LiveBed.sql(days, DAYS, Optional.of(DAYS), "followed_plain"));
      JobClient upstream = live.start(pair.upstream, 1);
      JobClient follower = live.start(spec, 1);
      pair.send(0, 130);
      live.until(follower, () -> live.closed(pair.tens).size() == 1);
      long before = live.bed().fixture().head(pair.plain.table());
      // To an hour that was read, and to one that will be.
      foreign(live, pair.plain, START.plusSeconds(1800));
      foreign(live, pair.plain, START.plusSeconds(3 * 3600 + 1800));
      pair.send(130, 380);
      live.until(follower, () -> live.marks(days.table()).stream().anyMatch(FollowIT::doubts));
      live.until(follower, () -> live.closed(pair.tens).size() == 6);

      assertThat(live.marks(days.table()))
          .filteredOn(FollowIT::doubts)
          .singleElement()
          .satisfies(
              mark ->
                  assertThat(mark.doubts())
                      .singleElement()
                      .satisfies(
                          doubt -> {
                            assertThat(doubt.reason())
                                .startsWith("followed_plain was changed by append");
                            assertThat(doubt.slices().toString()).isEqualTo("2026-03-01");
                          }));
      assertThat(live.marks(pair.tens.table())).noneMatch(FollowIT::doubts);
      assertThat(live.bed().fixture().rows(pair.tens.table()))
          .as("the row that came before its hour was read")
          .anyMatch(row -> row.contains("2026-03-01T23:30") && row.endsWith(", 11]"));

      live.stop(upstream);
      live.bed()
          .fixture()
          .table(pair.plain.table())
          .manageSnapshots()
          .setCurrentSnapshot(before)
          .commit();
      JobClient ended = follower;
      assertThatThrownBy(() -> ended.getJobExecutionResult().get(5, TimeUnit.MINUTES))
          .satisfies(
              e ->
                  assertThat(
                          TidemarkException.findIn(ExceptionUtils.stringifyException(e))
                              .orElseThrow()
                              .problems())
                      .singleElement()
                      .extracting(Problem::code)
                      .isEqualTo("TM-LIVE-040"));
    }
  }

  private static boolean doubts(LiveMark mark) {
    return !mark.doubts().isEmpty();
  }

  private static void foreign(LiveBed live, Dataset dataset, Instant at) {
    live.bed().append(dataset, List.of(JobBed.row(-1L, at, 1)));
  }

  private static LiveMark.Ranges none() {
    return new LiveMark.Ranges(new java.util.TreeMap<>());
  }
}
