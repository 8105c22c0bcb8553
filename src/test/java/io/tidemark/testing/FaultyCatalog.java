package io.tidemark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.encryption.EncryptionManager;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.LocationProvider;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.jdbc.JdbcCatalog;

/**
 * A JDBC catalog whose commits to existing tables go wrong in a chosen way. Made here, it obeys
 * {@link #fault}; where a job opens it by its name, as {@code catalog-impl}, it obeys {@link
 * #next}.
 */
public final class FaultyCatalog extends JdbcCatalog {
  private static final ConcurrentMap<TableIdentifier, Fault> NEXT = new ConcurrentHashMap<>();

  private final AtomicReference<Fault> fault = new AtomicReference<>(Fault.NONE);
  private final AtomicReference<UnaryOperator<FileIO>> files =
      new AtomicReference<>(UnaryOperator.identity());

  /** Stands in for a commit. */
  @FunctionalInterface
  public interface Fault {
    Fault NONE = (metadata, commit) -> commit.run();

    /** The process dies before the commit reaches the catalog. */
    Fault DIES_BEFORE =
        (metadata, commit) -> {
          throw new Died();
        };

    /** The process dies after the catalog took the commit. */
    Fault DIES_AFTER =
        (metadata, commit) -> {
          commit.run();
          throw new Died();
        };

    /** The catalog takes the commit, but the answer is lost. */
    Fault ANSWER_LOST =
        (metadata, commit) -> {
          commit.run();
          throw new CommitStateUnknownException(new IllegalStateException("answer lost"));
        };

    /** The answer is lost, and the commit too. */
    Fault ALL_LOST =
        (metadata, commit) -> {
          throw new CommitStateUnknownException(new IllegalStateException("answer lost"));
        };

    /** Somebody else was faster. */
    Fault CONFLICT =
        (metadata, commit) -> {
          throw new CommitFailedException("somebody else was faster");
        };

    /** The catalog's database cannot be reached. */
    Fault UNREACHABLE =
        (metadata, commit) -> {
          throw new UncheckedIOException(new IOException("connection refused"));
        };

    /**
     * @param metadata what is committed
     * @param commit the real commit
     */
    void commit(TableMetadata metadata, Runnable commit);
  }

  /** What a dying process throws; nobody catches it, as nobody outlives a process. */
  public static final class Died extends Error {
    private static final long serialVersionUID = 1;

    Died() {
      super("died");
    }
  }

  /** Opens a catalog as its properties say. */
  public static FaultyCatalog open(String name, Map<String, String> properties) {
    FaultyCatalog catalog = new FaultyCatalog();
    catalog.initialize(name, properties);
    return catalog;
  }

  /** Breaks the next commit to a table through any catalog of this class in the process. */
  public static void next(TableIdentifier table, Fault fault) {
    NEXT.put(table, fault);
  }

  /** Whether what was asked of {@link #next} is still to come. */
  public static boolean isPending(TableIdentifier table) {
    return NEXT.containsKey(table);
  }

  /** Breaks all commits through this catalog from now on. */
  public void fault(Fault next) {
    fault.set(next);
  }

  /** Reads and writes all files from now on through what this makes of the real ones. */
  public void files(UnaryOperator<FileIO> next) {
    files.set(next);
  }

  @Override
  protected TableOperations newTableOps(TableIdentifier table) {
    return new Faulty(table, super.newTableOps(table));
  }

  private final class Faulty implements TableOperations {
    private final TableIdentifier table;
    private final TableOperations real;

    Faulty(TableIdentifier table, TableOperations real) {
      this.table = table;
      this.real = real;
    }

    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
      Fault once = NEXT.remove(table);
      (once == null ? fault.get() : once).commit(metadata, () -> real.commit(base, metadata));
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

  /** Files that can be read and no longer written, as on a full disk. */
  public record FullDiskFiles(FileIO real) implements FileIO {
    @Override
    public InputFile newInputFile(String path) {
      return real.newInputFile(path);
    }

    @Override
    public OutputFile newOutputFile(String path) {
      return new FullDisk(real.newOutputFile(path));
    }

    @Override
    public void deleteFile(String path) {
      real.deleteFile(path);
    }
  }
}
