package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.ChildJvm;
import io.tidemark.testing.S3Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user is told whose keys an object store has stopped to take. */
class S3AccessIT {
  @TempDir static Path folder;

  private static void write(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private static void configure(Map<String, String> storage) throws IOException {
    Map<String, String> catalog = new TreeMap<>(storage);
    catalog.put("uri", "jdbc:sqlite:" + folder.resolve("catalog.db"));
    catalog.put("jdbc.schema-version", "V1");
    // Far longer than this waits: what ends a command is not that.
    catalog.put("tidemark.patience-ms", "600000");
    write(
        "config/local.yaml",
        """
        home: .tidemark
        catalog:
          name: tidemark
          type: org.apache.iceberg.jdbc.JdbcCatalog
          properties:
        %s
        flink: {parallelism: 1}
        store: {url: 'jdbc:sqlite:%s'}
        """
            .formatted(S3Store.yaml(catalog), folder.resolve("control.db")));
  }

  private static String tidemark(int exitCode, String... arguments)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile(folder, "output-", ".txt");
    Process process = ChildJvm.tidemark(folder, output, S3Store.client(), arguments);
    try {
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("it ends").isTrue();
    } finally {
      process.destroyForcibly();
    }
    String said = Files.readString(output);
    assertThat(process.exitValue()).as(said).isEqualTo(exitCode);
    return said;
  }

  @Test
  void keysThatAreWrongAreToldWithoutWaitingForThemToBecomeRight() throws Exception {
    write(
        "jobs/shop/pipeline.yaml",
        """
        name: shop
        datasets:
          visits:
            table: shop.visits
            kind: source
            schema: {id: BIGINT NOT NULL, at: TIMESTAMP(3) NOT NULL}
            event_time: at
            partition: P1D
            slice: P1D
        """);
    write("visits.csv", "id,at\n1,2026-01-01 10:00:00\n");
    try (S3Store s3 = S3Store.start(folder.resolve("s3"))) {
      s3.bucket("lake");
      configure(s3.catalog("lake"));
      tidemark(0, "load", "visits", folder.resolve("visits.csv").toString());
      assertThat(tidemark(0, "status")).contains("visits");

      Map<String, String> wrong = new TreeMap<>(s3.catalog("lake"));
      wrong.put("s3.secret-access-key", "wrong");
      configure(wrong);
      assertThat(tidemark(3, "status"))
          .contains(
              "error TM-LAKE-027: the metadata of table 'shop.visits' could not be read",
              "why: S3 refuses these credentials for s3://lake/warehouse",
              "fix: mend 's3.access-key-id' and 's3.secret-access-key'")
          .doesNotContain("\tat ", "not-so-secret");
    }
  }
}
