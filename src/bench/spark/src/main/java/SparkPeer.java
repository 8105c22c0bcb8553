import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Spark's INSERT OVERWRITE of one query, as somebody would write it. Arguments: the statement, then
 * the Iceberg catalog's properties as {@code name=value}.
 */
public final class SparkPeer {
  private SparkPeer() {}

  public static void main(String[] args) throws IOException {
    SparkSession.Builder builder =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.sources.partitionOverwriteMode", "dynamic")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.catalog.bench", "org.apache.iceberg.spark.SparkCatalog")
            .config(
                "spark.sql.catalog.bench.catalog-impl", "org.apache.iceberg.jdbc.JdbcCatalog");
    for (int i = 1; i < args.length; i++) {
      String[] property = args[i].split("=", 2);
      if (!property[0].equals("type")) {
        builder.config("spark.sql.catalog.bench." + property[0], property[1]);
      }
    }
    SparkSession spark = builder.getOrCreate();
    spark.sql("USE bench.bench");
    spark.sql(args[0]);
    double cpu =
        ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime()
            / 1e9;
    System.out.println("BENCH-USAGE " + cpu + " " + peak());
    Runtime.getRuntime().halt(0);
  }

  private static double peak() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(l -> l.startsWith("VmHWM:"))
        .mapToDouble(l -> Long.parseLong(l.replaceAll("[^0-9]", "")) / 1024.0)
        .findFirst()
        .orElse(0);
  }
}
