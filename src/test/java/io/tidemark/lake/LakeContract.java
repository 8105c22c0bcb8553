package io.tidemark.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.lake.Lake.Conflict;
import io.tidemark.lake.Lake.Done;
import io.tidemark.model.Grain;
import io.tidemark.model.Pin;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TidemarkException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.Table;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;

/** What every catalog has to hold; one subclass each. */
abstract class LakeContract {
  abstract Scene scene();

  @Test
  void publishReplacesTheSlicesAndRevertPutsThemBack() {
    Scene s = scene();
    s.append(s.row(1, "2001-01-05", "old"), s.row(2, "2001-02-05", "old"));
    long base = s.head();
    long candidate =
        s.candidate(
            "r1", base, "2001-01", s.row(1, "2001-01-05", "new"), s.row(3, "2001-01-06", "new"));
    assertThat(s.rows()).hasSize(2);

    Done done = (Done) s.publish("r1", base, candidate, "2001-01");

    assertThat(s.rows())
        .isEqualTo(
            s.text(
                s.row(1, "2001-01-05", "new"),
                s.row(3, "2001-01-06", "new"),
                s.row(2, "2001-02-05", "old")));
    s.append(s.row(4, "2001-01-09", "later"), s.row(5, "2001-03-01", "later"));
    assertThat(s.revert("r2", done.snapshot(), "2001-01")).isInstanceOf(Done.class);
    assertThat(s.rows())
        .isEqualTo(
            s.text(
                s.row(1, "2001-01-05", "old"),
                s.row(2, "2001-02-05", "old"),
                s.row(4, "2001-01-09", "later"),
                s.row(5, "2001-03-01", "later")));
    s.expire();
    assertThat(s.rows()).hasSize(4);
  }

  @Test
  void whatAPublishReplacedIsKeptForTheRevertWindowThatIsConfigured() {
    Scene s = scene();
    s.append(s.row(1, "2001-01-05", "old"));
    try (Lake week =
        Lakes.open(
            s.fixture().spec(), Clock.systemUTC(), Duration.ofDays(7), new Configuration())) {
      long base = s.head();
      long candidate = s.candidate("r1", base, "2001-01", s.row(1, "2001-01-05", "new"));
      week.publish(
          s.dataset(),
          base,
          candidate,
          s.slices("2001-01"),
          s.stamp("r1", "publish", Stamp.Kind.PUBLISH, s.slices("2001-01")));
    }

    for (String tag : List.of("tidemark-before-r1", "tidemark-after-r1")) {
      assertThat(Duration.ofMillis(s.fixture().table(s.table()).refs().get(tag).maxRefAgeMs()))
          .isBetween(Duration.ofDays(7), Duration.ofDays(7).plusHours(1));
    }
  }

  @Test
  void firstPublishIntoAnEmptyMainWorksAndItsRevertRestoresEmptiness() {
    Scene s = scene();
    long candidate = s.candidate("r1", 0, "2001-01", s.row(1, "2001-01-05", "new"));

    Done done = (Done) s.publish("r1", 0, candidate, "2001-01");

    assertThat(s.rows()).isEqualTo(s.text(s.row(1, "2001-01-05", "new")));
    assertThat(s.revert("r2", done.snapshot(), "2001-01")).isInstanceOf(Done.class);
    assertThat(s.rows()).isEmpty();
  }

  @Test
  void publishIsRefusedForExactlyTheSlicesThatAForeignCommitTouched() {
    Scene s = scene();
    s.append(s.row(1, "2001-01-05", "old"), s.row(2, "2001-02-05", "old"));
    long base = s.head();
    long candidate =
        s.candidate(
            "r1",
            base,
            "2001-01..2001-02",
            s.row(1, "2001-01-05", "n"),
            s.row(2, "2001-02-05", "n"));
    s.append(s.row(9, "2001-02-07", "late"), s.row(8, "2001-07-07", "elsewhere"));
    List<String> before = s.rows();

    Conflict conflict = (Conflict) s.publish("r1", base, candidate, "2001-01..2001-02");

    assertThat(conflict.slices()).isEqualTo(SliceSet.parse(Grain.MONTH, "2001-02"));
    assertThat(s.rows()).isEqualTo(before);
  }

