package io.tidemark.lake.refs;

import java.util.Objects;
import java.util.Optional;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.encryption.EncryptionManager;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;

/**
 * One look at a table whose operations are kept: what others look at later does not move it. Where
 * another thread is at work with the kept ones, it goes on with its own for good.
 */
final class View implements TableOperations {
  private final Kept kept;
  private TableMetadata now;
  private boolean outdated;

  /** Null as long as the kept ones will do. */
  private TableOperations own;

  View(Kept kept, TableMetadata now) {
    this.kept = kept;
    this.now = now;
  }

  @Override
  public TableMetadata current() {
    if (own != null) {
      return own.current();
    }
    return outdated ? refresh() : now;
  }

  @Override
  public TableMetadata refresh() {
    if (own == null) {
      Optional<TableMetadata> found = kept.refresh();
      if (found.isPresent()) {
        now = found.get();
        outdated = false;
        return now;
      }
      own = kept.anew();
      return own.current();
    }
    return own.refresh();
  }

  @Override
  public void commit(TableMetadata base, TableMetadata metadata) {
    if (own != null) {
      own.commit(base, metadata);
      return;
    }
    Optional<Boolean> done =
        kept.with(
            operations -> {
              operations.commit(base, metadata);
              return true;
            });
    if (done.isPresent()) {
      outdated = true;
      return;
    }
    own = kept.anew();
    // The same file is the same metadata; Iceberg asks for the very same object.
    if (!Objects.equals(
        own.current().metadataFileLocation(), base == null ? null : base.metadataFileLocation())) {
      throw new CommitFailedException("Cannot commit: stale table metadata");
    }
    own.commit(own.current(), metadata);
  }

  @Override
  public FileIO io() {
    return operations().io();
  }

  @Override
  public EncryptionManager encryption() {
    return operations().encryption();
  }

  @Override
  public String metadataFileLocation(String name) {
    return fixed().metadataFileLocation(name);
  }

  @Override
  public LocationProvider locationProvider() {
    return fixed().locationProvider();
  }

  @Override
  public TableOperations temp(TableMetadata uncommitted) {
    return operations().temp(uncommitted);
  }

  @Override
  public long newSnapshotId() {
    return operations().newSnapshotId();
  }

  @Override
  public boolean requireStrictCleanup() {
    return operations().requireStrictCleanup();
  }

  /** Of this look's metadata, whatever others make the kept ones read meanwhile. */
  private TableOperations fixed() {
    return operations().temp(current());
  }

  private TableOperations operations() {
    return own == null ? kept.operations() : own;
  }
}
