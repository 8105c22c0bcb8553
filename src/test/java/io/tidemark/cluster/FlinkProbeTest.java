package io.tidemark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.sun.net.httpserver.HttpServer;
import io.tidemark.model.Environment.FlinkEndpoint;
import io.tidemark.model.doctor.Finding;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is made of a JobManager's answers, which a small server gives here. */
class FlinkProbeTest {
  private final Map<String, String> answers = new TreeMap<>();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    answers.put("/config", "{\"flink-version\":\"" + EnvironmentInformation.getVersion() + "\"}");
    answers.put("/overview", "{\"taskmanagers\":2,\"slots-total\":4}");
    answers.put(
        "/jobmanager/config",
        "[{\"key\":\"execution.checkpointing.dir\",\"value\":\"s3://lake/checkpoints\"}]");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String answer = answers.get(exchange.getRequestURI().getPath());
          byte[] body = (answer == null ? "{}" : answer).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(answer == null ? 404 : 200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private FlinkEndpoint endpoint(int parallelism) {
    String address = "http://localhost:" + server.getAddress().getPort();
    return new FlinkEndpoint(
        Optional.of(address), parallelism, Optional.of(Path.of("pom.xml").toAbsolutePath()));
  }

  @Test
  void aClusterThatFitsIsFine() {
    assertThat(Clusters.examine(endpoint(4)))
        .hasSize(5)
        .allSatisfy(f -> assertThat(f.level()).as(f.what()).isEqualTo(Finding.Level.OK));
  }

  @Test
  void anotherMinorVersionTooFewSlotsAndNoRestartsAreSaid() {
    answers.put("/config", "{\"flink-version\":\"1.20.1\"}");
    answers.put("/jobmanager/config", "[{\"key\":\"restart-strategy.type\",\"value\":\"none\"}]");

    assertThat(Clusters.examine(endpoint(5)))
        .extracting(Finding::level, f -> f.what().split(",")[0])
        .containsExactly(
            tuple(Finding.Level.FAIL, "the cluster runs Flink 1.20.1"),
            tuple(Finding.Level.FAIL, "4 slots are there"),
            tuple(Finding.Level.WARN, "the cluster names no place for checkpoints"),
            tuple(
                Finding.Level.WARN,
                "jobs are not restarted after a failure: restart-strategy.type is none"),
            tuple(Finding.Level.OK, "the job jar is there"));
    assertThat(FlinkProbe.version("2.2.1", "2.2.0").level()).isEqualTo(Finding.Level.OK);
    assertThat(FlinkProbe.version("2.20.0", "2.2.0").level()).isEqualTo(Finding.Level.FAIL);
  }

  @Test
  void whatIsNoFlinkAndWhatDoesNotAnswerIsOneFinding() {
    answers.clear();
    assertThat(Clusters.examine(endpoint(1)))
        .singleElement()
        .satisfies(f -> assertThat(f.level()).isEqualTo(Finding.Level.FAIL));
    FlinkEndpoint nobody =
        new FlinkEndpoint(Optional.of("http://localhost:1"), 1, Optional.empty());
    assertThat(Clusters.examine(nobody))
        .singleElement()
        .satisfies(f -> assertThat(f.what()).contains("cannot reach"));
  }
}
