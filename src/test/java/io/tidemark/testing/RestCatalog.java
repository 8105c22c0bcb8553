package io.tidemark.testing;

import static org.awaitility.Awaitility.await;

import io.tidemark.model.JobSpec.CatalogSpec;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Iceberg's own REST server as a process of its own, over a JDBC catalog in a SQLite file. Its jars
 * are apart from the class path: their iceberg-core would shadow the shaded one.
 */
public final class RestCatalog implements AutoCloseable {
  private static final Path LIB =
      Path.of(System.getProperty("tidemark.rest.lib", "target/rest-catalog"));

  /** What the server needs and tests have on their class path anyway. */
  private static final List<String> SHARED =
      List.of("hadoop-client-", "sqlite-jdbc-", "slf4j-api-", "slf4j-simple-");

  private final Path folder;
  private final URI uri;
  private final ProcessBuilder builder;
  private Process process;

  private RestCatalog(Path folder) throws IOException {
    this.folder = folder;
    int port = freePort();
    this.uri = URI.create("http://localhost:" + port);
    builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath(),
                "org.apache.iceberg.rest.RESTCatalogServer")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
    builder.environment().put("CATALOG_URI", "jdbc:sqlite:" + folder.resolve("catalog.db"));
    builder.environment().put("CATALOG_WAREHOUSE", folder.resolve("warehouse").toString());
    builder.environment().put("CATALOG_REST_PORT", Integer.toString(port));
    this.process = builder.start();
  }

  /** Starts one and waits until it answers. */
  public static RestCatalog start(Path folder) throws IOException {
    RestCatalog catalog = new RestCatalog(Files.createDirectories(folder));
    try {
      catalog.awaitAnswer();
      return catalog;
    } catch (RuntimeException e) {
      catalog.close();
      throw e;
    }
  }

  private void awaitAnswer() {
    await().atMost(Duration.ofMinutes(5)).until(this::answers);
  }

  /** Ends it as {@code kill -9} does: nobody answers until {@link #restart}. */
  public void kill() {
    process.destroyForcibly();
    await().atMost(Duration.ofMinutes(5)).until(() -> !process.isAlive());
  }

  /** Starts it again where it was, and waits until it answers. */
  public void restart() throws IOException {
    process = builder.start();
    awaitAnswer();
  }

  private boolean answers() throws IOException, InterruptedException {
    if (!process.isAlive()) {
      throw new IllegalStateException("the REST catalog ended: " + Files.readString(log()));
    }
    HttpRequest request = HttpRequest.newBuilder(uri.resolve("/v1/config")).build();
    try {
      return HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode()
          == 200;
    } catch (java.net.ConnectException e) {
      return false;
    }
  }

  private static String classPath() throws IOException {
    if (!Files.isDirectory(LIB)) {
      throw new IllegalStateException(
          LIB + " is missing: copy the server's jars with 'mvn dependency:copy@rest-catalog'");
    }
    List<String> jars = new ArrayList<>();
    try (Stream<Path> own = Files.list(LIB)) {
      own.map(Path::toString).sorted().forEach(jars::add);
    }
    String all =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Arrays.stream(all.split(File.pathSeparator))
        .filter(
            entry -> SHARED.stream().anyMatch(Path.of(entry).getFileName().toString()::startsWith))
        .forEach(jars::add);
    return jars.stream().collect(Collectors.joining(File.pathSeparator));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private Path log() {
    return folder.resolve("rest.log");
  }

  /** How clients open it. */
  public CatalogSpec spec() {
    return new CatalogSpec("lake", new TreeMap<>(Map.of("type", "rest", "uri", uri.toString())));
  }

  @Override
  public void close() {
    kill();
  }
}
