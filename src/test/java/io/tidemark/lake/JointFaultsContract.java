package io.tidemark.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.lake.Lake.AllDone;
import io.tidemark.lake.Lake.Change;
import io.tidemark.lake.files.Deltas;
import io.tidemark.lake.pointers.JdbcPointerSwap;
import io.tidemark.lake.pointers.PointerSwap;
import io.tidemark.lake.refs.Tables;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TidemarkException;
import java.io.File;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.jdbc.UncheckedSQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a joint switch makes of answers that are lost, late or wrong. */
abstract class JointFaultsContract {
  Scene a;
  Scene b;
  CatalogSpec spec;
  long baseA;
  long baseB;
  long candidateA;
  long candidateB;

  abstract CatalogSpec spec();

  /** Names that no other test of the same catalog has. */
  abstract String table(String name);

  @BeforeEach
  void open() {
    spec = spec();
    a = new Scene(spec, Scene.monthly(table("a")));
    b = a.beside(table("b"));
    for (Scene s : List.of(a, b)) {
      s.append(s.row(1, "2001-01-05", "old"), s.row(2, "2001-02-05", "old"));
    }
    baseA = a.head();
    baseB = b.head();
    candidateA = a.candidate("r1", baseA, "2001-01", a.row(1, "2001-01-05", "new"));
    candidateB = b.candidate("r1", baseB, "2001-01", b.row(1, "2001-01-05", "new"));
  }

  @AfterEach
  void close() {
    a.close();
  }

  /** The lake over a swap that something happens at. */
  Lake lake(PointerSwap swap) {
    return new IcebergLake(
        a.fixture().catalog(), swap, Clock.systemUTC(), attempt -> {}, Duration.ofDays(30));
  }

  PointerSwap real() {
    return new JdbcPointerSwap(spec.name(), spec.properties());
  }

  interface Around {
    boolean commit(Supplier<Boolean> real);
  }

  Lake lake(Around around) {
    return lake(swap(around));
  }

  PointerSwap swap(Around around) {
    PointerSwap real = real();
    return new PointerSwap() {
      @Override
      public boolean available() {
        return true;
      }

      @Override
      public boolean commit(List<Move> moves) {
        return around.commit(() -> real.commit(moves));
      }
    };
  }

  static Change publish(Scene s, String run, long base, long candidate, String slices) {
    return new Lake.Publish(
        s.dataset(),
        base,
        candidate,
        s.slices(slices),
        s.stamp(run, "publish", Stamp.Kind.PUBLISH, s.slices(slices)));
  }

  List<Change> both() {
    return List.of(
        publish(a, "r1", baseA, candidateA, "2001-01"),
        publish(b, "r1", baseB, candidateB, "2001-01"));
  }

  static Change revert(Scene s, String key, long publish, String slices) {
    return new Lake.Revert(
        s.dataset(),
        publish,
        s.slices(slices),
        s.stamp(key, "revert", Stamp.Kind.REVERT, s.slices(slices)));
  }

  static List<String> oldRows(Scene s) {
    return s.text(s.row(1, "2001-01-05", "old"), s.row(2, "2001-02-05", "old"));
  }

  static List<String> newRows(Scene s) {
    return s.text(s.row(1, "2001-01-05", "new"), s.row(2, "2001-02-05", "old"));
  }

  void assertBothAreNewOnce() {
    for (Scene s : List.of(a, b)) {
      assertThat(s.rows()).isEqualTo(newRows(s));
      assertThat(keys(s)).containsExactly("r1/publish");
    }
  }

  void assertNeitherChanged() {
    for (Scene s : List.of(a, b)) {
      assertThat(s.rows()).isEqualTo(oldRows(s));
      assertThat(keys(s)).isEmpty();
    }
  }

  static List<String> keys(Scene s) {
    Table table = s.fixture().table(s.table());
    return StreamSupport.stream(
            History.ancestry(table, table.currentSnapshot()).spliterator(), false)
        .map(snapshot -> snapshot.summary().get(StampSummary.KEY))
        .filter(java.util.Objects::nonNull)
        .toList();
  }

  @Test
  void anAnswerThatIsLostIsLookedForOnBothTables() {
    AtomicBoolean lost = new AtomicBoolean();
    Lake landing =
        lake(
            real -> {
              boolean done = real.get();
              if (lost.compareAndSet(false, true)) {
                throw new CommitStateUnknownException(new SQLException("connection reset"));
              }
              return done;
            });

    assertThat(landing.switchTogether(both())).isInstanceOf(AllDone.class);

    assertBothAreNewOnce();
  }

  @Test
  void anAnswerThatIsLostOfACommitThatDidNotLandIsFollowedByAnother() {
    AtomicInteger swaps = new AtomicInteger();
    Lake losing =
        lake(
            real -> {
              if (swaps.getAndIncrement() < 2) {
                throw new CommitStateUnknownException(new SQLException("connection reset"));
              }
              return real.get();
            });

    assertThat(losing.switchTogether(both())).isInstanceOf(AllDone.class);

    assertBothAreNewOnce();
  }

