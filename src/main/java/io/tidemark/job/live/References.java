package io.tidemark.job.live;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.GenericInMemoryCatalog;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.exceptions.DatabaseNotExistException;
import org.apache.flink.table.catalog.exceptions.TableAlreadyExistException;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.Factory;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.flink.FlinkSchemaUtil;

/**
 * Flink's catalog of one task: the references by their dataset names, to be looked up at their
 * pins. The task's other inputs are views beside them.
 */
final class References extends GenericInMemoryCatalog {
  static final String NAME = "tidemark";

  private final Map<String, ReferenceTable> references = new TreeMap<>();

  References() {
    super(NAME, "live");
  }

  /**
   * Makes a reference readable.
   *
   * @throws TidemarkException EXTERNAL if its snapshot has expired
   */
  void add(JobSpec.Input reference, JobSpec.CatalogSpec spec, Catalog catalog) {
    Table table = IcebergCatalogs.load(catalog, reference.table());
    if (reference.snapshot() != 0 && table.snapshot(reference.snapshot()) == null) {
      throw TidemarkException.external(
          Problem.of(
              "TM-LIVE-002",
              "snapshot " + reference.snapshot() + " of " + reference.table() + " has expired",
              "the reference '" + reference.name() + "' can no longer be read as it was ordered",
              "start the job again"),
          null);
    }
    String name = reference.name().value();
    references.put(
        name,
        new ReferenceTable(
            name,
            IcebergCatalogs.tableLoader(spec, reference.table()),
            reference.snapshot(),
            FlinkSchemaUtil.convert(table.schema())));
    try {
      createTable(new ObjectPath(getDefaultDatabase(), name), declaration(table), false);
    } catch (TableAlreadyExistException | DatabaseNotExistException e) {
      throw new IllegalStateException("[BUG] cannot add reference " + name, e);
    }
  }

  private static CatalogTable declaration(Table table) {
    return CatalogTable.newBuilder()
        .schema(
            Schema.newBuilder()
                .fromRowDataType(
                    TypeConversions.fromLogicalToDataType(FlinkSchemaUtil.convert(table.schema())))
                .build())
        .build();
  }

  @Override
  public Optional<Factory> getFactory() {
    return Optional.of(new LookupFactory());
  }

  /** Hands out what {@link #add} was given. */
  private final class LookupFactory implements DynamicTableSourceFactory {
    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
      return references.get(context.getObjectIdentifier().getObjectName());
    }

    @Override
    public String factoryIdentifier() {
      return NAME;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
      return Set.of();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
      return Set.of();
    }
  }
}
