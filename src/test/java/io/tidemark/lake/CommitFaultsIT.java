package io.tidemark.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.lake.Lake.Conflict;
import io.tidemark.lake.Lake.Done;
import io.tidemark.lake.refs.Refs;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TidemarkException;
import io.tidemark.testing.FaultyCatalog;
import io.tidemark.testing.FaultyCatalog.Fault;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.jdbc.UncheckedSQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A publish or revert whose commit goes wrong is made once or not at all, never twice. */
final class CommitFaultsIT {
  @TempDir Path dir;
  private Scene scene;
  private FaultyCatalog catalog;
  private Lake lake;
  private long base;
  private long candidate;

  @BeforeEach
  void open() {
    CatalogSpec spec = LakeFixture.sqlite(dir);
    scene = new Scene(spec, Scene.monthly("db.t"));
    catalog = FaultyCatalog.open(spec.name(), spec.properties());
    lake = new IcebergLake(catalog, Clock.systemUTC(), attempt -> {});
    scene.append(scene.row(1, "2001-01-05", "old"), scene.row(2, "2001-02-05", "old"));
    base = scene.head();
    candidate = scene.candidate("r1", base, "2001-01", scene.row(1, "2001-01-05", "new"));
  }

  @AfterEach
  void close() {
    catalog.close();
    scene.close();
  }

  private record Case(String name, int times, Fault fault) {
    @Override
    public String toString() {
      return name + " x" + times;
    }
  }

  /** Wraps a commit so that only those of a publish or revert go wrong, so many times. */
  private static Case ofStamped(String name, int times, Fault fault) {
    AtomicInteger left = new AtomicInteger(times);
    return new Case(
        name,
        times,
        (metadata, commit) -> {
          Predicate<Snapshot> stamped = s -> History.stamp(s).filter(Ledger::decides).isPresent();
          boolean ours =
              metadata.currentSnapshot() != null
                  && stamped.test(metadata.currentSnapshot())
                  && metadata.changes().toString().contains("AddSnapshot");
          if (ours && left.getAndDecrement() > 0) {
            fault.commit(metadata, commit);
          } else {
            commit.run();
          }
        });
  }

  static Stream<Case> recoverable() {
    return Stream.of(
        ofStamped("fails cleanly", 2, Fault.CONFLICT),
        ofStamped("lands, then says that it is not known", 1, Fault.ANSWER_LOST),
        ofStamped("says that it is not known and does not land", 2, Fault.ALL_LOST),
        ofStamped(
            "lands, then fails as a database does",
            1,
            (metadata, commit) -> {
              commit.run();
              throw new UncheckedSQLException(new SQLException("gone"), "Unknown failure");
            }),
        ofStamped(
            "lands, then says that it failed, as after a retried update",
            1,
            (metadata, commit) -> {
              commit.run();
              throw new CommitFailedException("metadata location has changed");
            }));
  }

  @ParameterizedTest
  @MethodSource("recoverable")
  void publishIsMadeExactlyOnceWhenItsCommit(Case fault) {
    catalog.fault(fault.fault());

    Done done = (Done) publish();

    assertThat(scene.rows())
        .isEqualTo(
            scene.text(scene.row(1, "2001-01-05", "new"), scene.row(2, "2001-02-05", "old")));
    assertThat(keys()).containsExactly("r1/publish");
    assertThat(lake.find(scene.table(), "main", "r1/publish").orElseThrow().snapshot())
        .isEqualTo(done.snapshot());
    assertThat(publish()).isEqualTo(done);
  }

  @ParameterizedTest
  @MethodSource("recoverable")
  void revertIsMadeExactlyOnceWhenItsCommit(Case fault) {
    Done published = (Done) publish();
    catalog.fault(fault.fault());

    Done done = (Done) revert(published.snapshot());

    assertThat(scene.rows())
        .isEqualTo(
            scene.text(scene.row(1, "2001-01-05", "old"), scene.row(2, "2001-02-05", "old")));
    assertThat(revert(published.snapshot())).isEqualTo(done);
    scene.expire();
    assertThat(scene.rows()).hasSize(2);
  }

  @Test
  void aProcessKilledAroundTheCommitLeavesAllOrNothingAndTheNextCallEndsIt() {
    AtomicBoolean landed = new AtomicBoolean();
    for (boolean before : List.of(true, false)) {
      catalog.fault(
          (metadata, commit) -> {
            if (!stampedNow(metadata)) {
              commit.run();
              return;
            }
            landed.set(!before);
            (before ? Fault.DIES_BEFORE : Fault.DIES_AFTER).commit(metadata, commit);
          });
      assertThatThrownBy(this::publish).isInstanceOf(FaultyCatalog.Died.class);
      assertThat(keys()).hasSize(before ? 0 : 1);
    }
    catalog.fault(Fault.NONE);

    assertThat(publish()).isInstanceOf(Done.class);

    assertThat(landed).isTrue();
    assertThat(keys()).containsExactly("r1/publish");
    assertThat(scene.rows()).hasSize(2);
  }

