package io.tidemark.lake.refs;

import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.catalog.Catalog;

/** Makes the Iceberg catalog that an environment names. */
public final class Catalogs {
  /** How Java names what is missing. */
  private static final String S3_CLIENT = "software/amazon/awssdk";

  private Catalogs() {}

  /**
   * Connects to a catalog of any kind.
   *
   * @throws TidemarkException EXTERNAL if it cannot be reached; USER if its properties make none
   */
  public static Catalog open(CatalogSpec spec, Configuration hadoop) {
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
  public static Map<String, String> properties(CatalogSpec spec) {
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
