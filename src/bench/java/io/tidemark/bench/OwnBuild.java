package io.tidemark.bench;

import io.tidemark.cluster.Cluster;
import io.tidemark.cluster.Clusters;
import io.tidemark.job.JobMain;
import io.tidemark.lake.Lake;
import io.tidemark.lake.Lakes;
import io.tidemark.model.Analysis;
import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.FlinkEndpoint;
import io.tidemark.model.Expectation;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.Location;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.types.Types;

/**
 * A child's main: one build job alone, onto a branch. Arguments: {@code checked} or {@code bare},
 * the warehouse's folder, the workload.
 */
public final class OwnBuild {
  private static final int PARALLELISM = 2;

  private OwnBuild() {}

  public static void main(String[] args) throws Exception {
    BenchTables tables = new BenchTables(Path.of(args[1]));
    Workload workload = Workload.valueOf(args[2]);
    run(tables, workload, args[0].equals("checked") ? checks(workload) : List.of());
    System.out.println(Usage.line());
    System.exit(0);
  }

  private static void run(BenchTables tables, Workload workload, List<Expectation> checks) {
    CatalogSpec spec = new CatalogSpec(BenchTables.CATALOG, new TreeMap<>(tables.properties()));
    Dataset output = dataset(workload);
    String key = "bench-" + System.currentTimeMillis() + "/build";
    String branch = "tidemark-" + key.substring(0, key.indexOf('/'));
    try (Lake lake = Lakes.open(spec);
        Cluster cluster =
            Clusters.open(
                new FlinkEndpoint(Optional.empty(), PARALLELISM, Optional.empty()),
                JobMain::compose)) {
      lake.ensure(output);
      lake.branch(output.table(), branch, lake.head(output.table(), "main").orElse(0L));
      Catalog catalog = tables.open();
      JobSpec.Input flights =
          input(
              catalog.loadTable(BenchTables.id("flights")),
              "flights",
              new Layout(Optional.of("date"), Grain.MONTH, Grain.MONTH));
      JobSpec.Input airports =
          input(catalog.loadTable(BenchTables.id("airports")), "airports", Layout.unsliced());
      List<JobSpec.Input> inputs =
          workload == Workload.W1 ? List.of(flights) : List.of(flights, airports);
      Transform transform =
          new Transform(
              output.id(),
              new Transform.Sql(workload.flinkSql()),
              inputs.stream().map(JobSpec.Input::name).toList(),
              Transform.Window.EXACT,
              "",
              analysis(workload),
              new Location("bench.sql", 1, 1));
      Grain grain = output.layout().slice();
      SliceSet slices =
          SliceSet.range(
              grain,
              grain.ordinal(java.time.Instant.parse("2001-01-01T00:00:00Z")),
              grain.ordinal(java.time.Instant.parse("2011-01-01T00:00:00Z")));
      cluster.run(
          new JobSpec.Build(
              key,
              spec,
              transform,
              inputs,
              JobSpec.Output.of(output, branch, slices),
              checks,
              new Stamp(
                  key,
                  Stamp.Kind.BUILD,
                  output.id(),
                  Stamp.Origin.NONE,
                  new Stamp.Content(grain, List.of(), List.of()),
                  ""),
              lake.documentPath(output.table(), key.replace('/', '-') + ".json")),
          progress -> {});
    }
  }

  private static Analysis analysis(Workload workload) {
    Fingerprint code = Fingerprint.of(workload.flinkSql());
    return new Analysis(
        code,
        code,
        new TreeMap<>(),
        new TreeMap<>(),
        new TreeMap<>(),
        List.of(),
        workload == Workload.W1 ? Analysis.Locality.SHUFFLED : Analysis.Locality.PRESERVED);
  }

  private static JobSpec.Input input(Table table, String name, Layout layout) {
    return new JobSpec.Input(
        DatasetId.of(name),
        new TableRef(BenchTables.NAMESPACE.toString(), name),
        table.currentSnapshot().snapshotId(),
        layout,
        TimeRanges.ALL);
  }

  static Dataset dataset(Workload workload) {
    List<Column> columns = new ArrayList<>();
    for (Types.NestedField field : workload.schema().columns()) {
      columns.add(
          Column.required(
              field.name(), FlinkSchemaUtil.convert(field.type()).asSerializableString()));
    }
    Grain partition = workload == Workload.W2D ? Grain.DAY : Grain.MONTH;
    return new Dataset(
        DatasetId.of(workload.id()),
        Dataset.Kind.DERIVED,
        new TableRef(BenchTables.NAMESPACE.toString(), workload.id() + "_own"),
        new Schema(columns),
        workload == Workload.W1 ? List.of("origin", "utc_day") : List.of("flight_id"),
        new Layout(Optional.of(workload.timeColumn()), partition, partition),
        new Governance(Governance.Tier.STANDARD, "", "", List.of()));
  }

  /** What somebody would ask of such a table. */
  static List<Expectation> checks(Workload workload) {
    return workload == Workload.W1
        ? List.of(
            check("a", new Expectation.NotNull(List.of("origin", "utc_day", "flights"))),
            check("b", new Expectation.InRange("flights", Optional.of("1"), Optional.empty())),
            check("c", new Expectation.SqlPredicate("distance > 0")))
        : List.of(
            check("a", new Expectation.NotNull(List.of("flight_id", "departure", "zone"))),
            check("b", new Expectation.InRange("delay", Optional.of("-1440"), Optional.of("2880"))),
            check("c", new Expectation.SqlPredicate("distance_km > 0")));
  }

  private static Expectation check(String name, Expectation.Rule rule) {
    return new Expectation(name, Expectation.Severity.ERROR, rule);
  }
}
