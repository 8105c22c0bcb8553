package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.LocalConfig;
import io.tidemark.testing.SessionCluster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What commands say to a cluster of another Flink, and to a job jar of another Tidemark. */
class OtherVersionsIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();
  @TempDir static Path project;

  private static final int REFUSED = 4;

  private static final String PIPELINE =
      """
      name: shop
      datasets:
        visits:
          table: shop.visits
          kind: source
          schema: {id: BIGINT NOT NULL, at: TIMESTAMP(3) NOT NULL}
          event_time: at
          partition: P1D
          slice: P1D
          topic: {name: visits, out_of_orderness: PT10S}
        copies:
          table: shop.copies
          kind: derived
          schema: {id: BIGINT NOT NULL, at: TIMESTAMP(3) NOT NULL}
          key: [id]
          event_time: at
          partition: P1D
          slice: P1D
      transforms:
        copies:
          sql: copies.sql
          inputs: [visits]
      """;

  private static SessionCluster flink;
  private static Path jar;
  private static HttpServer proxy;
  private static final List<String> SENT = new CopyOnWriteArrayList<>();
  private final CommandLineSession user = new CommandLineSession(Wiring::open, project);

  @BeforeAll
  static void start() throws IOException {
    flink = SessionCluster.start(project.resolve("flink"), 4);
    jar = SessionCluster.jobJar(project);
    proxy = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    proxy.createContext("/", OtherVersionsIT::forward);
    proxy.start();
    KAFKA.createTopic("visits", 1);
    Files.createDirectories(project.resolve("jobs/shop"));
    Files.writeString(project.resolve("jobs/shop/pipeline.yaml"), PIPELINE);
    Files.writeString(project.resolve("jobs/shop/copies.sql"), "SELECT id, `at` FROM visits\n");
    Files.writeString(project.resolve("visits.csv"), "id,at\n1,2001-01-01T10:00:00\n");
  }

  @AfterAll
  static void stop() {
    proxy.stop(0);
    flink.close();
  }

  /** The real JobManager, but for the version that it says it is of. */
  private static void forward(HttpExchange exchange) throws IOException {
    if (!exchange.getRequestMethod().equals("GET")) {
      SENT.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(flink.rest()).resolve(exchange.getRequestURI()))
            .method(
                exchange.getRequestMethod(),
                BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()))
            .build();
    try {
      HttpResponse<String> answer =
          HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
      byte[] body =
          answer
              .body()
              .replaceFirst("(\"flink-version\":)\"[^\"]*\"", "$1\"2.1.1\"")
              .getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.statusCode(), body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      exchange.close();
    }
  }

  private static void configure(String rest, Path jobJar) throws IOException {
    LocalConfig.write(
        project,
        List.of(
            "flink: {rest: '" + rest + "', parallelism: 2, job_jar: '" + jobJar + "'}",
            "kafka: {bootstrap_servers: '" + KAFKA.bootstrap() + "'}",
            "live: {checkpoints: '" + project.resolve("checkpoints").toUri() + "'}"));
  }

  private void refused(String code, String... arguments) {
    Result result = user.run(arguments);
    assertThat(result.err()).as(result.out()).contains("error " + code + ": ", "fix: ");
    assertThat(result.err()).doesNotContain("\tat ");
    assertThat(result.exitCode()).as(result.err()).isEqualTo(REFUSED);
  }

  private Result done(String... arguments) {
    Result result = user.run(arguments);
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    return result;
  }

  @Test
  void nothingIsSentToAnotherFlinkNorRunFromAJarThatDoesNotMatch() throws IOException {
    String other = "http://localhost:" + proxy.getAddress().getPort();
    configure(other, jar);

    refused("TM-CLUSTER-025", "load", "visits", project.resolve("visits.csv").toString());
    refused("TM-CLUSTER-025", "live", "start");
    assertThat(user.run("doctor").out())
        .contains(
            "fail flink     the cluster runs Flink 2.1.1, and jobs are made for 2.2.0\n"
                + "               run the cluster with Flink 2.2\n",
            "warn flink     no job was run");

    configure(flink.rest(), jar);
    done("load", "visits", project.resolve("visits.csv").toString());
    configure(other, jar);
    refused("TM-CLUSTER-025", "run");
    assertThat(SENT).as("what was sent").isEmpty();

    configure(flink.rest(), ofAnotherVersion());
    refused("TM-JOB-003", "run");
    refused("TM-JOB-003", "live", "start");
    assertThat(user.run("doctor").out())
        .contains(
            "fail flink     this job jar does not match the Tidemark that sent the order: ",
            "name the tidemark-job.jar that was built with it");

    configure(flink.rest(), jar);
    done("run", "--publish", "--yes");
    assertThat(done("query", "SELECT COUNT(*) FROM copies").out()).contains("1");
  }

  /** The job jar, as it would be if loads knew one more format. */
  private static Path ofAnotherVersion() throws IOException {
    Path source = Path.of("src/main/java/io/tidemark/model/JobSpec.java");
    String changed = Files.readString(source).replace("JSON_LINES,", "JSON_LINES,\n      XML,");
    Path folder = Files.createDirectories(project.resolve("other/io/tidemark/model"));
    Path file = Files.writeString(folder.resolve("JobSpec.java"), changed);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    int code =
        compiler.run(
            null, said, said, "-proc:none", "-parameters", "-cp", jar.toString(), file.toString());
    assertThat(code).as(said.toString(StandardCharsets.UTF_8)).isZero();
    Path made = project.resolve("other.jar");
    try (ZipInputStream in = new ZipInputStream(Files.newInputStream(jar));
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(made))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        Path instead = project.resolve("other").resolve(entry.getName());
        out.putNextEntry(new ZipEntry(entry.getName()));
        try (InputStream content =
            Files.isRegularFile(instead)
                ? Files.newInputStream(instead)
                : InputStream.nullInputStream()) {
          (Files.isRegularFile(instead) ? content : in).transferTo(out);
        }
        out.closeEntry();
      }
    }
    return made;
  }
}
