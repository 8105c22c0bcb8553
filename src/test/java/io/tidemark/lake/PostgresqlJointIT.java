package io.tidemark.lake;

import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.testing.LakeFixture;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

final class PostgresqlJointIT extends JointContract {
  private static EmbeddedPostgres postgres;
  private static int opened;
  @TempDir Path dir;

  @BeforeAll
  static void start() throws IOException {
    postgres = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  @Override
  CatalogSpec spec() {
    opened++;
    return LakeFixture.jdbc(postgres.getJdbcUrl("postgres", "postgres"), dir);
  }

  @Override
  String table(String name) {
    return "db." + name + opened;
  }
}
