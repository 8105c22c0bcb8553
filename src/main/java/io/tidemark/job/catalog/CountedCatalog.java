package io.tidemark.job.catalog;

import io.tidemark.model.JobSpec.CatalogSpec;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.Factory;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.flink.FlinkCatalog;
import org.apache.iceberg.flink.source.IcebergTableSource;

/**
 * Iceberg's catalog for Flink SQL, whose scans count the rows they read. A catalog of Flink's has
 * databases of one level; tables in deeper namespaces are reached with a base namespace.
 */
final class CountedCatalog extends FlinkCatalog {
  private final Function<ObjectPath, Optional<CountedScans.Input>> inputs;

  /**
   * @param name in Flink SQL; Iceberg's own is that of the spec
   * @param namespace of the tables, of one level or more
   * @param inputs where the scans of a table are counted; empty for those that are no input
   */
  CountedCatalog(
      String name,
      CatalogSpec spec,
      Namespace namespace,
      Function<ObjectPath, Optional<CountedScans.Input>> inputs) {
    super(
        name,
        namespace.level(namespace.length() - 1),
        base(namespace),
        IcebergCatalogs.loader(spec),
        Map.of(),
        false,
        -1);
    this.inputs = inputs;
  }

  private static Namespace base(Namespace namespace) {
    String[] levels = new String[namespace.length() - 1];
    System.arraycopy(namespace.levels(), 0, levels, 0, levels.length);
    return Namespace.of(levels);
  }

  @Override
  public Optional<Factory> getFactory() {
    return super.getFactory().map(f -> new CountedFactory((DynamicTableSourceFactory) f));
  }

  /** Hands out Iceberg's sources, wrapped. */
  private final class CountedFactory implements DynamicTableSourceFactory {
    private final DynamicTableSourceFactory iceberg;

    CountedFactory(DynamicTableSourceFactory iceberg) {
      this.iceberg = iceberg;
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
      IcebergTableSource source = (IcebergTableSource) iceberg.createDynamicTableSource(context);
      return inputs
          .apply(context.getObjectIdentifier().toObjectPath())
          .<DynamicTableSource>map(input -> new CountedSource(source, input))
          .orElse(source);
    }

    @Override
    public String factoryIdentifier() {
      return iceberg.factoryIdentifier();
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
      return iceberg.requiredOptions();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
      return iceberg.optionalOptions();
    }
  }
}
