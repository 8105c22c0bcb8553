package io.tidemark.testing;

import io.tidemark.model.JobSpec.CatalogSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;

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

  /** Its catalog, for who opens it beside the project. */
  public static CatalogSpec catalog(Path project) {
    TreeMap<String, String> properties = new TreeMap<>();
    properties.put("type", "jdbc");
    properties.put("uri", "jdbc:sqlite:" + project.resolve(".tidemark/catalog.db"));
    properties.put("warehouse", project.resolve(".tidemark/warehouse").toString());
    properties.put("jdbc.schema-version", "V1");
    properties.put("jdbc.busy_timeout", "30000");
    return new CatalogSpec("tidemark", properties);
  }

  /** Its tables, also before the project has made any. */
  public static LakeFixture tables(Path project) throws IOException {
    Files.createDirectories(project.resolve(".tidemark"));
    return new LakeFixture(catalog(project));
  }
}
