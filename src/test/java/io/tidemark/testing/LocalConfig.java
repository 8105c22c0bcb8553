package io.tidemark.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The environment of a project that keeps its tables and its control database in its own folder.
 */
public final class LocalConfig {
  private LocalConfig() {}

  /** Writes {@code config/local.yaml}, with these lines at its end. */
  public static void write(Path project, List<String> lines) throws IOException {
    Files.createDirectories(project.resolve("config"));
    Files.writeString(
        project.resolve("config/local.yaml"),
        """
        home: .tidemark
        catalog:
          name: tidemark
          type: org.apache.iceberg.jdbc.JdbcCatalog
          properties:
            uri: jdbc:sqlite:${HOME}/catalog.db
            warehouse: ${HOME}/warehouse
            jdbc.schema-version: V1
        store:
          url: jdbc:sqlite:${HOME}/control.db
        """
            + String.join("\n", lines)
            + "\n");
  }
}
