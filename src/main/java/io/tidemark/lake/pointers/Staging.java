package io.tidemark.lake.pointers;

import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.encryption.EncryptionManager;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;

/** Takes commits to a table without telling the catalog: what would be its next metadata. */
public final class Staging implements TableOperations {
  private final TableOperations real;
  private final TableMetadata base;
  private TableMetadata staged;

  public Staging(TableOperations real) {
    this.real = real;
    this.base = real.current();
    this.staged = base;
  }

  /** What the catalog holds. */
  public TableMetadata base() {
    return base;
  }

  @Override
  public TableMetadata current() {
    return staged;
  }

  @Override
  public TableMetadata refresh() {
    return staged;
  }

  @Override
  public void commit(TableMetadata from, TableMetadata to) {
    if (from != staged) {
      throw new CommitFailedException("Staged metadata is not what the commit was made on");
    }
    staged = to;
  }

  @Override
  public FileIO io() {
    return real.io();
  }

  @Override
  public EncryptionManager encryption() {
    return real.encryption();
  }

  @Override
  public String metadataFileLocation(String name) {
    return real.metadataFileLocation(name);
  }

  @Override
  public LocationProvider locationProvider() {
    return real.locationProvider();
  }

  @Override
  public TableOperations temp(TableMetadata uncommitted) {
    return real.temp(uncommitted);
  }

  @Override
  public long newSnapshotId() {
    return real.newSnapshotId();
  }
}
