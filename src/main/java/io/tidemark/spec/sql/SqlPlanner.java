package io.tidemark.spec.sql;

import io.tidemark.model.Column;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.RelRoot;
import org.apache.calcite.sql.SqlNode;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.ExplainDetail;
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
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.LookupTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.lookup.LookupFunctionProvider;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.Factory;
import org.apache.flink.table.functions.LookupFunction;
import org.apache.flink.table.planner.calcite.FlinkPlannerImpl;
import org.apache.flink.table.planner.delegation.PlannerBase;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;

/**
 * Flink's own SQL planner over tables that have a schema and no rows. UTC. Takes about a second to
 * start. Not thread-safe.
 */
final class SqlPlanner {
  private static final String CATALOG = "tidemark";
  private static final String DATABASE = "datasets";
  private static final String LOOKUP = "lookup";

  private final EmptyCatalog catalog = new EmptyCatalog();
  private final TableEnvironment tables;
  private final PlannerBase planner;

  /** As bounded jobs plan. */
  static SqlPlanner batch() {
    return new SqlPlanner(EnvironmentSettings.inBatchMode());
  }

  /** As live jobs plan. */
  static SqlPlanner streaming() {
    return new SqlPlanner(EnvironmentSettings.inStreamingMode());
  }

  private SqlPlanner(EnvironmentSettings mode) {
    tables = TableEnvironment.create(mode);
    tables.getConfig().set("table.local-time-zone", "UTC");
    tables.registerCatalog(CATALOG, catalog);
    tables.useCatalog(CATALOG);
    tables.useDatabase(DATABASE);
    planner = (PlannerBase) ((TableEnvironmentImpl) tables).getPlanner();
  }

  /** Makes a table known; replaces one of the same name. */
  void register(String name, List<Column> columns) {
    register(name, columns(columns), Map.of());
  }

  /** A stream of events; one of its columns is a time attribute. */
  void registerEvents(String name, List<Column> columns, String eventTime) {
    String column = "`" + eventTime.replace("`", "``") + "`";
    register(name, columns(columns).watermark(eventTime, column), Map.of());
  }

  /** A table whose rows can be looked up, and not read. */
  void registerLookup(String name, List<Column> columns) {
    register(name, columns(columns), Map.of(LOOKUP, "true"));
  }

  private static Schema.Builder columns(List<Column> columns) {
    Schema.Builder schema = Schema.newBuilder();
    for (Column column : columns) {
      schema.column(
          column.name(),
          DataTypes.of(
              LogicalTypeParser.parse(column.sqlType(), SqlPlanner.class.getClassLoader())));
    }
    return schema;
  }

  private void register(String name, Schema.Builder schema, Map<String, String> options) {
    ObjectPath path = new ObjectPath(DATABASE, name);
    try {
      catalog.dropTable(path, true);
      catalog.createTable(
          path, CatalogTable.newBuilder().schema(schema.build()).options(options).build(), false);
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
   * Makes a physical plan, to see that there is one.
   *
   * @throws org.apache.flink.table.api.TableException if there is none
   */
  void optimize(RelNode plan) {
    planner.optimize(plan);
  }

  /**
   * Makes the operators of a job that runs a query, to see that there are some.
   *
   * @return the plans as Flink prints them, with the changes that each operator makes
   * @throws org.apache.flink.table.api.TableException if there are none
   */
  String translate(String query) {
    return tables
        .sqlQuery(query)
        .explain(ExplainDetail.JSON_EXECUTION_PLAN, ExplainDetail.CHANGELOG_MODE);
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
      return context.getCatalogTable().getOptions().containsKey(LOOKUP)
          ? new EmptyLookup()
          : new EmptySource(context.getPhysicalRowDataType().getLogicalType());
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

  private static final class EmptyLookup implements LookupTableSource {
    @Override
    public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
      return LookupFunctionProvider.of(new NoRows());
    }

    @Override
    public DynamicTableSource copy() {
      return new EmptyLookup();
    }

    @Override
    public String asSummaryString() {
      return "empty";
    }
  }

  /** Public, because Flink instantiates functions. */
  public static final class NoRows extends LookupFunction {
    private static final long serialVersionUID = 1;

    @Override
    public Collection<RowData> lookup(RowData key) {
      return List.of();
    }
  }

  /**
   * @param row what its rows would look like
   */
  private record EmptySource(LogicalType row) implements ScanTableSource {
    @Override
    public ChangelogMode getChangelogMode() {
      return ChangelogMode.insertOnly();
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
      return new DataStreamScanProvider() {
        @Override
        public DataStream<RowData> produceDataStream(
            ProviderContext provider, StreamExecutionEnvironment env) {
          // Flink wants one; the job never runs.
          RowData one = new GenericRowData(row.getChildren().size());
          return env.fromData(InternalTypeInfo.of(row), one);
        }

        @Override
        public boolean isBounded() {
          return true;
        }
      };
    }

    @Override
    public DynamicTableSource copy() {
      return new EmptySource(row);
    }

    @Override
    public String asSummaryString() {
      return "empty";
    }
  }
}
