package io.tidemark.lake;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.LakeFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.Table;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OrphansIT {
  @TempDir Path dir;
  private Scene scene;

  @BeforeEach
  void open() {
    scene = new Scene(LakeFixture.sqlite(dir), Scene.monthly("db.t"));
  }

  @AfterEach
  void close() {
    scene.close();
  }

  /** A data file under the name that jobs give it, not committed. */
  private DataFile written(String branch) throws IOException {
    Table table = scene.fixture().table(scene.table());
    DataFile file =
        scene.fixture().write(scene.table(), List.of(scene.row(1, "2001-01-05", "x"))).get(0);
    Path from = Path.of(file.location());
    Path to = from.resolveSibling("00000-0-" + branch + "-" + UUID.randomUUID() + "-00001.parquet");
    Files.move(from, to);
    return DataFiles.builder(table.spec()).copy(file).withPath(to.toString()).build();
  }

  private void commit(DataFile file, String branch) {
    scene.fixture().table(scene.table()).newAppend().appendFile(file).toBranch(branch).commit();
  }

  @Test
  void onlyFilesOfTheBranchThatNoSnapshotNamesAreDeleted() throws IOException {
    String branch = "tidemark-run-r1";
    DataFile onMain = written(branch);
    commit(onMain, "main");
    scene.lake().branch(scene.table(), branch, scene.head());
    DataFile onADroppedBranch = written(branch);
    commit(onADroppedBranch, branch);
    scene.lake().dropBranch(scene.table(), branch);
    DataFile leftBehind = written(branch);
    DataFile ofALaterRun = written(branch + "-2");
    DataFile ofALoad = written("main");

    assertThat(scene.lake().deleteOrphans(scene.table(), branch)).isEqualTo(1);
    assertThat(scene.lake().deleteOrphans(scene.table(), branch)).isZero();

    assertThat(Path.of(leftBehind.location())).doesNotExist();
    for (DataFile kept : List.of(onMain, onADroppedBranch, ofALaterRun, ofALoad)) {
      assertThat(Path.of(kept.location())).exists();
    }
    assertThat(scene.rows()).hasSize(1);
  }

  @Test
  void aFolderThatTablesMayShareIsLeftAlone() throws IOException {
    String branch = "tidemark-run-r1";
    DataFile file = written(branch);
    String shared = Path.of(file.location()).getParent().toString();
    Scene other = scene.beside("db.other");
    other.fixture().table(other.table()).updateProperties().set("write.data.path", shared).commit();

    assertThat(scene.lake().deleteOrphans(other.table(), branch)).isZero();

    assertThat(Path.of(file.location())).exists();
  }

  @Test
  void aTableThatNobodyWroteToHasNone() {
    assertThat(scene.lake().deleteOrphans(scene.table(), "tidemark-run-r1")).isZero();
  }
}
