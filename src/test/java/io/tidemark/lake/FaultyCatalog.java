package io.tidemark.lake;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.apache.iceberg.BaseMetastoreCatalog;
import org.apache.iceberg.LocationProviders;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.encryption.EncryptionManager;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.LocationProvider;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;

/** A real catalog whose commits to existing tables go wrong in a chosen way, chosen times. */
final class FaultyCatalog extends BaseMetastoreCatalog {
  private final Catalog real;
  private final AtomicReference<Fault> fault = new AtomicReference<>(Fault.NONE);

  private final AtomicReference<UnaryOperator<FileIO>> files =
      new AtomicReference<>(UnaryOperator.identity());

  /** Stands in for a commit. */
  @FunctionalInterface
  interface Fault {
    Fault NONE = (metadata, commit) -> commit.run();

    void commit(TableMetadata metadata, Runnable commit);
  }

  FaultyCatalog(Catalog real) {
    this.real = real;
  }

  void files(UnaryOperator<FileIO> next) {
    files.set(next);
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
      return files.get().apply(real.io());
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

  /** Files that can be read and no longer written, as on a full disk. */
  record FullDisk(FileIO real) implements FileIO {
    @Override
    public InputFile newInputFile(String path) {
      return real.newInputFile(path);
    }

    @Override
    public OutputFile newOutputFile(String path) {
      OutputFile file = real.newOutputFile(path);
      return new OutputFile() {
        @Override
        public PositionOutputStream create() {
          throw new UncheckedIOException(new IOException("No space left on device"));
        }

        @Override
        public PositionOutputStream createOrOverwrite() {
          return create();
        }

        @Override
        public String location() {
          return file.location();
        }

        @Override
        public InputFile toInputFile() {
          return file.toInputFile();
        }
      };
    }

    @Override
    public void deleteFile(String path) {
      real.deleteFile(path);
    }
  }
}
