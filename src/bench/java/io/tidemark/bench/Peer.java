package io.tidemark.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.shaded.org.apache.parquet.example.data.Group;
import org.apache.iceberg.shaded.org.apache.parquet.hadoop.ParquetReader;
import org.apache.iceberg.shaded.org.apache.parquet.hadoop.ParquetWriter;
import org.apache.iceberg.shaded.org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.iceberg.shaded.org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.iceberg.shaded.org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.iceberg.shaded.org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.iceberg.shaded.org.apache.parquet.schema.MessageType;

/**
 * A child's main: what somebody would write without Tidemark. Arguments: the peer's name, the
 * warehouse's folder, the workload.
 */
public final class Peer {
  private static final int THREADS = 2;

  private Peer() {}

  public static void main(String[] args) throws Exception {
    BenchTables tables = new BenchTables(Path.of(args[1]));
    Workload workload = Workload.valueOf(args[2]);
    switch (args[0]) {
      case "flink" -> flink(tables, workload);
      case "copy" -> copy(tables);
      case "duckdb" -> duckdb(tables, workload);
      default -> throw new IllegalArgumentException("Cannot run peer '" + args[0] + "'");
    }
    System.out.println(Usage.line());
    System.exit(0);
  }

  /** Hand-written Flink SQL that overwrites the partitions it computes, and does nothing more. */
  private static void flink(BenchTables tables, Workload workload) throws Exception {
    TableEnvironment env = environment(tables);
    env.executeSql("INSERT OVERWRITE " + workload.id() + "_flink\n" + workload.flinkSql()).await();
  }

  static TableEnvironment environment(BenchTables tables) {
    org.apache.flink.configuration.Configuration configuration =
        new org.apache.flink.configuration.Configuration();
    configuration.setString("parallelism.default", Integer.toString(THREADS));
    configuration.setString("table.local-time-zone", "UTC");
    configuration.setString("taskmanager.numberOfTaskSlots", Integer.toString(THREADS));
    // The older sink ships files through Kryo, which the planner on this class path sets up in a
    // way
    // that cannot read them back.
    configuration.setString("table.exec.iceberg.use-v2-sink", "true");
    TableEnvironment env =
        TableEnvironment.create(
            EnvironmentSettings.newInstance()
                .inBatchMode()
                .withConfiguration(configuration)
                .build());
    String options =
        tables.properties().entrySet().stream()
            .filter(e -> !e.getKey().equals("type"))
            .map(e -> "'" + e.getKey() + "' = '" + e.getValue() + "'")
            .collect(Collectors.joining(", "));
    env.executeSql(
        "CREATE CATALOG "
            + BenchTables.CATALOG
            + " WITH ('type' = 'iceberg', 'catalog-impl' = 'org.apache.iceberg.jdbc.JdbcCatalog', "
            + options
            + ")");
    env.useCatalog(BenchTables.CATALOG);
    env.useDatabase(BenchTables.NAMESPACE.toString());
    return env;
  }

  /** Reads every column and writes it again with bare parquet-java, a file per thread at a time. */
  private static void copy(BenchTables tables)
      throws IOException, InterruptedException, ExecutionException {
    Path target = Files.createDirectories(tables.home().resolve("copy"));
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (Stream<Path> files = Files.list(tables.files("flights"))) {
      List<Future<Long>> copies =
          files
              .sorted()
              .map(file -> threads.submit(() -> copy(file, target.resolve(file.getFileName()))))
              .toList();
      for (Future<Long> copy : copies) {
        copy.get();
      }
    } finally {
      threads.shutdown();
    }
  }

  private static long copy(Path from, Path to) throws IOException {
    Files.deleteIfExists(to);
    Configuration conf = new Configuration();
    org.apache.hadoop.fs.Path source = new org.apache.hadoop.fs.Path(from.toUri());
    MessageType schema;
    try (var footer =
        org.apache.iceberg.shaded.org.apache.parquet.hadoop.ParquetFileReader.open(
            HadoopInputFile.fromPath(source, conf))) {
      schema = footer.getFileMetaData().getSchema();
    }
    long rows = 0;
    try (ParquetReader<Group> reader =
            ParquetReader.builder(new GroupReadSupport(), source).withConf(conf).build();
        ParquetWriter<Group> writer =
            ExampleParquetWriter.builder(new org.apache.hadoop.fs.Path(to.toUri()))
                .withConf(conf)
                .withType(schema)
                .withCompressionCodec(CompressionCodecName.ZSTD)
                .build()) {
      for (Group group = reader.read(); group != null; group = reader.read()) {
        writer.write(group);
        rows++;
      }
    }
    return rows;
  }

  /** The floor: a vectorised engine over the same files, writing Parquet without a table. */
  private static void duckdb(BenchTables tables, Workload workload)
      throws SQLException, IOException {
    Path target = Files.createDirectories(tables.home().resolve("duckdb")).resolve(workload.id());
    String sql = workload.ansiSql().replace('`', '"').replace("/*+ BROADCAST(a) */", "");
    String month = "strftime(" + workload.timeColumn() + ", '%Y-%m') AS month";
    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duck.createStatement()) {
      statement.execute("SET threads = " + THREADS);
      for (Map.Entry<String, String> view :
          Map.of("flights", "flights", "airports", "airports").entrySet()) {
        statement.execute(
            "CREATE VIEW %s AS SELECT * FROM read_parquet('%s/*.parquet')"
                .formatted(view.getKey(), tables.files(view.getValue())));
      }
      statement.execute(
          "COPY (SELECT *, %s FROM (%s)) TO '%s' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (month), OVERWRITE)"
              .formatted(month, sql, target));
    }
  }
}
