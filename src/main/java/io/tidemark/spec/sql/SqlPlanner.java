package io.tidemark.spec.sql;

import io.tidemark.model.Column;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.RelRoot;
import org.apache.calcite.sql.SqlNode;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.internal.TableEnvironmentImpl;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.GenericInMemoryCatalog;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.exceptions.DatabaseNotExistException;
import org.apache.flink.table.catalog.exceptions.TableAlreadyExistException;
import org.apache.flink.table.catalog.exceptions.TableNotExistException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.Factory;
import org.apache.flink.table.planner.calcite.FlinkPlannerImpl;
import org.apache.flink.table.planner.delegation.PlannerBase;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;

/**
 * Flink's own SQL planner over tables that have a schema and no rows. Batch mode, UTC. Takes about
 * a second to start. Not thread-safe.
 */
final class SqlPlanner {
  private static final String CATALOG = "tidemark";
  private static final String DATABASE = "datasets";

  private final EmptyCatalog catalog = new EmptyCatalog();
  private final TableEnvironment tables;
  private final PlannerBase planner;

  SqlPlanner() {
    tables = TableEnvironment.create(EnvironmentSettings.inBatchMode());
    tables.getConfig().set("table.local-time-zone", "UTC");
    tables.registerCatalog(CATALOG, catalog);
    tables.useCatalog(CATALOG);
    tables.useDatabase(DATABASE);
    planner = (PlannerBase) ((TableEnvironmentImpl) tables).getPlanner();
  }

  /** Makes a table known; replaces one of the same name. */
  void register(String name, List<Column> columns) {
    Schema.Builder schema = Schema.newBuilder();
    for (Column column : columns) {
      schema.column(
          column.name(),
          DataTypes.of(LogicalTypeParser.parse(column.sqlType(), getClass().getClassLoader())));
    }
    ObjectPath path = new ObjectPath(DATABASE, name);
    try {
      catalog.dropTable(path, true);
      catalog.createTable(path, CatalogTable.newBuilder().schema(schema.build()).build(), false);
    } catch (TableNotExistException | TableAlreadyExistException | DatabaseNotExistException e) {
      throw new IllegalStateException("[BUG] cannot register " + name, e);
    }
  }

  /**
   * All statements of a text, as parsed.
   *
   * @throws org.apache.flink.table.api.SqlParserException if it cannot be parsed
   */
  List<SqlNode> parse(String sql) {
    return List.copyOf(planner.createFlinkPlanner().parser().parseSqlList(sql).getList());
  }

  /**
   * One expression, as parsed.
   *
   * @throws org.apache.flink.table.api.SqlParserException if it cannot be parsed
   */
  SqlNode parseExpression(String sql) {
    return planner.createFlinkPlanner().parser().parseExpression(sql);
  }

  /**
   * The relational plan of a query, before any optimisation.
   *
   * @throws org.apache.flink.table.api.ValidationException if names or types do not fit
   */
  Planned plan(SqlNode query) {
    FlinkPlannerImpl flink = planner.createFlinkPlanner();
    SqlNode validated = flink.validate(query);
    return new Planned(validated, flink.rel(validated));
  }

  /**
   * @param query with every name and function resolved
   * @param root its plan
   */
  record Planned(SqlNode query, RelRoot root) {}

  /**
   * Makes a physical batch plan, to see that there is one.
   *
   * @throws org.apache.flink.table.api.TableException if there is none
   */
  void optimize(RelNode plan) {
    planner.optimize(plan);
  }

  /** Tables of any schema that hold nothing and need no connector. */
  private static final class EmptyCatalog extends GenericInMemoryCatalog {
    EmptyCatalog() {
      super(CATALOG, DATABASE);
    }

    @Override
    public Optional<Factory> getFactory() {
      return Optional.of(new EmptyFactory());
    }
  }

  private static final class EmptyFactory implements DynamicTableSourceFactory {
    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
      return new EmptySource();
    }

    @Override
    public String factoryIdentifier() {
      return "tidemark-empty";
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

  private static final class EmptySource implements ScanTableSource {
    @Override
    public ChangelogMode getChangelogMode() {
      return ChangelogMode.insertOnly();
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
      return () -> true;
    }

    @Override
    public DynamicTableSource copy() {
      return new EmptySource();
    }

    @Override
    public String asSummaryString() {
      return "empty";
    }
  }
}
