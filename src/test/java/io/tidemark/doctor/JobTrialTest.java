package io.tidemark.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.tidemark.model.Environment;
import io.tidemark.model.Environment.FlinkEndpoint;
import io.tidemark.model.Environment.StoreSpec;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.TableRef;
import io.tidemark.model.doctor.Finding;
import io.tidemark.model.doctor.Sandbox;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class JobTrialTest {

  private static final Sandbox SANDBOX =
      new Sandbox() {
        @Override
        public TableRef table() {
          return TableRef.parse("doctor.first");
        }

        @Override
        public String folder() {
          return "/nowhere";
        }

        @Override
        public String read(String path) {
          throw new AssertionError("nothing was written to " + path);
        }
      };

  @Test
  void whereOtherJobsHaveAllSlotsNoneIsSentAndThatIsNoFailure() throws IOException {
    HttpServer jobManager =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] full =
        "{\"taskmanagers\":1,\"slots-total\":4,\"slots-available\":0}"
            .getBytes(StandardCharsets.UTF_8);
    jobManager.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, full.length);
          exchange.getResponseBody().write(full);
          exchange.close();
        });
    jobManager.start();
    try {
      String rest = "http://localhost:" + jobManager.getAddress().getPort();
      Environment environment =
          new Environment(
              "test",
              new CatalogSpec("tidemark", new TreeMap<>()),
              new FlinkEndpoint(Optional.of(rest), 2, Optional.empty()),
              new StoreSpec("jdbc:sqlite:none", Optional.empty(), Optional.empty()),
              Path.of("home"),
              new Environment.Limits(1, 1));

      assertThat(
              new JobTrial(
                      environment,
                      () -> {
                        throw new AssertionError("a job would wait for a slot");
                      })
                  .run(SANDBOX))
          .singleElement()
          .satisfies(
              f -> {
                assertThat(f.level()).isEqualTo(Finding.Level.WARN);
                assertThat(f.what()).endsWith("other jobs have all slots");
                assertThat(f.fix()).isNotEmpty();
              });
    } finally {
      jobManager.stop(0);
    }
  }
}
