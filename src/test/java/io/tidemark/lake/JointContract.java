package io.tidemark.lake;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.lake.Lake.AllDone;
import io.tidemark.lake.Lake.Change;
import io.tidemark.lake.Lake.Done;
import io.tidemark.lake.Lake.NoneDone;
import io.tidemark.model.StampSummary;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.junit.jupiter.api.Test;

/** Several tables change together or not at all; one subclass for each database. */
abstract class JointContract extends JointFaultsContract {
  @Test
  void twoTablesAreSwitchedTogetherAndBackAndAskedAgainAreLeftAlone() {
    assertThat(a.lake().switchesTogether()).isTrue();

    AllDone done = (AllDone) a.lake().switchTogether(both());

    assertBothAreNewOnce();
    assertThat(done.changes()).containsExactly(new Done(a.head()), new Done(b.head()));
    assertThat(a.lake().switchTogether(both())).isEqualTo(done);
    assertThat(a.ledger()).extracting(r -> r.run().orElseThrow().value()).containsExactly("r1");
    b.append(b.row(3, "2001-01-09", "later"));
    List<Change> back =
        List.of(
            revert(b, "r2", done.changes().get(1).snapshot(), "2001-01"),
            revert(a, "r2", done.changes().get(0).snapshot(), "2001-01"));
    assertThat(a.lake().switchTogether(back)).isInstanceOf(AllDone.class);
    for (Scene s : List.of(a, b)) {
      s.expire();
    }
    assertThat(a.rows()).isEqualTo(oldRows(a));
    assertThat(b.rows()).hasSize(3).containsAll(oldRows(b));
  }

  @Test
  void slicesOfOneTableThatGoBackToDifferentOriginsGoBackInTheSameMoment() {
    String both = "2001-01..2001-02";
    a.run("r0", "2001-01", a.row(1, "2001-01-05", "zero"));
    Done second = a.run("r2", both, a.row(1, "2001-01-05", "two"), a.row(2, "2001-02-05", "two"));

    AllDone done =
        (AllDone)
            a.lake()
                .switchTogether(
                    List.of(
                        revert(a, "u1", second.snapshot(), "2001-01"),
                        revert(a, "u2", second.snapshot(), "2001-02")));

    assertThat(done.changes()).doesNotHaveDuplicates();
    assertThat(a.rows())
        .isEqualTo(a.text(a.row(1, "2001-01-05", "zero"), a.row(2, "2001-02-05", "old")));
    assertThat(a.ledger()).extracting(r -> r.run().orElseThrow().value()).containsExactly("r0");
    a.expire();
    assertThat(a.rows()).hasSize(2);
  }

  @Test
  void aConflictInOneTableLeavesAllAlone() {
    b.append(b.row(9, "2001-01-07", "late"));
    List<String> before = b.rows();

    NoneDone none = (NoneDone) a.lake().switchTogether(both());

    assertThat(none.dataset()).isEqualTo(b.dataset().id());
    assertThat(none.conflict().slices()).isEqualTo(b.slices("2001-01"));
    assertThat(a.rows()).isEqualTo(oldRows(a));
    assertThat(keys(a)).isEmpty();
    assertThat(b.rows()).isEqualTo(before);
    assertThat(unused(a)).isEmpty();
  }

  @Test
  void aCommitElsewhereInTheLastMomentIsAnalysedAndOneIntoTheSlicesRefused() {
    AtomicInteger swaps = new AtomicInteger();
    Lake intruded =
        lake(
            real -> {
              if (swaps.getAndIncrement() == 0) {
                b.append(b.row(3, "2001-07-05", "elsewhere"));
              }
              return real.get();
            });

    assertThat(intruded.switchTogether(both())).isInstanceOf(AllDone.class);

    assertThat(swaps).hasValue(2);
    assertThat(a.rows()).isEqualTo(newRows(a));
    assertThat(b.rows()).hasSize(3).containsAll(newRows(b));
    assertThat(unused(a)).isEmpty();
    assertThat(unused(b)).isEmpty();
    long head = b.head();
    long next = b.candidate("r2", head, "2001-02", b.row(2, "2001-02-05", "newer"));
    long nextA = a.candidate("r2", a.head(), "2001-02", a.row(2, "2001-02-05", "newer"));
    List<Change> second =
        List.of(
            publish(a, "r2", a.head(), nextA, "2001-02"), publish(b, "r2", head, next, "2001-02"));
    Lake refused =
        lake(
            real -> {
              b.append(b.row(4, "2001-02-09", "late"));
              return real.get();
            });
    assertThat(refused.switchTogether(second)).isInstanceOf(NoneDone.class);
    assertThat(a.rows()).isEqualTo(newRows(a));
  }

