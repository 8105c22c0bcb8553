package io.tidemark.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.doctor.Finding;
import io.tidemark.testing.LakeFixture;
import io.tidemark.testing.RestCatalog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over HTTP, with Iceberg's own server in a process of its own. */
final class RestLakeIT extends LakeContract {
  @TempDir private static Path dir;
  private static RestCatalog server;
  private static int tables;
  private Scene scene;

  @BeforeAll
  static void start() throws IOException {
    server = RestCatalog.start(dir);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void open() {
    scene = new Scene(server.spec(), Scene.monthly("db.t" + tables++));
  }

  @AfterEach
  void close() {
    scene.close();
  }

  @Override
  Scene scene() {
    return scene;
  }

  @Test
  void anExaminationSaysWhatAServerDoesAndLeavesNothing() {
    assertThat(Lakes.examine(server.spec(), new Configuration(), sandbox -> {}))
        .extracting(Finding::area, Finding::level)
        .containsExactly(
            tuple("catalog", Finding.Level.OK),
            tuple("catalog", Finding.Level.OK),
            tuple("catalog", Finding.Level.OK),
            tuple("catalog", Finding.Level.WARN),
            tuple("files", Finding.Level.OK),
            tuple("files", Finding.Level.OK));
    try (LakeFixture catalog = new LakeFixture(server.spec())) {
      assertThat(((SupportsNamespaces) catalog.catalog()).listNamespaces())
          .noneMatch(name -> name.toString().contains("doctor"));
    }
  }

  @Test
  void aServerThatDoesNotAnswerIsSaidSo() {
    CatalogSpec nobody =
        new CatalogSpec("lake", new TreeMap<>(Map.of("type", "rest", "uri", "http://localhost:1")));

    assertThatThrownBy(() -> Lakes.open(nobody).head(scene.table(), "main"))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
              assertThat(e.problems().get(0).what()).contains("'lake'");
            });
  }
}
