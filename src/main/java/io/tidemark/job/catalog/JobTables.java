package io.tidemark.job.catalog;

import io.tidemark.job.slice.TimeFilter;
import io.tidemark.job.slice.Types;
import io.tidemark.model.DatasetId;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.JobSpec.Input;
import io.tidemark.model.Layout;
import io.tidemark.model.Problem;
import io.tidemark.model.Schema;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRanges;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.api.config.OptimizerConfigOptions;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.flink.FlinkSchemaUtil;

/**
 * The table environment of one bounded job: UTC, with Iceberg tables as views under their dataset
 * names. Close it when the topology is complete; tasks open the catalog themselves.
 */
public final class JobTables implements AutoCloseable {
  /** Whose operators run a job's queries; its inputs end in either case. */
  public enum Planning {
    BATCH,
    /** For what Flink plans in no other way. Event times that are fine enough are attributes. */
    STREAMING
  }

  private final CatalogSpec spec;
  private final StreamTableEnvironment tables;
  private final Catalog catalog;
  private final Map<Namespace, CountedCatalog> catalogs = new HashMap<>();
  private final Map<TableRef, CountedScans.Input> inputs = new HashMap<>();
  private final CountedScans scans = new CountedScans();
  private final Planning planning;

  private JobTables(
      CatalogSpec spec, StreamTableEnvironment tables, Catalog catalog, Planning planning) {
    this.spec = spec;
    this.tables = tables;
    this.catalog = catalog;
    this.planning = planning;
  }

  /** Of a batch job. */
  public static JobTables open(CatalogSpec spec, StreamExecutionEnvironment env, ClassLoader code) {
    return open(spec, env, code, Planning.BATCH);
  }

  /**
   * @param code finds the classes of user functions
   */
  public static JobTables open(
      CatalogSpec spec, StreamExecutionEnvironment env, ClassLoader code, Planning planning) {
    boolean batch = planning == Planning.BATCH;
    env.setRuntimeMode(batch ? RuntimeExecutionMode.BATCH : RuntimeExecutionMode.STREAMING);
    EnvironmentSettings.Builder settings = EnvironmentSettings.newInstance().withClassLoader(code);
    StreamTableEnvironment tables =
        StreamTableEnvironment.create(
            env, (batch ? settings.inBatchMode() : settings.inStreamingMode()).build());
    tables.getConfig().setLocalTimeZone(ZoneOffset.UTC);
    // The job's parallelism is the operator's choice. Iceberg would take one task per split; not
    // told how many, one for all of them.
    tables.getConfig().set("table.exec.iceberg.infer-source-parallelism", "false");
    // A join that is planned while it runs brings the whole JobManager down, and live jobs with it,
    // when a TaskManager dies after its inputs had ended once: they end, and are planned, again.
    tables
        .getConfig()
        .set(
            OptimizerConfigOptions.TABLE_OPTIMIZER_ADAPTIVE_BROADCAST_JOIN_STRATEGY,
            OptimizerConfigOptions.AdaptiveBroadcastJoinStrategy.NONE);
    tables
        .getConfig()
        .set(
            OptimizerConfigOptions.TABLE_OPTIMIZER_ADAPTIVE_SKEWED_JOIN_OPTIMIZATION_STRATEGY,
            OptimizerConfigOptions.AdaptiveSkewedJoinOptimizationStrategy.NONE);
    tables
        .getConfig()
        .set("table.exec.resource.default-parallelism", Integer.toString(env.getParallelism()));
    return new JobTables(spec, tables, IcebergCatalogs.loader(spec).loadCatalog(), planning);
  }

  /** Knows every input that was added by its dataset name. */
  public StreamTableEnvironment tables() {
    return tables;
  }

  /**
   * @throws TidemarkException EXTERNAL if there is no such table
   */
  public Table load(TableRef table) {
    return IcebergCatalogs.load(catalog, table);
  }

  /** Makes an input readable under its dataset name, and counts the rows read from it. */
  public void addInput(Input input, int position) {
    Table table = load(input.table());
    HeldRows held =
        new HeldRows(table, input.snapshot(), input.layout().eventTime(), wanted(table, input));
    inputs.put(input.table(), scans.input(position, held));
    addView(input.name().value(), input, table);
  }

  /** Makes an input readable under a name. */
  void addView(String name, Input input) {
    addView(name, input, load(input.table()));
  }

