package io.tidemark.lake.refs;

import io.tidemark.model.TableRef;
import java.util.Optional;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.NoSuchTableException;

/** Finds tables in the catalog. Every call reads the catalog anew. */
public final class Tables {
  private final Catalog catalog;

  public Tables(Catalog catalog) {
    this.catalog = catalog;
  }

  public Catalog catalog() {
    return catalog;
  }

  public static TableIdentifier identifier(TableRef ref) {
    return TableIdentifier.of(Namespace.of(ref.namespace().split("\\.")), ref.name());
  }

  public Optional<Table> find(TableRef ref) {
    try {
      return Optional.of(catalog.loadTable(identifier(ref)));
    } catch (NoSuchTableException e) {
      return Optional.empty();
    }
  }

  /**
   * @throws NoSuchTableException if the catalog has no such table
   */
  public Table load(TableRef ref) {
    return catalog.loadTable(identifier(ref));
  }

  public static TableOperations operations(Table table) {
    return ((BaseTable) table).operations();
  }

  public static TableMetadata metadata(Table table) {
    return operations(table).current();
  }
}
