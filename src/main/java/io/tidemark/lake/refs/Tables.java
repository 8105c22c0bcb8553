package io.tidemark.lake.refs;

import io.tidemark.model.TableRef;
import java.lang.ref.SoftReference;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.iceberg.BaseMetastoreCatalog;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.hadoop.HadoopCatalog;

/**
 * Finds tables in the catalog. Every call asks the catalog anew; a metadata file that was read once
 * need not be read again. Thread-safe.
 */
public final class Tables {
  private final Catalog catalog;
  private final boolean keeps;
  private final Patience patience;
  private final ConcurrentMap<TableRef, SoftReference<Kept>> kept = new ConcurrentHashMap<>();

  private Tables(Catalog catalog, boolean keeps, Patience patience) {
    this.catalog = catalog;
    this.keeps = keeps;
    this.patience = patience;
  }

  /** Reads each table's metadata anew with every call. */
  public static Tables anew(Catalog catalog) {
    return new Tables(catalog, false, Patience.usual());
  }

  /**
   * Reads a metadata file once. Only of catalogs that name metadata by files that are never written
   * twice: Hadoop's would be named the same after a table was dropped and made again, and REST
   * catalogs hand metadata out together with credentials that end.
   */
  public static Tables keeping(Catalog catalog, Patience patience) {
    return new Tables(
        catalog,
        catalog instanceof BaseMetastoreCatalog && !(catalog instanceof HadoopCatalog),
        patience);
  }

  public Catalog catalog() {
    return catalog;
  }

  public static TableIdentifier identifier(TableRef ref) {
    return TableIdentifier.of(Namespace.of(ref.namespace().split("\\.")), ref.name());
  }

  public Optional<Table> find(TableRef ref) {
    try {
      return Optional.of(load(ref));
    } catch (NoSuchTableException e) {
      return Optional.empty();
    }
  }

  /**
   * @throws NoSuchTableException if the catalog has no such table
   * @throws io.tidemark.model.TidemarkException EXTERNAL if that takes longer than is waited for
   */
  public Table load(TableRef ref) {
    return patience.read(
        ref.toString(),
        () -> keeps ? known(ref).orElseGet(() -> keep(ref)) : catalog.loadTable(identifier(ref)));
  }

  private Optional<Table> known(TableRef ref) {
    SoftReference<Kept> reference = kept.get(ref);
    Kept known = reference == null ? null : reference.get();
    if (known == null) {
      return Optional.empty();
    }
    try {
      return known.refresh().map(now -> table(ref, known, now));
    } catch (RuntimeException e) {
      // Dropped, made anew, or out of reach: who loads it anew finds out.
      kept.remove(ref, reference);
      return Optional.empty();
    }
  }

  private Table keep(TableRef ref) {
    Table fresh = catalog.loadTable(identifier(ref));
    TableOperations operations = operations(fresh);
    TableMetadata now = operations.current();
    if (now.metadataFileLocation() == null) {
      return fresh;
    }
    Kept made = new Kept(operations, () -> operations(catalog.loadTable(identifier(ref))));
    kept.put(ref, new SoftReference<>(made));
    return table(ref, made, now);
  }

  private Table table(TableRef ref, Kept from, TableMetadata now) {
    return new BaseTable(new View(from, now), catalog.name() + "." + ref);
  }

  public static TableOperations operations(Table table) {
    return ((BaseTable) table).operations();
  }

  public static TableMetadata metadata(Table table) {
    return operations(table).current();
  }
}
