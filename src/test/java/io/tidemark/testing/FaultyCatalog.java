package io.tidemark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.encryption.EncryptionManager;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;
import org.apache.iceberg.jdbc.JdbcCatalog;

/**
 * A JDBC catalog whose next commit to a table goes wrong in a chosen way. Named by catalog-impl.
 */
public final class FaultyCatalog extends JdbcCatalog {
  private static final ConcurrentMap<TableIdentifier, Fault> FAULTS = new ConcurrentHashMap<>();

  /** How the next commit goes wrong. */
  public enum Fault {
    /** The process dies before the commit reaches the catalog. */
    DIES_BEFORE,
    /** The process dies after the catalog took the commit. */
    DIES_AFTER,
    /** The catalog takes the commit, but the answer is lost. */
    ANSWER_LOST,
    /** The answer is lost, and the commit too. */
    ALL_LOST,
    /** Somebody else was faster. */
    CONFLICT,
    /** The catalog's database cannot be reached. */
    UNREACHABLE
  }

  public static void next(TableIdentifier table, Fault fault) {
    FAULTS.put(table, fault);
  }

  public static boolean isPending(TableIdentifier table) {
    return FAULTS.containsKey(table);
  }

  @Override
  protected TableOperations newTableOps(TableIdentifier table) {
    return new Operations(table, super.newTableOps(table));
  }

  /** What a dying process throws; nobody catches it, as nobody outlives a process. */
  static final class Died extends Error {
    private static final long serialVersionUID = 1;

    Died() {
      super("died");
    }
  }

  private record Operations(TableIdentifier table, TableOperations real)
      implements TableOperations {
    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
      Fault fault = FAULTS.remove(table);
      if (fault == Fault.DIES_BEFORE) {
        throw new Died();
      } else if (fault == Fault.CONFLICT) {
        throw new CommitFailedException("somebody else was faster");
      } else if (fault == Fault.UNREACHABLE) {
        throw new UncheckedIOException(new IOException("connection refused"));
      } else if (fault == Fault.ALL_LOST) {
        throw new CommitStateUnknownException(new IllegalStateException("no answer"));
      }
      real.commit(base, metadata);
      if (fault == Fault.DIES_AFTER) {
        throw new Died();
      } else if (fault == Fault.ANSWER_LOST) {
        throw new CommitStateUnknownException(new IllegalStateException("no answer"));
      }
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
}
