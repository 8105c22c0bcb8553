package io.tidemark.lake.refs;

import io.tidemark.model.doctor.Finding;
import java.util.Map;
import java.util.Optional;

/**
 * What an object store's client throws, as the setting that a person has to mend. AWS's client is
 * told by name: it is only there where files are in S3.
 */
public final class StorageTrouble {
  private static final String S3_CLIENT = "software.amazon.";
  private static final String SETTINGS = "under 'properties' of 'catalog' in the environment file";

  private final String warehouse;
  private final String endpoint;

  /**
   * @param properties of the catalog
   */
  public StorageTrouble(Map<String, String> properties) {
    this.warehouse = properties.getOrDefault("warehouse", "the warehouse");
    this.endpoint = properties.getOrDefault("s3.endpoint", "AWS's own address");
  }

  /** Empty if it is not the object store that failed. */
  public Optional<Finding> explain(String area, Throwable thrown) {
    Throwable e = thrown;
    while (e != null && !e.getClass().getName().startsWith(S3_CLIENT)) {
      e = e.getCause();
    }
    return Optional.ofNullable(e).map(s3 -> explained(area, s3));
  }

  private Finding explained(String area, Throwable s3) {
    String said = String.valueOf(s3.getMessage());
    String gist = gist(said);
    if (s3.getClass().getSimpleName().equals("NoSuchBucketException")
        || said.contains("bucket does not exist")) {
      return Finding.fail(
          area,
          "there is no bucket for " + warehouse,
          "create it, or mend 'warehouse' " + SETTINGS);
    } else if (said.contains("Status Code: 403") || said.contains("Status Code: 401")) {
      return Finding.fail(
          area,
          "S3 refuses these credentials for " + warehouse + ": " + gist,
          "mend 's3.access-key-id' and 's3.secret-access-key' "
              + SETTINGS
              + ", or what they are read from, and let them list, read, write and delete there");
    } else if (s3.getClass().getSimpleName().equals("SdkClientException")) {
      return Finding.fail(
          area,
          "S3 cannot be reached at " + endpoint + ": " + gist(Trouble.reason(s3)),
          "start it, or mend 's3.endpoint' and 'client.region' " + SETTINGS);
    }
    return Finding.fail(
        area,
        "S3 at " + endpoint + " failed: " + gist,
        "look at its log; then examine again, or mend 's3.endpoint' " + SETTINGS);
  }

  /** Without the numbers that the client puts behind what was said. */
  private static String gist(String said) {
    int at = said.indexOf(" (Service: ");
    return (at < 0 ? said : said.substring(0, at)).replaceFirst("[.\\s]+$", "");
  }
}
