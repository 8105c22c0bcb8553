package io.tidemark.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.lake.refs.Patience;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.TidemarkException;
import io.tidemark.testing.LakeFixture;
import io.tidemark.testing.ShakyFiles;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Storage that answers every request with an error: Iceberg itself asks again for minutes. */
class PatienceIT {
  @TempDir private Path folder;

  @AfterEach
  void nothingElseFails() {
    ShakyFiles.recover();
  }

  private CatalogSpec catalog(String patience) {
    CatalogSpec sqlite = LakeFixture.sqlite(folder);
    TreeMap<String, String> properties = new TreeMap<>(sqlite.properties());
    properties.put("io-impl", ShakyFiles.class.getName());
    properties.put(Patience.PROPERTY, patience);
    return new CatalogSpec(sqlite.name(), properties);
  }

  @Test
  @Timeout(60)
  void metadataIsWaitedForAsLongAsTheCatalogSays() {
    CatalogSpec spec = catalog("1500");
    try (Scene scene = new Scene(spec, Scene.monthly("shop.sales"));
        Lake lake = Lakes.open(spec)) {
      ShakyFiles.fail();

      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> lake.schema(scene.table()))
            .isInstanceOfSatisfying(
                TidemarkException.class,
                e -> {
                  assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
                  assertThat(e.problems().get(0).code()).isEqualTo("TM-LAKE-005");
                });
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
      }
      ShakyFiles.recover();
      assertThat(lake.schema(scene.table())).isPresent();
    }
  }

  @Test
  void whatIsNoTimeIsSaid() {
    for (String wrong : new String[] {"soon", "0", "-1"}) {
      assertThatThrownBy(() -> Lakes.open(catalog(wrong)).close())
          .hasMessageContaining("TM-LAKE-024");
    }
  }
}
