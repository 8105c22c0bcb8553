package io.tidemark.lake;

import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class SqliteJointIT extends JointContract {
  @TempDir Path dir;

  @Override
  CatalogSpec spec() {
    return LakeFixture.sqlite(dir);
  }

  @Override
  String table(String name) {
    return "db." + name;
  }
}
