package io.tidemark.job.catalog;

import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.flink.CatalogLoader;
import org.apache.iceberg.flink.TableLoader;

/** Opens the environment's Iceberg catalog, in the client and in tasks alike. */
public final class IcebergCatalogs {
  /** Copied and never changed: reading Hadoop's XML takes longer than opening a catalog. */
  private static final Configuration DEFAULTS = defaults();

  private IcebergCatalogs() {}

  private static Configuration defaults() {
    Configuration configuration = LocalFiles.configuration();
    // Reads the files; a copy of a configuration that has not read them would read them again.
    configuration.size();
    return configuration;
  }

  /** How tasks open the catalog again. Holds the catalog's properties: never log it. */
  public static CatalogLoader loader(CatalogSpec spec) {
    return new Loader(spec.name(), new TreeMap<>(spec.properties()));
  }

  /** How tasks open a table again. The caller opens and closes it. */
  public static TableLoader tableLoader(CatalogSpec spec, TableRef table) {
    return TableLoader.fromCatalog(loader(spec), identifier(table));
  }

  /** A table as Iceberg names it. */
  public static TableIdentifier identifier(TableRef table) {
    return TableIdentifier.of(namespace(table), table.name());
  }

  /** The levels of a table's namespace, which its text separates by dots. */
  public static Namespace namespace(TableRef table) {
    return Namespace.of(table.namespace().split("\\."));
  }

  /**
   * @throws TidemarkException EXTERNAL if the catalog has no such table (any more)
   */
  public static Table load(Catalog catalog, TableRef table) {
    try {
      return catalog.loadTable(identifier(table));
    } catch (NoSuchTableException e) {
      throw TidemarkException.external(
          Problem.of(
              "TM-JOB-001",
              "table " + table + " does not exist",
              "it was dropped or renamed since the job was ordered",
              "restore the table, or plan again"),
          e);
    }
  }

  /** Closes a catalog where its kind can be closed; JDBC catalogs hold connections. */
  public static void close(Catalog catalog) {
    if (catalog instanceof Closeable closeable) {
      try {
        closeable.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * Iceberg's own loaders cover a few kinds of catalog each; this one takes all that {@code
   * CatalogUtil} takes.
   */
  private static final class Loader implements CatalogLoader {
    private static final long serialVersionUID = 1;

    private final String name;
    private final TreeMap<String, String> properties;

    Loader(String name, Map<String, String> properties) {
      this.name = name;
      this.properties = new TreeMap<>(properties);
    }

    @Override
    public Catalog loadCatalog() {
      return CatalogUtil.buildIcebergCatalog(name, properties, new Configuration(DEFAULTS));
    }

    @Override
    @SuppressWarnings("MethodDoesntCallSuperMethod")
    public CatalogLoader clone() {
      return new Loader(name, properties);
    }

    @Override
    public String toString() {
      return "Loader[" + name + "]";
    }
  }
}
