package io.tidemark.live.keep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Environment.StoreSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.store.Store;
import io.tidemark.store.Stores;
import io.tidemark.testing.JumpingClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing but a person's word keeps a live job down. */
class KeeperTest {
  private static final TidemarkException AWAY =
      TidemarkException.external(Problem.of("TM-X-1", "no JobManager answers", "", "wait"), null);

  private final Flink flink = new Flink();
  private final JumpingClock time = new JumpingClock(Instant.EPOCH);
  private final List<String> told = new ArrayList<>();
  private StoreSpec database;
  private Store store;
  private Wish wish;
  private Keeper keeper;

  /** A cluster that runs one job, and may be away or refuse. */
  private static final class Flink {
    private final Deque<TidemarkException> failures = new ArrayDeque<>();
    private boolean runs;
    private int starts;
    private int remembered;

    Keeper.Job job() {
      return new Keeper.Job(this::isThere, this::start, () -> remembered++);
    }

    private boolean isThere() {
      fail();
      return runs;
    }

    private void start() {
      starts++;
      runs = true;
    }

    private void fail() {
      Optional.ofNullable(failures.poll())
          .ifPresent(
              e -> {
                throw e;
              });
    }
  }

  @BeforeEach
  void opens(@TempDir Path folder) {
    database =
        new StoreSpec(
            "jdbc:sqlite:" + folder.resolve("control.db"), Optional.empty(), Optional.empty());
    store = Stores.open(database);
    wish = new Wish(store, time, "orders");
    keeper = new Keeper(flink.job(), wish, time::nanos, told::add);
  }

  @AfterEach
  void closes() {
    store.close();
  }

  private void look(int times) {
    for (int i = 0; i < times; i++) {
      keeper.look();
    }
  }

  @Test
  void startsWhatIsGoneAndLeavesAloneWhatRuns() {
    look(3);
    assertThat(flink.starts).isEqualTo(1);

    flink.runs = false;
    look(3);

    assertThat(flink.starts).isEqualTo(2);
    assertThat(told).hasSize(4);
  }

  @Test
  void doesNotStartWhatSomebodyStoppedAlsoAfterItWasKilled() {
    look(1);
    wish.stop();
    wish.stop();
    flink.runs = false;

    look(3);
    try (Store again = Stores.open(database)) {
      new Keeper(flink.job(), new Wish(again, time, "orders"), time::nanos, told::add).look();
    }

    assertThat(flink.starts).isEqualTo(1);
    assertThat(told).filteredOn(t -> t.contains("was stopped")).hasSize(2);
  }

  @Test
  void startsAgainOnceSomebodyAsksForIt() {
    wish.stop();
    look(2);
    assertThat(flink.starts).isZero();

    wish.run();
    wish.run();
    look(1);

    assertThat(flink.starts).isEqualTo(1);
  }

  @Test
  void knowsThePipelinesApart() {
    new Wish(store, time, "flights").stop();

    look(1);

    assertThat(flink.starts).isEqualTo(1);
  }

  @Test
  void sitsOutAClusterThatIsAwayAndAsksItLessAndLessOften() {
    for (int i = 0; i < 8; i++) {
      flink.failures.add(AWAY);
    }
    List<Duration> pauses = new ArrayList<>();
    Instant before = time.instant();
    while (flink.starts == 0) {
      int left = flink.failures.size();
      keeper.look();
      if (flink.failures.size() < left) {
        pauses.add(Duration.between(before, time.instant()));
        before = time.instant();
      }
      time.pass(Duration.ofSeconds(1));
    }

    assertThat(pauses.stream().map(Duration::toSeconds))
        .containsExactly(0L, 2L, 4L, 8L, 16L, 30L, 30L, 30L);
    assertThat(told).filteredOn(t -> t.contains("no JobManager answers")).hasSize(1);
  }

  @Test
  void endsWhereTheJobCannotRunAsItIs() {
    flink.failures.add(
        TidemarkException.user(Problem.of("TM-X-2", "a topic does not exist", "", "make it")));

    assertThatThrownBy(keeper::look).isInstanceOf(TidemarkException.class);
  }

  @Test
  void notesWhatCheckpointsSayEveryFiveMinutesUntilItIsToldToEnd() {
    Instant end = time.instant().plus(Duration.ofMinutes(17));

    keeper.stay(
        () -> {
          time.pass(Duration.ofSeconds(1));
          return time.instant().isBefore(end);
        });

    assertThat(flink.starts).isEqualTo(1);
    assertThat(flink.runs).isTrue();
    assertThat(flink.remembered).isEqualTo(3);
  }
}
