package io.tidemark.lake;

import io.tidemark.testing.LakeFixture;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

final class PostgresqlLakeIT extends LakeContract {
  private static EmbeddedPostgres postgres;
  private static int tables;
  @TempDir Path dir;
  private Scene scene;

  @BeforeAll
  static void start() throws IOException {
    postgres = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  @BeforeEach
  void open() {
    scene =
        new Scene(
            LakeFixture.jdbc(postgres.getJdbcUrl("postgres", "postgres"), dir),
            Scene.monthly("db.t" + tables++));
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