  @Test
  void aCommitThatArrivesAfterItWasGivenUpAndRepeatedLandsOnce() {
    List<Supplier<Boolean>> onTheWay = new ArrayList<>();
    Lake slow =
        lake(
            real -> {
              if (onTheWay.isEmpty()) {
                onTheWay.add(real);
                throw new CommitStateUnknownException(new SQLException("timeout"));
              }
              boolean done = real.get();
              assertThat(onTheWay.get(0).get()).as("the first one comes too late").isFalse();
              return done;
            });

    assertThat(slow.switchTogether(both())).isInstanceOf(AllDone.class);

    assertBothAreNewOnce();
  }

  @Test
  void aCommitThatLandsWhileItIsMadeReadyOnceMoreIsNotTakenForSomebodyElses() {
    List<Supplier<Boolean>> onTheWay = new ArrayList<>();
    Around slow =
        real -> {
          if (onTheWay.isEmpty()) {
            onTheWay.add(real);
            throw new CommitStateUnknownException(new SQLException("timeout"));
          }
          return real.get();
        };
    AtomicBoolean landed = new AtomicBoolean();
    PointerSwap swap = swap(slow);
    Tables tables = Tables.anew(a.fixture().catalog());
    Replacement replacement = new Replacement(tables, new Deltas(), attempt -> {});
    List<JointReplacement.Part> parts =
        both().stream()
            .map(Lake.Publish.class::cast)
            .map(
                p ->
                    new JointReplacement.Part(
                        p.dataset(),
                        p.slices(),
                        p.stamp(),
                        (table, index, head) -> {
                          if (!onTheWay.isEmpty() && landed.compareAndSet(false, true)) {
                            assertThat(onTheWay.get(0).get()).as("it lands now").isTrue();
                          }
                          return new Publication(new Deltas(), p.base(), p.candidate(), p.slices())
                              .analyse(table, index, head);
                        }))
            .toList();

    Lake.Joint joint =
        new JointReplacement(tables, replacement, swap, attempt -> {})
            .run(parts, (part, exchange) -> {});

    assertThat(landed).isTrue();
    assertThat(joint).isInstanceOf(AllDone.class);
    assertBothAreNewOnce();
  }

  @Test
  void whatLandedIsKeptThoughTheSwapThenFails() {
    AtomicBoolean failed = new AtomicBoolean();
    Lake failing =
        lake(
            real -> {
              boolean done = real.get();
              if (failed.compareAndSet(false, true)) {
                throw new UncheckedSQLException(new SQLException("cannot close"), "no");
              }
              return done;
            });

    assertThat(failing.switchTogether(both())).isInstanceOf(AllDone.class);

    assertBothAreNewOnce();
  }

  @Test
  void aDatabaseThatNeverAnswersLeavesBothAloneAndNoFilesAndSaysSo() {
    Lake dead =
        lake(
            real -> {
              throw new UncheckedSQLException(new SQLException("disk is full"), "no");
            });

    assertThatThrownBy(() -> dead.switchTogether(both()))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
              assertThat(e.problems().get(0).why()).contains("disk is full");
            });

    assertNeitherChanged();
    assertThat(unused(a)).isEmpty();
    assertThat(a.lake().switchTogether(both())).isInstanceOf(AllDone.class);
    assertBothAreNewOnce();
  }

  @Test
  void aProcessThatDiesAroundTheSwapLeavesAllOrNothingAndTheNextOneEndsIt() {
    Lake before =
        lake(
            real -> {
              throw new ThreadDeath();
            });
    assertThatThrownBy(() -> before.switchTogether(both())).isInstanceOf(ThreadDeath.class);
    assertNeitherChanged();
    Lake after =
        lake(
            real -> {
              assertThat(real.get()).isTrue();
              throw new ThreadDeath();
            });
    assertThatThrownBy(() -> after.switchTogether(both())).isInstanceOf(ThreadDeath.class);
    assertBothAreNewOnce();

    assertThat(a.lake().switchTogether(both())).isInstanceOf(AllDone.class);

    assertBothAreNewOnce();
  }

  /** Manifests, manifest lists and metadata in a table's folder that nothing refers to. */
  static List<String> unused(Scene s) {
    Table table = s.fixture().table(s.table());
    TableMetadata metadata = Tables.metadata(table);
    Set<String> used = new HashSet<>();
    used.add(metadata.metadataFileLocation());
    metadata.previousFiles().forEach(f -> used.add(f.file()));
    table
        .snapshots()
        .forEach(
            snapshot -> {
              used.add(snapshot.manifestListLocation());
              snapshot.allManifests(table.io()).forEach(m -> used.add(m.path()));
            });
    Set<String> names = new HashSet<>();
    used.forEach(path -> names.add(path.substring(path.lastIndexOf('/') + 1)));
    File[] files = Path.of(table.location(), "metadata").toFile().listFiles();
    assertThat(files).isNotNull();
    return Stream.of(files)
        .map(File::getName)
        .filter(name -> name.endsWith(".avro") || name.endsWith(".metadata.json"))
        .filter(name -> !names.contains(name))
        .toList();
  }
}
