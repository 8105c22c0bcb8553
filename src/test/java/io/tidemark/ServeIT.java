package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.ChildJvm;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.VisitsProject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The endpoint as Prometheus sees it: a process beside those that work. */
class ServeIT {
  private static final Pattern CODE = Pattern.compile("TM-[A-Z]+-\\d{3}");
  private static final Pattern URL = Pattern.compile("http://127\\.0\\.0\\.1:\\d+");

  @TempDir Path project;

  private String base;

  private static HttpResponse<String> get(String url) throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private String metrics() throws IOException, InterruptedException {
    return get(base + "/metrics").body();
  }

  private void awaitMetrics(String... lines) {
    await()
        .atMost(Duration.ofMinutes(5))
        .untilAsserted(() -> assertThat(metrics()).contains(lines));
  }

  @Test
  void whatOtherProcessesDoShowsAndATermSignalEndsIt() throws Exception {
    CommandLineSession user = new CommandLineSession(Wiring::open, project);
    VisitsProject.write(project);
    Files.writeString(project.resolve("visits.csv"), VisitsProject.csv());
    Path log = project.resolve("serve.log");
    Process server =
        ChildJvm.tidemark(
            project, log, List.of("-Xmx512m"), "serve", "--port", "0", "--every", "PT0.5S");
    try {
      await()
          .atMost(Duration.ofMinutes(5))
          .until(() -> !server.isAlive() || URL.matcher(Files.readString(log)).find());
      Matcher url = URL.matcher(Files.readString(log));
      assertThat(url.find()).as(Files.readString(log)).isTrue();
      base = url.group();
      awaitMetrics("tidemark_up{part=\"tables\"} 1.0", "tidemark_up{part=\"runs\"} 1.0");
      assertThat(metrics()).doesNotContain("part=\"live\"");

      succeeds(user, "load", "visits", project.resolve("visits.csv").toString());
      awaitMetrics(
          "tidemark_dataset_rows{dataset=\"visits\"} 300.0",
          "tidemark_dataset_slices{dataset=\"city_day\",state=\"stale\"} 3.0");

      succeeds(user, "run", "--publish");
      awaitMetrics(
          "tidemark_dataset_slices{dataset=\"city_day\",state=\"fresh\"} 3.0",
          "tidemark_plan_slices 0.0",
          "tidemark_runs{state=\"published\"} 1.0",
          "tidemark_run_completion_ratio 1.0",
          "tidemark_publish_seconds ",
          "tidemark_run_built_rows ",
          "tidemark_run_bytes_per_second ");

      Files.writeString(
          project.resolve("jobs/shop/city_day.sql"),
          VisitsProject.SQL.replace("SUM(CAST(amount", "SUM(1 / (amount - amount) + CAST(amount"));
      Result failed = user.run("run");
      assertThat(failed.exitCode()).as(failed.out()).isNotZero();
      Matcher code = CODE.matcher(failed.err());
      assertThat(code.find()).as(failed.err()).isTrue();
      awaitMetrics(
          "tidemark_run_errors{code=\"" + code.group() + "\"} 1.0",
          "tidemark_runs{state=\"failed\"} 1.0");

      Files.writeString(project.resolve("jobs/shop/pipeline.yaml"), "name: [");
      awaitMetrics("tidemark_up{part=\"tables\"} 0.0", "tidemark_up{part=\"runs\"} 1.0");
      assertThat(metrics()).doesNotContain("tidemark_dataset_rows{");
      assertThat(get(base + "/healthz").body()).isEqualTo("ok\n");
      assertThat(get(base + "/metricsandmore").statusCode()).isEqualTo(404);

      server.destroy();
      assertThat(server.waitFor(5, TimeUnit.MINUTES)).isTrue();
      assertThat(server.exitValue()).as(Files.readString(log)).isZero();
      assertThat(Files.readString(log)).contains("Served " + base);
    } finally {
      server.destroyForcibly();
    }
  }

  @Test
  void aPortThatIsTakenIsSaid() throws IOException {
    VisitsProject.write(project);
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Result result =
          new CommandLineSession(Wiring::open, project)
              .run("serve", "--port", String.valueOf(taken.getLocalPort()));

      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.err())
          .contains("TM-SERVER-001")
          .contains("cannot listen on 127.0.0.1:" + taken.getLocalPort())
          .contains("fix: give another --port");
    }
  }

  private static void succeeds(CommandLineSession user, String... arguments) {
    Result result = user.run(arguments);
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
  }
}
