package io.tidemark.lake;

import io.tidemark.lake.pointers.JdbcPointerSwap;
import io.tidemark.lake.pointers.PointerSwap;
import io.tidemark.lake.probe.CatalogProbe;
import io.tidemark.lake.refs.Backoff;
import io.tidemark.lake.refs.Catalogs;
import io.tidemark.lake.refs.Patience;
import io.tidemark.lake.refs.StorageAccess;
import io.tidemark.model.Environment;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.doctor.Finding;
import io.tidemark.model.doctor.Sandbox;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.jdbc.JdbcCatalog;

/** Opens lakes. */
public final class Lakes {
  private Lakes() {}

  /**
   * Connects to an Iceberg catalog of any kind: JDBC, REST, Hadoop or a class named by {@code
   * catalog-impl}.
   *
   * @throws TidemarkException EXTERNAL if the catalog cannot be reached; USER if its properties
   *     make no catalog
   */
  public static Lake open(CatalogSpec spec) {
    return open(spec, Clock.systemUTC(), Environment.Limits.REVERT_WINDOW, new Configuration());
  }

  /**
   * As {@link #open(CatalogSpec)}.
   *
   * @param clock that ages of tags are counted by
   * @param revertWindow how long the state before a publish is kept for a revert
   * @param hadoop how Hadoop's file systems are reached, where the catalog uses them
   */
  public static Lake open(
      CatalogSpec spec, Clock clock, Duration revertWindow, Configuration hadoop) {
    Catalog catalog = Catalogs.open(spec, hadoop);
    return new IcebergLake(
        catalog,
        swap(spec, catalog),
        clock,
        Backoff.exponential(),
        revertWindow,
        patience(spec, hadoop));
  }

  private static Patience patience(CatalogSpec spec, Configuration hadoop) {
    String millis = spec.properties().get(Patience.PROPERTY);
    try {
      Duration most = millis == null ? Patience.DEFAULT : Duration.ofMillis(Long.parseLong(millis));
      return new Patience(most, new StorageAccess(Catalogs.properties(spec), hadoop)::refusal);
    } catch (IllegalArgumentException e) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LAKE-024",
              "property '" + Patience.PROPERTY + "' of catalog '" + spec.name() + "' is no time",
              "it is '" + millis + "'",
              "give it a positive number of milliseconds"));
    }
  }

  private static PointerSwap swap(CatalogSpec spec, Catalog catalog) {
    return catalog instanceof JdbcCatalog
        ? new JdbcPointerSwap(spec.name(), Catalogs.properties(spec))
        : PointerSwap.NONE;
  }

  /**
   * Tries out what a catalog and its storage do, on tables that are thrown away.
   *
   * @param further tries more on one of them, while it is there; not called if it could not be made
   * @return what was found, also where the catalog cannot be opened
   */
  public static List<Finding> examine(
      CatalogSpec spec, Configuration hadoop, Consumer<Sandbox> further) {
    return Finding.of(
        "catalog",
        () -> {
          Catalog catalog = Catalogs.open(spec, hadoop);
          try {
            return new CatalogProbe(catalog, swap(spec, catalog), spec.properties()).run(further);
          } finally {
            close(catalog);
          }
        });
  }

  private static void close(Catalog catalog) {
    if (catalog instanceof Closeable closeable) {
      try {
        closeable.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
