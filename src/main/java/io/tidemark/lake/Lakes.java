package io.tidemark.lake;

import io.tidemark.lake.pointers.JdbcPointerSwap;
import io.tidemark.lake.pointers.PointerSwap;
import io.tidemark.lake.probe.CatalogProbe;
import io.tidemark.lake.refs.Backoff;
import io.tidemark.lake.refs.Patience;
import io.tidemark.lake.refs.Trouble;
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
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.jdbc.JdbcCatalog;

/** Opens lakes. */
public final class Lakes {
  /** How Java names what is missing. */
  private static final String S3_CLIENT = "software/amazon/awssdk";

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
    Catalog catalog = catalog(spec, hadoop);
    return new IcebergLake(
        catalog, swap(spec, catalog), clock, Backoff.exponential(), revertWindow, patience(spec));
  }

  private static Patience patience(CatalogSpec spec) {
    String millis = spec.properties().get(Patience.PROPERTY);
    try {
      return millis == null
          ? Patience.DEFAULT
          : new Patience(Duration.ofMillis(Long.parseLong(millis)));
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
        ? new JdbcPointerSwap(spec.name(), properties(spec))
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
          Catalog catalog = catalog(spec, hadoop);
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

  private static Catalog catalog(CatalogSpec spec, Configuration hadoop) {
    try {
      return CatalogUtil.buildIcebergCatalog(spec.name(), properties(spec), hadoop);
    } catch (LinkageError e) {
      throw clientMissing(spec, e);
    } catch (IllegalArgumentException | NullPointerException e) {
      if (Trouble.reason(e).contains(S3_CLIENT)) {
        throw clientMissing(spec, e);
      }
      throw TidemarkException.user(
          Problem.of(
              "TM-LAKE-020",
              "the properties of catalog '" + spec.name() + "' make no catalog",
              Trouble.reason(e),
              "set type to jdbc, rest or hadoop, with uri and warehouse as Iceberg's documentation"
                  + " names them"));
    } catch (RuntimeException e) {
      throw TidemarkException.external(
          Problem.of(
              "TM-LAKE-021",
              "cannot open catalog '" + spec.name() + "'",
              Trouble.reason(e),
              "check that the catalog's uri can be reached with its credentials, and that its"
                  + " warehouse exists"),
          e);
    }
  }

  private static TidemarkException clientMissing(CatalogSpec spec, Throwable e) {
    return TidemarkException.user(
        Problem.of(
            "TM-LAKE-025",
            "classes are missing that catalog '" + spec.name() + "' needs: " + Trouble.reason(e),
            "files in S3 are reached by AWS's SDK, which not every environment needs",
            "for S3, fetch it with 'mvn -q -B -DskipTests -Ps3 package', and copy target/s3/*.jar"
                + " to target/lib"),
        e);
  }

  /**
   * A SQLite file is shared by processes: readers must not block the writer, and a writer waits for
   * another instead of failing. An S3 that answers with errors is asked for some seconds and not
   * for most of a minute, with every call: commands end, and jobs, which do not, keep to Iceberg's
   * own. What the user sets wins.
   */
  private static Map<String, String> properties(CatalogSpec spec) {
    Map<String, String> properties = new TreeMap<>(spec.properties());
    if (properties.getOrDefault("uri", "").startsWith("jdbc:sqlite:")) {
      properties.putIfAbsent("jdbc.journal_mode", "WAL");
      properties.putIfAbsent("jdbc.busy_timeout", "30000");
    }
    properties.putIfAbsent("s3.retry.num-retries", "5");
    properties.putIfAbsent("s3.retry.min-wait-ms", "250");
    properties.putIfAbsent("s3.retry.max-wait-ms", "4000");
    return properties;
  }
}