  @Test
  void compactionOfTheSameRowsIsNoConflict() {
    Scene s = scene();
    s.append(s.row(1, "2001-01-05", "old"));
    s.append(s.row(2, "2001-01-06", "old"), s.row(3, "2001-02-06", "old"));
    long base = s.head();
    long candidate = s.candidate("r1", base, "2001-01", s.row(1, "2001-01-05", "new"));
    s.compact();

    Done done = (Done) s.publish("r1", base, candidate, "2001-01");

    assertThat(s.rows())
        .isEqualTo(s.text(s.row(1, "2001-01-05", "new"), s.row(3, "2001-02-06", "old")));
    s.compact();
    assertThat(s.revert("r2", done.snapshot(), "2001-01")).isInstanceOf(Done.class);
    assertThat(s.rows()).hasSize(3);
    assertThat(s.lake().changesSince(s.dataset(), Pin.main(base)).unknown()).isEmpty();
    assertThat(s.lake().facts(s.dataset(), Set.of(Pin.main(base)))).isPresent();
  }

  @Test
  void whatStampsSaySurvivesTheExpiryOfMainsHistory() {
    Scene s = scene();
    s.append(s.row(1, "2001-01-05", "old"), s.row(2, "2001-02-05", "old"));
    Done first =
        s.run("r1", "2001-01..2001-02", s.row(1, "2001-01-05", "a"), s.row(2, "2001-02-05", "a"));
    s.run("r2", "2001-02", s.row(2, "2001-02-05", "b"));
    List<SliceRecord> ledger = s.ledger();
    s.append(s.row(3, "2001-07-05", "later"));
    s.append(s.row(4, "2001-07-06", "later"));

    s.expire();

    assertThat(ledger).extracting(r -> r.run().orElseThrow().value()).containsExactly("r1", "r2");
    assertThat(s.ledger()).isEqualTo(ledger);
    assertThat(s.lake().find(s.table(), "main", "r1/publish").orElseThrow().snapshot())
        .isEqualTo(first.snapshot());
    assertThat(s.lake().analyses(s.table())).hasSize(2);
    assertThat(s.revert("r3", first.snapshot(), "2001-01")).isInstanceOf(Done.class);
    assertThat(s.ledger()).extracting(r -> r.run().orElseThrow().value()).containsExactly("r2");
    assertThat(s.revert("r4", first.snapshot(), "2001-02")).isInstanceOf(Conflict.class);
    assertThat(s.rows()).hasSize(4);
  }

  @Test
  void ledgerOfARevertedSliceIsThatOfThePublishBefore() {
    Scene s = scene();
    s.run("r1", "2001-01..2001-02", s.row(1, "2001-01-05", "a"), s.row(2, "2001-02-05", "a"));
    Done second =
        s.run("r2", "2001-01..2001-02", s.row(1, "2001-01-05", "b"), s.row(2, "2001-02-05", "b"));

    s.revert("r3", second.snapshot(), "2001-02");

    assertThat(s.ledger())
        .extracting(r -> r.run().orElseThrow().value())
        .containsExactly("r2", "r1");
    s.lake().rollback(s.table(), second.snapshot(), s.head(), Lake.Reason.NONE);
    assertThat(s.ledger())
        .extracting(r -> r.run().orElseThrow().value())
        .containsExactly("r2", "r2");
    s.append(s.row(3, "2001-01-07", "past the stamps"));
    assertThat(s.ledger())
        .extracting(r -> s.slices("2001-02").contains(r.ordinal()))
        .containsExactly(true);
  }

