package io.tidemark.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tidemark.control.Control;
import io.tidemark.control.Openers;
import io.tidemark.control.Operation;
import io.tidemark.control.Watcher;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Metrics of tables, runs and the live job over HTTP. Each part is read by a thread of its own
 * every few seconds, and a scrape is answered with what was read last: a catalog that is slow or
 * away makes its part's metrics missing and {@code tidemark_up} 0, and holds up nobody.
 * Thread-safe.
 */
public final class MetricsServer implements Openers.Endpoint {
  private static final int RUNS = 50;
  private static final int THREADS = 2;
  private static final String FORMAT = "text/plain; version=0.0.4; charset=utf-8";

  /** What LiveJobs says where an environment names no Kafka: there is nothing to read then. */
  private static final String NO_KAFKA = "TM-LIVE-100";

  private final Board board = new Board();
  private final Clock clock;
  private final HttpServer http;
  private final ExecutorService answering = Executors.newFixedThreadPool(THREADS);
  private final ScheduledExecutorService reading;
  private final String url;

  private interface Part {
    List<Sample> read();
  }

  private MetricsServer(Control door, HttpServer http, Operation.Serve where, Clock clock) {
    this.clock = clock;
    this.http = http;
    List<String> names = List.of("tables", "runs", "live");
    List<Part> parts =
        List.of(
            () ->
                Readings.tables(
                    door.execute(new Operation.Status(), Watcher.NONE), clock.instant()),
            () -> Readings.runs(door.execute(new Operation.WatchRuns(RUNS), Watcher.NONE)),
            () ->
                Readings.live(
                    door.execute(new Operation.ShowLive(), Watcher.NONE), clock.instant()));
    this.reading =
        Executors.newScheduledThreadPool(
            parts.size(),
            work -> {
              Thread thread = new Thread(work, "tidemark-metrics");
              thread.setDaemon(true);
              return thread;
            });
    long pause = Math.max(1, where.every().toMillis());
    this.url = "http://" + where.address() + ":" + http.getAddress().getPort() + "/metrics";
    http.setExecutor(answering);
    http.createContext("/metrics", exchange -> answer(exchange, "/metrics", FORMAT, board::text));
    http.createContext("/healthz", exchange -> answer(exchange, "/healthz", FORMAT, () -> "ok\n"));
    http.start();
    for (int i = 0; i < parts.size(); i++) {
      String name = names.get(i);
      Part part = parts.get(i);
      ScheduledFuture<?> unused =
          reading.scheduleWithFixedDelay(() -> read(name, part), 0, pause, TimeUnit.MILLISECONDS);
    }
  }

  /**
   * Begins to listen, and to read.
   *
   * @throws TidemarkException USER if the address is none of this host or the port is taken
   */
  public static MetricsServer start(Control door, Operation.Serve where, Clock clock) {
    try {
      InetAddress address = InetAddress.getByName(where.address());
      HttpServer http = HttpServer.create(new InetSocketAddress(address, where.port()), 0);
      return new MetricsServer(door, http, where, clock);
    } catch (UnknownHostException e) {
      throw refused(where, "no interface is called that", "give an address of this host");
    } catch (IllegalArgumentException e) {
      throw refused(where, "ports go from 0 to 65535", "give another --port");
    } catch (IOException e) {
      throw refused(
          where,
          String.valueOf(e.getMessage()),
          "give another --port, or end the process that has this one");
    }
  }

  private static TidemarkException refused(Operation.Serve where, String why, String fix) {
    return TidemarkException.user(
        Problem.of(
            "TM-SERVER-001", "cannot listen on " + where.address() + ":" + where.port(), why, fix));
  }

  /** An exception would end the schedule without a word, so there is none. */
  private void read(String name, Part part) {
    Instant begun = clock.instant();
    try {
      List<Sample> samples = part.read();
      Instant now = clock.instant();
      board.read(name, samples, now, Duration.between(begun, now));
    } catch (TidemarkException e) {
      String code = e.problems().get(0).code();
      if (!code.equals(NO_KAFKA)) {
        board.failed(name, code);
      }
    } catch (RuntimeException e) {
      board.failed(name, "BUG");
    }
  }

  private interface Text {
    String get();
  }

  private static void answer(HttpExchange exchange, String path, String type, Text text)
      throws IOException {
    try (exchange) {
      boolean known = exchange.getRequestURI().getPath().equals(path);
      boolean reads = List.of("GET", "HEAD").contains(exchange.getRequestMethod());
      byte[] body =
          (!known ? "not found\n" : reads ? text.get() : "only GET\n")
              .getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(!known ? 404 : reads ? 200 : 405, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public String url() {
    return url;
  }

  /** Stops listening at once; a read that is under way ends by itself. */
  @Override
  public void close() {
    http.stop(0);
    answering.shutdownNow();
    reading.shutdownNow();
  }
}
