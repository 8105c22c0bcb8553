package io.tidemark.lake;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.iceberg.BaseMetastoreCatalog;
import org.apache.iceberg.LocationProviders;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.encryption.EncryptionManager;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;

/** A real catalog whose commits to existing tables go wrong in a chosen way, chosen times. */
final class FaultyCatalog extends BaseMetastoreCatalog {
  private final Catalog real;
  private final AtomicReference<Fault> fault = new AtomicReference<>(Fault.NONE);

  /** Stands in for a commit. */
  @FunctionalInterface
  interface Fault {
    Fault NONE = (metadata, commit) -> commit.run();

    void commit(TableMetadata metadata, Runnable commit);
  }

  FaultyCatalog(Catalog real) {
    this.real = real;
  }

  void fault(Fault next) {
    fault.set(next);
  }

  @Override
  protected TableOperations newTableOps(TableIdentifier id) {
    TableOperations operations;
    try {
      operations = Tables.operations(real.loadTable(id));
    } catch (org.apache.iceberg.exceptions.NoSuchTableException e) {
      return new Missing();
    }
    return new Faulty(operations);
  }

  private final class Faulty implements TableOperations {
    private final TableOperations real;

    Faulty(TableOperations real) {
      this.real = real;
    }

    @Override
    public TableMetadata current() {
      return real.current();
    }

    @Override
    public TableMetadata refresh() {
      return real.refresh();
    }

    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
      fault.get().commit(metadata, () -> real.commit(base, metadata));
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
    public TableOperations temp(TableMetadata metadata) {
      return real.temp(metadata);
    }

    @Override
    public long newSnapshotId() {
      return real.newSnapshotId();
    }
  }

  private static final class Missing implements TableOperations {
    @Override
    public TableMetadata current() {
      return null;
    }

    @Override
    public TableMetadata refresh() {
      return null;
    }

    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
      throw new IllegalStateException("no table is made through here");
    }

    @Override
    public FileIO io() {
      throw new IllegalStateException("there is no table");
    }

    @Override
    public String metadataFileLocation(String name) {
      throw new IllegalStateException("there is no table");
    }

    @Override
    public LocationProvider locationProvider() {
      return LocationProviders.locationsFor("", Map.of());
    }
  }

  @Override
  protected String defaultWarehouseLocation(TableIdentifier id) {
    throw new IllegalStateException("no table is made through here");
  }

  @Override
  public List<TableIdentifier> listTables(Namespace namespace) {
    return real.listTables(namespace);
  }

  @Override
  public boolean dropTable(TableIdentifier id, boolean purge) {
    return real.dropTable(id, purge);
  }

  @Override
  public void renameTable(TableIdentifier from, TableIdentifier to) {
    real.renameTable(from, to);
  }

  @Override
  public String name() {
    return real.name();
  }
}
