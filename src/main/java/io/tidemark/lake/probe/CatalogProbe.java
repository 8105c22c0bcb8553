package io.tidemark.lake.probe;

import io.tidemark.lake.pointers.PointerSwap;
import io.tidemark.lake.refs.StorageTrouble;
import io.tidemark.lake.refs.Tables;
import io.tidemark.lake.refs.Trouble;
import io.tidemark.model.TableRef;
import io.tidemark.model.doctor.Finding;
import io.tidemark.model.doctor.Sandbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.io.SupportsPrefixOperations;
import org.apache.iceberg.types.Types;

/**
 * What a catalog and its storage do when they are tried, in a namespace that is made for it and
 * removed again. Not thread-safe.
 */
public final class CatalogProbe {
  private static final String CATALOG = "catalog";
  private static final String BRANCH = "probe";

  private static final Schema SCHEMA =
      new Schema(Types.NestedField.required(1, "id", Types.LongType.get()));

  /** Per attempt; clients of object stores repeat calls for minutes. */
  private static final long SECONDS = 60;

  private final Catalog catalog;
  private final PointerSwap swap;
  private final Tables tables;
  private final StorageTrouble storage;
  private final String namespace;

  /**
   * @param properties of the catalog, which say where its files are
   */
  public CatalogProbe(Catalog catalog, PointerSwap swap, Map<String, String> properties) {
    this.catalog = catalog;
    this.storage = new StorageTrouble(properties);
    this.swap = swap;
    this.tables = Tables.anew(catalog);
    this.namespace = "tidemark_doctor_" + UUID.randomUUID().toString().substring(0, 8);
  }

  /**
   * Tries everything; what cannot be tried is a finding as well.
   *
   * @param further tries more on one of the tables; not called if that cannot be
   */
  public List<Finding> run(Consumer<Sandbox> further) {
    TableRef first = new TableRef(namespace, "first");
    TableRef second = new TableRef(namespace, "second");
    List<Finding> findings = new ArrayList<>();
    try {
      if (!tried(findings, CATALOG, () -> make(first, second))) {
        return findings;
      }
      tried(findings, CATALOG, () -> branches(first));
      tried(findings, CATALOG, () -> twoWriters(first));
      tried(findings, CATALOG, () -> together(first, second));
      if (tried(findings, FileProbe.AREA, () -> files(first).one())
          && tried(findings, FileProbe.AREA, () -> files(first).listed())) {
        further.accept(sandbox(first));
      }
      return findings;
    } finally {
      clean(List.of(first, second)).ifPresent(findings::add);
    }
  }

  private FileProbe files(TableRef ref) {
    Table table = tables.load(ref);
    return new FileProbe(table.io(), folder(table));
  }

  private static String folder(Table table) {
    return table.location() + "/tidemark-doctor";
  }

  private Sandbox sandbox(TableRef ref) {
    Table table = tables.load(ref);
    return new Sandbox() {
      @Override
      public TableRef table() {
        return ref;
      }

      @Override
      public String folder() {
        return CatalogProbe.folder(table);
      }

      @Override
      public String read(String path) {
        return new FileProbe(table.io(), folder()).read(path);
      }
    };
  }

  private boolean tried(List<Finding> findings, String area, Supplier<Finding> attempt) {
    Finding finding;
    try {
      finding = within(attempt);
    } catch (RuntimeException e) {
      finding = storage.explain(FileProbe.AREA, e).orElseGet(() -> failed(area, e));
    }
    findings.add(finding);
    return finding.level() != Finding.Level.FAIL;
  }

  private static Finding failed(String area, RuntimeException e) {
    return Finding.fail(
        area,
        "it cannot be tried: " + Trouble.reason(e),
        area.equals(FileProbe.AREA)
            ? "check the warehouse's address, its credentials, and that they may read, write and"
                + " delete there"
            : "check the catalog's address and warehouse, its credentials, and that they may make"
                + " and drop tables");
  }

