package io.tidemark.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.lake.refs.Patience;
import io.tidemark.lake.refs.Tables;
import io.tidemark.testing.CountingFiles;
import io.tidemark.testing.CountingFiles.Kind;
import io.tidemark.testing.FaultyCatalog;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.iceberg.ManageSnapshots;
import org.apache.iceberg.Table;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A metadata file is read once, and nobody is told of an older one for that. */
final class KeptMetadataIT {
  @TempDir Path dir;
  private Scene scene;
  private Scene seen;
  private FaultyCatalog catalog;

  @BeforeEach
  void openCountingLake() {
    scene = new Scene(LakeFixture.sqlite(dir), Scene.monthly("ns.sales"));
    TreeMap<String, String> properties = new TreeMap<>(LakeFixture.sqlite(dir).properties());
    properties.put("io-impl", CountingFiles.class.getName());
    catalog = FaultyCatalog.open("lake", properties);
    seen = scene.through(catalog);
  }

  @AfterEach
  void close() {
    seen.lake().close();
    scene.close();
  }

  /** Of metadata, since this was last asked. */
  private int read() {
    Map<Kind, Integer> opened = CountingFiles.opened(dir.toString());
    return opened.getOrDefault(Kind.METADATA, 0);
  }

  /** How often the table was committed to. */
  private int versions() {
    String file = Tables.metadata(scene.fixture().table(scene.table())).metadataFileLocation();
    String name = file.substring(file.lastIndexOf('/') + 1);
    return Integer.parseInt(name.substring(0, name.indexOf('-')));
  }

  @Test
  void whatWasReadIsNotReadAgainAndWhatOthersCommittedIs() {
    scene.append(scene.row(1, "2021-01-05", "a"));
    assertThat(seen.ledger()).isEmpty();
    read();

    for (int i = 0; i < 5; i++) {
      seen.ledger();
      assertThat(seen.lake().head(scene.table(), "main")).contains(scene.head());
    }
    assertThat(read()).isZero();

    long head = scene.append(scene.row(2, "2021-02-05", "b"));
    assertThat(seen.lake().head(scene.table(), "main")).contains(head);
    assertThat(seen.lake().stamps(scene.table(), "main")).isEmpty();
    assertThat(read()).isEqualTo(1);
  }

  @Test
  void aPublishReadsEachVersionOfTheTableOnce() {
    scene.append(scene.row(1, "2021-01-05", "a"));
    long base = scene.head();
    long candidate = scene.candidate("r1", base, "2021-01", scene.row(1, "2021-01-05", "b"));
    seen.lake().head(scene.table(), "main");
    int before = versions();
    read();

    assertThat(seen.publish("r1", base, candidate, "2021-01")).isInstanceOf(Lake.Done.class);

    int read = read();
    assertThat(read).isPositive().isLessThanOrEqualTo(versions() - before);
    assertThat(scene.rows()).isEqualTo(scene.text(scene.row(1, "2021-01-05", "b")));
  }

  @Test
  void aTableThatWasDroppedAndMadeAnewIsTheNewOne() {
    scene.append(scene.row(1, "2021-01-05", "a"));
    assertThat(seen.lake().head(scene.table(), "main")).isPresent();

    scene.fixture().catalog().dropTable(LakeFixture.identifier(scene.table()));
    assertThat(seen.lake().schema(scene.table())).isEmpty();
    scene.lake().ensure(scene.dataset());
    assertThat(seen.lake().head(scene.table(), "main")).isEmpty();
    long head = scene.append(scene.row(2, "2021-01-06", "b"));
    assertThat(seen.lake().head(scene.table(), "main")).contains(head);
  }

  @Test
  void aLookIsNotMovedByLaterOnesAndMayNotCommitOnWhatIsOld() {
    scene.append(scene.row(1, "2021-01-05", "a"));
    Tables tables = Tables.keeping(catalog, Patience.usual());
    Table early = tables.load(scene.table());
    long then = early.currentSnapshot().snapshotId();
    ManageSnapshots begun = early.manageSnapshots().createTag("begun", then);
    long now = scene.append(scene.row(2, "2021-02-05", "b"));

    Table late = tables.load(scene.table());
    assertThat(early.currentSnapshot().snapshotId()).isEqualTo(then);
    assertThat(late.currentSnapshot().snapshotId()).isEqualTo(now);
    assertThatThrownBy(begun::commit).isInstanceOf(CommitFailedException.class);
    late.manageSnapshots().createTag("mine", now).commit();
    assertThat(late.refs()).containsKey("mine").doesNotContainKey("begun");
    early.refresh();
    assertThat(early.refs()).containsKey("mine");
  }

  /** Who comes while a commit is under way goes on without what is kept, and waits for nobody. */
  @Test
  void aCommitDoesNotHoldUpWhoLooksOrCommitsMeanwhile() {
    scene.append(scene.row(1, "2021-01-05", "a"));
    Tables tables = Tables.keeping(catalog, Patience.usual());
    Table first = tables.load(scene.table());
    long head = first.currentSnapshot().snapshotId();
    Table second = tables.load(scene.table());
    catalog.fault(
        (metadata, commit) -> {
          catalog.fault(FaultyCatalog.Fault.NONE);
          assertThat(tables.load(scene.table()).currentSnapshot().snapshotId()).isEqualTo(head);
          second.manageSnapshots().createTag("second", head).commit();
          assertThat(second.refs()).containsKey("second");
          commit.run();
        });

    assertThatThrownBy(() -> first.manageSnapshots().createTag("first", head).commit())
        .isInstanceOf(CommitFailedException.class);

    assertThat(tables.load(scene.table()).refs()).containsKey("second").doesNotContainKey("first");
    Table third = tables.load(scene.table());
    third.manageSnapshots().createTag("third", head).commit();
    assertThat(tables.load(scene.table()).refs()).containsKeys("second", "third");
  }
}
