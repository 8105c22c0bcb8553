package io.tidemark.testing;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * S3Proxy over a folder, as a process of its own: a bucket is a folder below it. It checks
 * signatures as S3 does. Its jars, and those by which Iceberg reaches it, are apart from the class
 * path of the tests.
 */
public final class S3Store implements AutoCloseable {
  private static final Path LIB = Path.of(System.getProperty("tidemark.s3.lib", "target/s3-store"));
  private static final String KEY = "tidemark-test";
  private static final String SECRET = "not-so-secret";

  private final Path folder;
  private final int port;
  private final Process process;

  private S3Store(Path folder) throws IOException {
    this.folder = folder;
    try (ServerSocket socket = new ServerSocket(0)) {
      this.port = socket.getLocalPort();
    }
    Properties properties = new Properties();
    properties.setProperty("s3proxy.endpoint", "http://127.0.0.1:" + port);
    properties.setProperty("s3proxy.authorization", "aws-v2-or-v4");
    properties.setProperty("s3proxy.identity", KEY);
    properties.setProperty("s3proxy.credential", SECRET);
    properties.setProperty("jclouds.provider", "filesystem-nio2");
    properties.setProperty("jclouds.identity", "unused");
    properties.setProperty("jclouds.credential", "unused");
    properties.setProperty(
        "jclouds.filesystem.basedir",
        Files.createDirectories(folder.resolve("buckets")).toString());
    Path file = folder.resolve("s3.properties");
    try (var out = Files.newOutputStream(file)) {
      properties.store(out, null);
    }
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dlogback.configurationFile=" + quiet(),
                "-cp",
                jars("server") + File.pathSeparator + jars("client"),
                "org.gaul.s3proxy.Main",
                "--properties",
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("s3.log").toFile())
            .start();
  }

  private Path quiet() throws IOException {
    return Files.writeString(
        folder.resolve("logback.xml"),
        """
        <configuration>
          <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
            <encoder><pattern>%d %p %m%n</pattern></encoder>
          </appender>
          <root level="warn"><appender-ref ref="OUT"/></root>
        </configuration>
        """);
  }

  /** Starts one without buckets and waits until it listens. */
  public static S3Store start(Path folder) throws IOException {
    S3Store store = new S3Store(Files.createDirectories(folder));
    try {
      await().atMost(Duration.ofMinutes(5)).until(store::listens);
      return store;
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private boolean listens() throws IOException {
    if (!process.isAlive()) {
      throw new IllegalStateException(
          "S3Proxy ended: " + Files.readString(folder.resolve("s3.log")));
    }
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Makes a bucket, and tells where its objects are as files. */
  public Path bucket(String name) throws IOException {
    return Files.createDirectories(folder.resolve("buckets").resolve(name));
  }

  /** A catalog's properties for files in a bucket. */
  public Map<String, String> catalog(String bucket) {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("warehouse", "s3://" + bucket + "/warehouse");
    properties.put("io-impl", "org.apache.iceberg.aws.s3.S3FileIO");
    properties.put("s3.endpoint", "http://127.0.0.1:" + port);
    properties.put("s3.path-style-access", "true");
    properties.put("s3.access-key-id", KEY);
    properties.put("s3.secret-access-key", SECRET);
    properties.put("http-client.type", "urlconnection");
    properties.put("client.region", "us-east-1");
    return properties;
  }

  /** A catalog's properties as an environment file has them, below {@code properties:}. */
  public static String yaml(Map<String, String> catalog) {
    return catalog.entrySet().stream()
        .map(e -> "    " + e.getKey() + ": \"" + e.getValue() + "\"")
        .collect(Collectors.joining("\n"));
  }

  /** The jars by which Iceberg reaches S3, as a class path. */
  public static String client() throws IOException {
    return jars("client");
  }

  private static String jars(String part) throws IOException {
    Path lib = LIB.resolve(part);
    if (!Files.isDirectory(lib)) {
      throw new IllegalStateException(
          lib + " is missing: copy its jars with 'mvn dependency:copy@s3-" + part + "'");
    }
    try (Stream<Path> jars = Files.list(lib)) {
      List<String> paths = jars.map(jar -> jar.toAbsolutePath().toString()).sorted().toList();
      return String.join(File.pathSeparator, paths);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