  private static <T> T within(Supplier<T> attempt) {
    FutureTask<T> task = new FutureTask<>(attempt::get);
    Thread thread = new Thread(task, "tidemark-doctor-catalog");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException thrown) {
        throw thrown;
      }
      throw new IllegalStateException(e.getCause());
    } catch (TimeoutException e) {
      task.cancel(true);
      throw new IllegalStateException("no answer within " + SECONDS + " seconds");
    } catch (InterruptedException e) {
      task.cancel(true);
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted");
    }
  }

  private Finding make(TableRef... names) {
    Namespace space = Namespace.of(namespace);
    if (catalog instanceof SupportsNamespaces spaces) {
      try {
        spaces.createNamespace(space);
      } catch (AlreadyExistsException e) {
        throw new IllegalStateException("namespace " + namespace + " is there already", e);
      }
    }
    for (TableRef name : names) {
      catalog.createTable(Tables.identifier(name), SCHEMA);
    }
    return Finding.ok(CATALOG, "tables can be made and dropped");
  }

  private Finding branches(TableRef ref) {
    Table table = tables.load(ref);
    table.newFastAppend().toBranch(BRANCH).commit();
    Table again = tables.load(ref);
    if (again.currentSnapshot() != null) {
      return Finding.fail(
          CATALOG,
          "what is committed to a branch lands on main",
          "use a catalog that keeps Iceberg branches: JDBC, or a REST catalog that does");
    } else if (!again.refs().containsKey(BRANCH)) {
      return Finding.fail(
          CATALOG,
          "branches are not kept",
          "use a catalog that keeps Iceberg branches: JDBC, or a REST catalog that does");
    }
    return Finding.ok(CATALOG, "branches are kept");
  }

  private Finding twoWriters(TableRef ref) {
    TableOperations one = Tables.operations(tables.load(ref));
    TableOperations other = Tables.operations(tables.load(ref));
    one.commit(one.current(), with(one.current(), "first"));
    try {
      other.commit(other.current(), with(other.current(), "second"));
    } catch (CommitFailedException e) {
      return Finding.ok(CATALOG, "the second of two writers is refused");
    }
    return Tables.metadata(tables.load(ref)).properties().containsKey("first")
        ? Finding.ok(CATALOG, "what two writers change is kept of both")
        : Finding.fail(
            CATALOG,
            "the second of two writers overwrites the first",
            "use a catalog with conditional commits; files alone have none on object stores");
  }

  private static TableMetadata with(TableMetadata metadata, String property) {
    return TableMetadata.buildFrom(metadata).setProperties(Map.of(property, "1")).build();
  }

  private Finding together(TableRef first, TableRef second) {
    if (!swap.available()) {
      return Finding.warn(
          CATALOG,
          "several tables are not switched at once",
          "nothing has to be done: a journal completes or inverts what a crash leaves between two"
              + " tables; a JDBC catalog switches them in one transaction");
    }
    TableMetadata one = Tables.metadata(tables.load(first));
    boolean moved =
        swap.commit(
            List.of(
                new PointerSwap.Move(
                    first, one.metadataFileLocation(), one.metadataFileLocation() + ".not"),
                new PointerSwap.Move(second, "where it is not", "nowhere")));
    boolean stayed =
        one.metadataFileLocation()
            .equals(Tables.metadata(tables.load(first)).metadataFileLocation());
    return !moved && stayed
        ? Finding.ok(CATALOG, "several tables are switched at once, or none of them")
        : Finding.fail(
            CATALOG,
            "of two tables that are switched at once, one alone was",
            "use a database with transactions for the catalog");
  }

  /** What is left behind, if something is. */
  private Optional<Finding> clean(List<TableRef> names) {
    try {
      return within(() -> removed(names));
    } catch (RuntimeException e) {
      return Optional.of(
          Finding.warn(
              CATALOG,
              "namespace "
                  + namespace
                  + ", made to try things, cannot be removed: "
                  + Trouble.reason(e),
              "drop it, and let this user drop tables"));
    }
  }

  private Optional<Finding> removed(List<TableRef> names) {
    for (TableRef name : names) {
      Optional<Table> table = tables.find(name);
      if (table.isPresent()) {
        catalog.dropTable(Tables.identifier(name), true);
        // A commit that was refused may leave its metadata, which no table names.
        if (table.get().io() instanceof SupportsPrefixOperations files) {
          files.deletePrefix(table.get().location());
        }
      }
    }
    if (catalog instanceof SupportsNamespaces spaces
        && spaces.namespaceExists(Namespace.of(namespace))) {
      spaces.dropNamespace(Namespace.of(namespace));
    }
    return Optional.empty();
  }
}
