package io.tidemark.control.handlers;

import io.tidemark.model.Environment;
import io.tidemark.model.JobSpec.CatalogSpec;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The environment of a project without config/local.yaml: everything embedded, everything under
 * {@code .tidemark} in the project's folder.
 */
final class LocalDefaults {
  static final String NAME = "local";

  private static final long BATCH_BYTES = 4L << 30;
  private static final long MAX_SLICES = 10_000;
  private static final int PARALLELISM = 2;

  private LocalDefaults() {}

  static Environment of(Path project) {
    Path home = project.resolve(".tidemark");
    return new Environment(
        NAME,
        new CatalogSpec(
            "tidemark",
            new TreeMap<>(
                Map.of(
                    "catalog-impl",
                    "org.apache.iceberg.jdbc.JdbcCatalog",
                    "uri",
                    "jdbc:sqlite:" + home.resolve("catalog.db"),
                    "warehouse",
                    home.resolve("warehouse").toString(),
                    "jdbc.schema-version",
                    "V1"))),
        new Environment.FlinkEndpoint(Optional.empty(), PARALLELISM, Optional.empty()),
        new Environment.StoreSpec(
            "jdbc:sqlite:" + home.resolve("control.db"), Optional.empty(), Optional.empty()),
        home,
        new Environment.Limits(BATCH_BYTES, MAX_SLICES));
  }
}
