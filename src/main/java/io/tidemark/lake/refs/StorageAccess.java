package io.tidemark.lake.refs;

import io.tidemark.model.doctor.Finding;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.io.FileIO;

/** Asks the storage of a catalog, past the catalog, whether it knows who asks. Thread-safe. */
public final class StorageAccess {
  /**
   * What S3 says of keys that are wrong for everything. Any other refusal may be of this one file:
   * S3 also refuses to say that a file is not there to those who may not list.
   */
  private static final List<String> WRONG_KEYS =
      List.of(
          "signature we calculated does not match", "Access Key Id you provided does not exist");

  private final Map<String, String> properties;
  private final Configuration hadoop;

  /**
   * @param properties of the catalog
   */
  public StorageAccess(Map<String, String> properties, Configuration hadoop) {
    this.properties = Map.copyOf(properties);
    this.hadoop = hadoop;
  }

  /** What is wrong with the keys; empty if nothing is, or nobody can tell. Never throws. */
  public Optional<Finding> refusal() {
    String files = properties.get("io-impl");
    String warehouse = properties.get("warehouse");
    if (files == null || warehouse == null) {
      return Optional.empty();
    }
    try (FileIO io = CatalogUtil.loadFileIO(files, properties, hadoop);
        InputStream in = io.newInputFile(warehouse + "/tidemark-access").newStream()) {
      int ignored = in.read();
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      return new StorageTrouble(properties)
          .explain("files", e)
          .filter(found -> WRONG_KEYS.stream().anyMatch(found.what()::contains));
    }
  }
}