  @Test
  void noReaderOfBothPointersEverSeesOneNewAndTheOtherOld() throws Exception {
    Set<List<String>> seen = ConcurrentHashMap.newKeySet();
    ScheduledExecutorService reader = Executors.newSingleThreadScheduledExecutor();
    Future<?> reading =
        reader.scheduleWithFixedDelay(() -> seen.add(pointers()), 0, 2, TimeUnit.MILLISECONDS);
    for (int i = 2; i <= 5; i++) {
      a.lake().switchTogether(List.of(next(a, i), next(b, i)));
    }
    assertThat(reading).as("the reader goes on").isNotDone();
    reader.shutdown();
    assertThat(reader.awaitTermination(5, TimeUnit.MINUTES)).isTrue();

    seen.add(pointers());
    assertThat(seen).hasSizeGreaterThan(4);
    Set<List<String>> published = new HashSet<>();
    for (List<String> pair : seen) {
      List<String> newest = List.of(newestKey(a, pair.get(0)), newestKey(b, pair.get(1)));
      assertThat(newest.get(0)).as("%s", pair).isEqualTo(newest.get(1));
      published.add(newest);
    }
    assertThat(published).contains(List.of("r5/publish", "r5/publish"));
  }

  private static String newestKey(Scene s, String metadata) {
    TableMetadata read = TableMetadataParser.read(s.fixture().table(s.table()).io(), metadata);
    return read.currentSnapshot().summary().getOrDefault(StampSummary.KEY, "none");
  }

  /** What the catalog names for both tables at one moment. */
  private List<String> pointers() {
    String url = spec.properties().get("uri");
    try (Connection connection = DriverManager.getConnection(url);
        PreparedStatement query =
            connection.prepareStatement(
                "SELECT table_name, metadata_location FROM iceberg_tables"
                    + " WHERE table_name IN (?, ?) ORDER BY table_name")) {
      query.setString(1, a.table().name());
      query.setString(2, b.table().name());
      List<String> pointers = new ArrayList<>();
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          pointers.add(rows.getString(2));
        }
      }
      return pointers;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void publishesBesideALiveWriterToOneOfTheTablesGetThroughAndLoseNothing() throws Exception {
    AtomicInteger appended = new AtomicInteger();
    ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor();
    Future<?> writing =
        writer.scheduleAtFixedRate(
            () -> {
              b.append(b.row(1000 + appended.get(), "2001-09-05", "live"));
              appended.incrementAndGet();
            },
            0,
            100,
            TimeUnit.MILLISECONDS);
    try {
      assertThat(a.lake().switchTogether(both())).isInstanceOf(AllDone.class);
      for (int i = 2; i <= 3; i++) {
        List<Change> changes = List.of(next(a, i), next(b, i));
        assertThat(a.lake().switchTogether(changes)).isInstanceOf(AllDone.class);
      }
      assertThat(writing).as("the writer goes on").isNotDone();
    } finally {
      writer.shutdown();
      assertThat(writer.awaitTermination(5, TimeUnit.MINUTES)).isTrue();
    }

    assertThat(appended).hasValueGreaterThan(0);
    assertThat(b.rows()).hasSize(2 + appended.get());
    assertThat(a.rows()).hasSize(2).contains(a.text(a.row(3, "2001-01-05", "r3")).get(0));
  }

  /** The publish of a candidate that is made on the table's present head. */
  private static Change next(Scene table, int number) {
    String run = "r" + number;
    long head = table.head();
    long candidate = table.candidate(run, head, "2001-01", table.row(number, "2001-01-05", run));
    return publish(table, run, head, candidate, "2001-01");
  }
}
