package io.tidemark.lake;

import io.tidemark.testing.LakeFixture;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

final class HadoopLakeIT extends LakeContract {
  @TempDir Path dir;
  private Scene scene;

  @BeforeEach
  void open() {
    scene = new Scene(LakeFixture.hadoop(dir), Scene.monthly("db.t"));
  }

  @AfterEach
  void close() {
    scene.close();
  }

  @Override
  Scene scene() {
    return scene;
  }
}