  @Test
  void aCommitThatNeverGetsThroughLeavesMainAloneAndSaysSo() {
    List<String> before = scene.rows();
    catalog.fault(
        (metadata, commit) -> {
          throw new UncheckedSQLException(new SQLException("disk is full"), "Unknown failure");
        });

    assertThatThrownBy(this::publish)
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
              assertThat(e.problems().get(0).why()).contains("disk is full");
            });

    catalog.fault(Fault.NONE);
    assertThat(scene.rows()).isEqualTo(before);
    assertThat(publish()).isInstanceOf(Done.class);
  }

  @Test
  void aForeignCommitIntoTheSliceJustBeforeOursIsAConflictAndElsewhereIsNot() {
    AtomicInteger commits = new AtomicInteger();
    catalog.fault(
        (metadata, commit) -> {
          if (stampedNow(metadata) && commits.getAndIncrement() == 0) {
            scene.append(scene.row(7, "2001-05-05", "elsewhere"));
          }
          commit.run();
        });

    assertThat(publish()).isInstanceOf(Done.class);

    assertThat(commits).hasValueGreaterThan(1);
    assertThat(scene.rows()).hasSize(3);
    long next = scene.candidate("r2", scene.head(), "2001-02", scene.row(2, "2001-02-05", "new"));
    long head = scene.head();
    commits.set(0);
    catalog.fault(
        (metadata, commit) -> {
          if (stampedNow(metadata) && commits.getAndIncrement() == 0) {
            scene.append(scene.row(8, "2001-02-07", "late"));
          }
          commit.run();
        });
    Conflict conflict =
        (Conflict)
            lake.publish(
                scene.dataset(),
                head,
                next,
                scene.slices("2001-02"),
                scene.stamp("r2", "publish", Stamp.Kind.PUBLISH, scene.slices("2001-02")));
    assertThat(conflict.slices()).isEqualTo(scene.slices("2001-02"));
    assertThat(scene.rows()).hasSize(4);
  }

  @Test
  void aCompactionJustBeforeOurCommitIsFollowed() {
    AtomicInteger commits = new AtomicInteger();
    catalog.fault(
        (metadata, commit) -> {
          if (stampedNow(metadata) && commits.getAndIncrement() == 0) {
            scene.compact();
          }
          commit.run();
        });

    assertThat(publish()).isInstanceOf(Done.class);

    assertThat(scene.rows())
        .isEqualTo(
            scene.text(scene.row(1, "2001-01-05", "new"), scene.row(2, "2001-02-05", "old")));
  }

  @Test
  void attemptsThatFailLeaveNoMetadataFilesBehindThatNobodyUses() {
    catalog.fault(ofStamped("fails cleanly", 3, Fault.CONFLICT).fault());

    publish();

    Table table = scene.fixture().table(scene.table());
    List<String> used =
        StreamSupport.stream(table.snapshots().spliterator(), false)
            .flatMap(
                s ->
                    Stream.concat(
                        Stream.of(s.manifestListLocation()),
                        s.allManifests(table.io()).stream().map(m -> m.path())))
            .map(p -> p.substring(p.lastIndexOf('/') + 1))
            .distinct()
            .toList();
    java.io.File[] files = Path.of(table.location(), "metadata").toFile().listFiles();
    assertThat(files).isNotNull();
    assertThat(Stream.of(files).map(java.io.File::getName).filter(n -> n.endsWith(".avro")))
        .containsExactlyInAnyOrderElementsOf(used);
  }

  @Test
  void aCatalogThatForgetsBranchesIsRefusedByName() {
    scene.lake().dropBranch(scene.table(), Refs.GUARD);
    List<String> before = scene.rows();
    catalog.fault((metadata, commit) -> {});

    assertThatThrownBy(() -> lake.ensure(scene.dataset()))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.USER);
              assertThat(e.problems().get(0).code()).isEqualTo("TM-LAKE-023");
              assertThat(e.problems().get(0).what()).contains("'lake'");
            });

    assertThat(scene.rows()).isEqualTo(before);
  }

  @Test
  void aFullDiskLeavesMainAloneAndSaysSo() {
    List<String> before = scene.rows();
    catalog.files(FaultyCatalog.FullDiskFiles::new);

    assertThatThrownBy(this::publish)
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
              assertThat(e.problems().get(0).why()).contains("No space left on device");
            });

    catalog.files(files -> files);
    assertThat(scene.rows()).isEqualTo(before);
    assertThat(publish()).isInstanceOf(Done.class);
  }

  private static boolean stampedNow(TableMetadata metadata) {
    return metadata.currentSnapshot() != null
        && metadata.changes().toString().contains("AddSnapshot")
        && History.stamp(metadata.currentSnapshot()).filter(Ledger::decides).isPresent();
  }

  private Lake.Outcome publish() {
    return lake.publish(
        scene.dataset(),
        base,
        candidate,
        scene.slices("2001-01"),
        scene.stamp("r1", "publish", Stamp.Kind.PUBLISH, scene.slices("2001-01")));
  }

  private Lake.Outcome revert(long publish) {
    return lake.revert(
        scene.dataset(),
        publish,
        scene.slices("2001-01"),
        scene.stamp("r1", "revert", Stamp.Kind.REVERT, scene.slices("2001-01")));
  }

  /** The keys on main, so that doubles show. */
  private List<String> keys() {
    Table table = scene.fixture().table(scene.table());
    return StreamSupport.stream(
            History.ancestry(table, table.currentSnapshot()).spliterator(), false)
        .map(s -> s.summary().get(StampSummary.KEY))
        .filter(java.util.Objects::nonNull)
        .toList();
  }
}
