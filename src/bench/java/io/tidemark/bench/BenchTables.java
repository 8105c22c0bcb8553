package io.tidemark.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.YearMonth;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.parquet.ParquetUtil;
import org.apache.iceberg.types.Types;

/**
 * The benchmark's warehouse: a SQLite catalog and the input tables, made once per input and scale.
 * DuckDB writes the input files, so that no contender has written its own input.
 */
final class BenchTables {
  static final String CATALOG = "bench";
  static final Namespace NAMESPACE = Namespace.of("bench");

  private static final Schema FLIGHTS =
      new Schema(
          Types.NestedField.required(1, "flight_id", Types.LongType.get()),
          Types.NestedField.required(2, "date", Types.TimestampType.withoutZone()),
          Types.NestedField.required(3, "delay", Types.IntegerType.get()),
          Types.NestedField.required(4, "distance", Types.IntegerType.get()),
          Types.NestedField.required(5, "origin", Types.StringType.get()),
          Types.NestedField.required(6, "destination", Types.StringType.get()));
  private static final Schema AIRPORTS =
      new Schema(
          Types.NestedField.required(1, "iata", Types.StringType.get()),
          Types.NestedField.required(2, "city", Types.StringType.get()),
          Types.NestedField.required(3, "state", Types.StringType.get()),
          Types.NestedField.required(4, "tz", Types.StringType.get()));

  private final Path home;

  BenchTables(Path home) {
    this.home = home.toAbsolutePath();
  }

  Path home() {
    return home;
  }

  /** Catalog properties, as every contender gets them. */
  Map<String, String> properties() {
    Map<String, String> properties = new TreeMap<>();
    properties.put("type", "jdbc");
    properties.put("uri", "jdbc:sqlite:" + home.resolve("catalog.db"));
    properties.put("jdbc.schema-version", "V1");
    properties.put("warehouse", home.resolve("warehouse").toUri().toString());
    properties.put("clients", "1");
    return properties;
  }

  Catalog open() {
    return CatalogUtil.buildIcebergCatalog(CATALOG, properties(), new Configuration());
  }

  static TableIdentifier id(String table) {
    return TableIdentifier.of(NAMESPACE, table);
  }

  /** Where the input files of a scale are, for contenders that need no catalog. */
  Path files(String table) {
    return home.resolve("input").resolve(table);
  }