  @Test
  void leaseKeepsASnapshotThroughExpiryUntilItsHolderReleasesIt() {
    Scene s = scene();
    s.append(s.row(1, "2001-01-05", "old"));
    long leased = s.head();
    s.lake().lease(s.table(), leased, "plan-1", Instant.now().plusSeconds(3600));
    s.lake().lease(s.table(), leased, "plan-1", Instant.now().plusSeconds(7200));
    s.lake().lease(s.table(), leased, "plan", Instant.now().plusSeconds(3600));
    assertThat(s.lake().holders(s.table())).containsExactly("plan", "plan-1");
    s.append(s.row(2, "2001-01-05", "new"));

    s.expire();

    assertThat(s.fixture().rows(s.table(), leased)).hasSize(1);
    s.lake().release(s.table(), "plan");
    assertThat(s.fixture().table(s.table()).refs()).containsKey("tidemark-lease-plan-1-" + leased);
    s.lake().release(s.table(), "plan-1");
    s.lake().release(s.table(), "plan-1");
    s.expire();
    assertThat(s.fixture().table(s.table()).snapshot(leased)).isNull();
    assertThatThrownBy(() -> s.lake().lease(s.table(), leased, "late", Instant.now()))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL));
  }

  @Test
  void branchesAreCutOnceAndDroppedOnce() {
    Scene s = scene();
    s.lake().branch(s.table(), "b0", 0);
    s.append(s.row(1, "2001-01-05", "old"));
    s.lake().branch(s.table(), "b1", s.head());
    s.lake().branch(s.table(), "b1", s.head());
    s.lake().branch(s.table(), "b2", 0);

    assertThat(s.lake().head(s.table(), "b1")).contains(s.head());
    for (String empty : List.of("b0", "b2")) {
      assertThat(s.fixture().rows(s.table(), s.lake().head(s.table(), empty).orElseThrow()))
          .isEmpty();
    }
    s.lake().dropBranch(s.table(), "b1");
    s.lake().dropBranch(s.table(), "b1");
    assertThat(s.lake().head(s.table(), "b1")).isEmpty();
    assertThat(s.rows()).hasSize(1);
  }

  @Test
  void rollbackRestoresRowsSchemaAndPartitionSpecIfMainIsWhereExpected() {
    Scene s = scene();
    s.append(s.row(1, "2001-01-05", "old"));
    long good = s.head();
    s.fixture().table(s.table()).updateSpec().addField("v").commit();
    s.fixture().table(s.table()).updateSchema().addColumn("extra", Types.LongType.get()).commit();
    s.append(List.of(2L, Instant.parse("2001-01-06T00:00:00Z"), "bad", 9L));
    long bad = s.head();

    assertThatThrownBy(() -> s.lake().rollback(s.table(), good, good, Lake.Reason.NONE))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.category()).isEqualTo(TidemarkException.Category.REFUSED));
    assertThatThrownBy(() -> s.lake().rollback(s.table(), 42, bad, Lake.Reason.NONE))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.category()).isEqualTo(TidemarkException.Category.USER));
    s.lake().rollback(s.table(), good, bad, Lake.Reason.NONE);
    s.lake().rollback(s.table(), good, bad, Lake.Reason.NONE);

    Table table = s.fixture().table(s.table());
    assertThat(s.head()).isEqualTo(good);
    assertThat(s.lake().schema(s.table()).orElseThrow().names()).containsExactly("id", "at", "v");
    assertThat(table.spec().fields()).hasSize(1);
    assertThat(table.properties())
        .containsKey("tidemark.rollback.1")
        .doesNotContainKey("tidemark.rollback.2");
    assertThat(s.rows()).isEqualTo(s.text(s.row(1, "2001-01-05", "old")));
    s.lake().rollback(s.table(), bad, good, Lake.Reason.NONE);
    assertThat(s.rows()).hasSize(2);
    s.lake().rollback(s.table(), 0, bad, Lake.Reason.NONE);
    assertThat(s.lake().head(s.table(), "main")).isEmpty();
    s.lake().rollback(s.table(), bad, 0, Lake.Reason.NONE);
    assertThat(s.rows()).hasSize(2);
  }

  @Test
  void publishesWhileALiveWriterAppendsElsewhereLoseNothing() throws Exception {
    Scene s = scene();
    s.append(s.row(0, "2001-01-05", "old"));
    AtomicInteger appended = new AtomicInteger();
    // A writer that commits ten times a second, as fast as live jobs come; without a rate it would
    // grow the table's metadata faster than anybody can publish beside it.
    ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor();
    Future<?> writing =
        writer.scheduleAtFixedRate(
            () -> {
              s.append(s.row(1000 + appended.get(), "2001-09-05", "live"));
              appended.incrementAndGet();
            },
            0,
            100,
            TimeUnit.MILLISECONDS);
    try {
      for (int i = 1; i <= 4; i++) {
        s.run("r" + i, "2001-01", s.row(i, "2001-01-05", "run " + i));
      }
      assertThat(writing).as("the writer goes on").isNotDone();
    } finally {
      writer.shutdown();
      assertThat(writer.awaitTermination(5, TimeUnit.MINUTES)).isTrue();
    }

    assertThat(appended).hasValueGreaterThan(0);
    assertThat(s.rows()).hasSize(1 + appended.get());
    assertThat(s.rows()).contains(s.text(s.row(4, "2001-01-05", "run 4")).get(0));
  }
}
