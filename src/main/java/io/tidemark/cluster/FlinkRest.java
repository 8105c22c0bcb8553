package io.tidemark.cluster;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** JSON calls to a Flink JobManager. Thread-safe. */
final class FlinkRest {
  /** Service Unavailable: no leader yet. */
  private static final int ELECTING = 503;

  private static final int ELECTIONS = 50;

  private static final String UNREACHABLE = "TM-CLUSTER-021";

  private final URI address;
  private final Duration timeout;
  private final HttpClient http;

  /**
   * @param address ends with a slash
   * @param timeout of one call
   */
  FlinkRest(URI address, Duration timeout) {
    this.address = address;
    this.timeout = timeout;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
  }

  /** Whether no answer came at all. */
  static boolean isUnreachable(TidemarkException e) {
    return e.problems().get(0).code().equals(UNREACHABLE);
  }

  /** What came back: any status below 500 that the server itself gave. */
  record Answer(int status, String body) {
    boolean ok() {
      return status < 300;
    }

    /** The stack traces or texts of an error, as Flink lists them. */
    String errors() {
      try {
        if (Json.parse(body) instanceof Map<?, ?> map && map.get("errors") instanceof List<?> l) {
          return String.join("\n", l.stream().map(String::valueOf).toList());
        }
      } catch (IllegalArgumentException e) {
        // No JSON: a proxy's page, told as it is.
      }
      return body;
    }
  }

  Map<?, ?> get(String path) {
    return object(path, read(path));
  }

  /** As {@link #get}; empty if the JobManager answers that there is no such thing. */
  Optional<Map<?, ?>> find(String path) {
    Answer answer = read(path);
    return answer.status() == 404 ? Optional.empty() : Optional.of(object(path, answer));
  }

  /** As {@link #get}, of a list. */
  List<?> list(String path) {
    Answer answer = read(path);
    if (!answer.ok()) {
      throw unexpected(path, "answered with status " + answer.status());
    }
    try {
      if (Json.parse(answer.body()) instanceof List<?> list) {
        return list;
      }
    } catch (IllegalArgumentException e) {
      // Told below: whatever it is, it is no Flink.
    }
    throw unexpected(path, "did not answer with a list in JSON");
  }

  Answer post(String path, Map<String, Object> body, Duration limit) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder()
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(Json.write(body), StandardCharsets.UTF_8));
    return call(request, path, limit);
  }

  Answer patch(String path) {
    return call(HttpRequest.newBuilder().method("PATCH", BodyPublishers.noBody()), path, timeout);
  }

  Map<?, ?> upload(String path, String name, byte[] content) {
    String boundary = "tidemark-" + UUID.randomUUID();
    HttpRequest.Builder request =
        HttpRequest.newBuilder()
            .header("Content-Type", "multipart/form-data; boundary=" + boundary)
            .POST(multipart(boundary, name, content));
    return object(path, call(request, path, Duration.ofMinutes(5)));
  }

  private static BodyPublisher multipart(String boundary, String name, byte[] content) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    String head =
        ("--" + boundary + "\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\"")
            + name
            + "\"\r\nContent-Type: application/x-java-archive\r\n\r\n";
    body.writeBytes(head.getBytes(StandardCharsets.UTF_8));
    body.writeBytes(content);
    body.writeBytes(("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
    return BodyPublishers.ofByteArray(body.toByteArray());
  }

  private Map<?, ?> object(String path, Answer answer) {
    if (!answer.ok()) {
      throw unexpected(path, "answered with status " + answer.status());
    }
    try {
      if (Json.parse(answer.body()) instanceof Map<?, ?> map) {
        return map;
      }
    } catch (IllegalArgumentException e) {
      // Told below: whatever it is, it is no Flink.
    }
    throw unexpected(path, "did not answer in JSON");
  }

  /** Asked again for a while where the JobManager says that it is about to have a leader. */
  private Answer read(String path) {
    Answer answer = call(HttpRequest.newBuilder().GET(), path, timeout);
    for (int i = 0; i < ELECTIONS && answer.status() == ELECTING; i++) {
      StreamingJobs.pause();
      answer = call(HttpRequest.newBuilder().GET(), path, timeout);
    }
    return answer;
  }

  private Answer call(HttpRequest.Builder request, String path, Duration limit) {
    try {
      HttpResponse<String> response =
          http.send(
              request.uri(address.resolve(path)).timeout(limit).build(),
              BodyHandlers.ofString(StandardCharsets.UTF_8));
      return new Answer(response.statusCode(), response.body());
    } catch (IOException e) {
      String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw TidemarkException.external(
          Problem.of(
              UNREACHABLE,
              "cannot reach the Flink cluster at " + address,
              reason,
              "start the cluster, or mend its address in the environment file, then run again"),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unexpected(path, "was not waited for: interrupted");
    }
  }

  private TidemarkException unexpected(String path, String what) {
    return TidemarkException.external(
        Problem.of(
            "TM-CLUSTER-022",
            "the Flink cluster at " + address + " " + what + " to /" + path,
            "",
            "check that the address is that of a Flink 2.2 JobManager and look at its log"),
        null);
  }
}
