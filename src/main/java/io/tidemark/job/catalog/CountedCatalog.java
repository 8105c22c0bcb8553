package io.tidemark.job.catalog;

import io.tidemark.model.JobSpec.CatalogSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.streaming.api.datastream.DataStream;
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
  private final ToIntFunction<ObjectPath> inputs;
  private final List<DataStream<byte[]>> reports = new ArrayList<>();

  /**
   * @param name in Flink SQL; Iceberg's own is that of the spec
   * @param namespace of the tables, of one level or more
   * @param inputs the position among a job's inputs, or -1 for other tables
   */
  CountedCatalog(
      String name, CatalogSpec spec, Namespace namespace, ToIntFunction<ObjectPath> inputs) {
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

  /** One per scan that was put on the environment so far. */
  List<DataStream<byte[]>> reports() {
    return reports;
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
      int input = inputs.applyAsInt(context.getObjectIdentifier().toObjectPath());
      return input < 0 ? source : new CountedSource(source, input, reports::add);
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