  private void addView(String name, Input input, Table table) {
    requireSnapshot(table, input);
    String sql =
        "SELECT "
            + columns(table, input.schema())
            + " FROM "
            + path(input.table())
            + (input.snapshot() == 0
                ? " WHERE FALSE"
                : " /*+ OPTIONS('snapshot-id'='"
                    + input.snapshot()
                    + "') */"
                    + where(table, input.layout(), input.ranges()));
    org.apache.flink.table.api.Table read = tables.sqlQuery(sql);
    tables.createTemporaryView(
        Sql.name(name),
        planning == Planning.BATCH ? read : TimedTables.of(tables, read, input.layout()));
  }

  /** All columns, those that are declared with fewer digits of time than the table's cast. */
  private static String columns(Table table, Schema declared) {
    List<RowType.RowField> fields = FlinkSchemaUtil.convert(table.schema()).getFields();
    List<String> select = new ArrayList<>();
    boolean same = true;
    for (RowType.RowField field : fields) {
      String name = Sql.name(field.getName());
      Optional<LogicalType> cast =
          declared.find(field.getName()).flatMap(c -> Types.narrowed(field.getType(), c.type()));
      same &= cast.isEmpty();
      select.add(
          cast.map(t -> "CAST(" + name + " AS " + t.asSerializableString() + ") AS " + name)
              .orElse(name));
    }
    return same ? "*" : String.join(", ", select);
  }

  /** Makes a table's newest state readable under a dataset's name; nothing if there is no table. */
  void addView(DatasetId name, TableRef table) {
    if (catalog.tableExists(IcebergCatalogs.identifier(table))) {
      tables.createTemporaryView(view(name), tables.sqlQuery("SELECT * FROM " + path(table)));
    }
  }

  /** Makes all tables readable as {@code catalog.namespace.table}. */
  void addCatalog() {
    Namespace first =
        catalog instanceof SupportsNamespaces namespaces
            ? namespaces.listNamespaces().stream().findFirst().orElse(Namespace.of("default"))
            : Namespace.of("default");
    tables.registerCatalog(
        spec.name(),
        new CountedCatalog(
            spec.name(), spec, Namespace.of(first.level(0)), path -> Optional.empty()));
  }

  private static String where(Table table, Layout layout, TimeRanges ranges) {
    if (layout.eventTime().isEmpty() || ranges.equals(TimeRanges.ALL)) {
      return "";
    }
    String column = layout.eventTime().get();
    return " WHERE " + Sql.in(column, Types.of(table.schema(), column), ranges);
  }

  /** What {@link #where} says, for Iceberg. */
  private static Expression wanted(Table table, Input input) {
    Optional<String> column = input.layout().eventTime();
    return column.isEmpty() || input.ranges().equals(TimeRanges.ALL)
        ? Expressions.alwaysTrue()
        : TimeFilter.of(table.schema(), column.get(), input.ranges());
  }

  private static void requireSnapshot(Table table, Input input) {
    if (input.snapshot() != 0 && table.snapshot(input.snapshot()) == null) {
      throw TidemarkException.external(
          Problem.of(
              "TM-JOB-004",
              "snapshot " + input.snapshot() + " of " + input.table() + " has expired",
              "the input '" + input.name() + "' can no longer be read as it was planned",
              "plan again; keep snapshots longer than a run takes"),
          null);
    }
  }

  /** The table's full name in SQL, its namespace registered as a catalog on first use. */
  String path(TableRef table) {
    Namespace namespace = IcebergCatalogs.namespace(table);
    CountedCatalog holder = catalogs.computeIfAbsent(namespace, this::register);
    return Sql.name(holder.getName())
        + "."
        + Sql.name(holder.getDefaultDatabase())
        + "."
        + Sql.name(table.name());
  }

  private CountedCatalog register(Namespace namespace) {
    String name = spec.name() + ":" + namespace;
    CountedCatalog counted =
        new CountedCatalog(
            name,
            spec,
            namespace,
            path ->
                Optional.ofNullable(
                    inputs.get(new TableRef(namespace.toString(), path.getObjectName()))));
    tables.registerCatalog(name, counted);
    return counted;
  }

  /** The scans of the inputs that are on the environment. */
  public CountedScans scans() {
    return scans;
  }

  /** A view's name, quoted. */
  static String view(DatasetId dataset) {
    return Sql.name(dataset.value());
  }

  @Override
  public void close() {
    catalogs.values().forEach(CountedCatalog::close);
    IcebergCatalogs.close(catalog);
  }
}