  /**
   * Makes the input tables if they are missing.
   *
   * @param input a Parquet file with date, delay, distance, origin and destination
   * @param years how often to repeat it, each time a year later
   * @param every take each row whose number this divides
   */
  void make(Path input, Path airports, int years, int every) throws IOException, SQLException {
    Files.createDirectories(home.resolve("warehouse"));
    Catalog catalog = open();
    if (!((SupportsNamespaces) catalog).namespaceExists(NAMESPACE)) {
      ((SupportsNamespaces) catalog).createNamespace(NAMESPACE);
    }
    if (catalog.tableExists(id("flights"))) {
      return;
    }
    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:")) {
      makeAirports(duck, catalog, airports);
      makeFlights(duck, catalog, input, years, every);
    }
  }

  /**
   * Appends a few rows with keys of their own to a few days in a row.
   *
   * @param firstKey larger than every key so far
   */
  void append(Catalog catalog, String day, int days, long firstKey)
      throws IOException, SQLException {
    Table table = catalog.loadTable(id("flights"));
    Path file = files("flights-late").resolve(firstKey + ".parquet");
    Files.createDirectories(file.getParent());
    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:")) {
      execute(
          duck,
          """
          COPY (
            SELECT %d + range AS flight_id, TIMESTAMP '%s 12:00:00' + range * INTERVAL 1 DAY AS date,
              5::INTEGER AS delay, 300::INTEGER AS distance, 'LAX' AS origin, 'OAK' AS destination
            FROM range(%d))
          TO '%s' (FORMAT parquet, COMPRESSION zstd,
            FIELD_IDS {flight_id: 1, date: 2, delay: 3, distance: 4, origin: 5, destination: 6})
          """
              .formatted(firstKey, day, days, file));
    }
    table
        .newAppend()
        .appendFile(dataFile(table, file, "date_month=" + ordinal(day.substring(0, 7))))
        .commit();
  }

  /** An empty table of a workload's schema for a contender; dropped first if it is there. */
  Table fresh(Catalog catalog, Workload workload, String name) {
    if (catalog.tableExists(id(name))) {
      catalog.dropTable(id(name), true);
    }
    return catalog.createTable(id(name), workload.schema(), workload.spec());
  }

  private void makeAirports(Connection duck, Catalog catalog, Path csv)
      throws SQLException, IOException {
    Path file = files("airports").resolve("airports.parquet");
    Files.createDirectories(file.getParent());
    execute(
        duck,
        "COPY (SELECT iata, city, state, tz FROM read_csv('%s', header = true)) TO '%s'"
                .formatted(csv, file)
            + " (FORMAT parquet, COMPRESSION zstd, FIELD_IDS {iata: 1, city: 2, state: 3, tz: 4})");
    Table table = catalog.createTable(id("airports"), AIRPORTS, PartitionSpec.unpartitioned());
    table.newAppend().appendFile(dataFile(table, file, "")).commit();
  }

  private void makeFlights(Connection duck, Catalog catalog, Path input, int years, int every)
      throws SQLException, IOException {
    Files.createDirectories(files("flights"));
    Table table =
        catalog.createTable(
            id("flights"), FLIGHTS, PartitionSpec.builderFor(FLIGHTS).month("date").build());
    long rows = number(duck, "SELECT count(*) FROM read_parquet('%s')".formatted(input));
    List<String> months = new ArrayList<>();
    try (Statement statement = duck.createStatement();
        ResultSet result =
            statement.executeQuery(
                "SELECT DISTINCT strftime(date, '%Y-%m') AS m FROM read_parquet('"
                    + input
                    + "') ORDER BY m")) {
      while (result.next()) {
        months.add(result.getString(1));
      }
    }
    AppendFiles append = table.newAppend();
    for (int year = 0; year < years; year++) {
      for (String month : months) {
        String shifted =
            (Integer.parseInt(month.substring(0, 4)) + year) + "-" + month.substring(5);
        Path file = files("flights").resolve(shifted + ".parquet");
        execute(
            duck,
            """
            COPY (
              SELECT file_row_number + %d AS flight_id, date + INTERVAL %d YEAR AS date,
                delay::INTEGER AS delay, distance::INTEGER AS distance, origin, destination
              FROM read_parquet('%s', file_row_number = true)
              WHERE strftime(date, '%%Y-%%m') = '%s' AND file_row_number %% %d = 0)
            TO '%s' (FORMAT parquet, COMPRESSION zstd,
              FIELD_IDS {flight_id: 1, date: 2, delay: 3, distance: 4, origin: 5, destination: 6})
            """
                .formatted(year * rows, year, input, month, every, file));
        append.appendFile(dataFile(table, file, "date_month=" + ordinal(shifted)));
      }
    }
    append.commit();
  }

  private static DataFile dataFile(Table table, Path file, String partition) {
    InputFile input = table.io().newInputFile(file.toUri().toString());
    Metrics metrics = ParquetUtil.fileMetrics(input, MetricsConfig.forTable(table));
    DataFiles.Builder builder =
        DataFiles.builder(table.spec()).withInputFile(input).withMetrics(metrics);
    return (partition.isEmpty() ? builder : builder.withPartitionPath(partition)).build();
  }

  /** A month as Iceberg's month transform numbers it. */
  private static long ordinal(String month) {
    return YearMonth.parse(month).getLong(ChronoField.PROLEPTIC_MONTH)
        - YearMonth.of(1970, 1).getLong(ChronoField.PROLEPTIC_MONTH);
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getLong(1);
    }
  }

  /** Bytes of all files below a folder. */
  static long bytes(Path folder) {
    try (var files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
