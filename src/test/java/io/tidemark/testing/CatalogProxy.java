package io.tidemark.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Stands between clients and a REST catalog, and lets commits of rows go wrong as networks do, once
 * it is told to. It harms them in turn, with one that it lets pass before each. All else passes.
 */
public final class CatalogProxy implements AutoCloseable {
  /** How long clients wait for an answer. */
  private static final Duration PATIENCE = Duration.ofMillis(1500);

  private static final Duration LONGER = PATIENCE.multipliedBy(2);

  /** What becomes of a commit. */
  public enum Harm {
    /** Nothing. */
    NONE,
    /** The catalog takes it, and its answer is lost. */
    ANSWER_DROPPED,
    /** The catalog takes it twice, and the client is told what the second one came to. */
    DUPLICATED,
    /** The catalog takes it at once, and answers when the client does not listen any more. */
    ANSWER_DELAYED,
    /** The catalog gets it when the client does not listen any more. */
    DELAYED,
    /** The catalog never gets it. */
    DROPPED
  }

  /** What is harmed. */
  public enum Target {
    NOTHING,
    COMMITS
  }

  private final URI catalog;
  private final HttpServer server;
  private final ExecutorService workers = Executors.newCachedThreadPool();
  private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Iterator<Harm> harms =
      Stream.generate(
              () -> Stream.of(Harm.values()).filter(h -> h != Harm.NONE).flatMap(CatalogProxy::one))
          .flatMap(all -> all)
          .iterator();
  private final Map<Harm, Integer> done = new EnumMap<>(Harm.class);
  private Target target = Target.NOTHING;

  private CatalogProxy(URI catalog) throws IOException {
    this.catalog = catalog;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(workers);
    server.start();
  }

  private static Stream<Harm> one(Harm harm) {
    return Stream.of(Harm.NONE, harm);
  }

  /** Starts one before a catalog. */
  public static CatalogProxy before(RestCatalog catalog) throws IOException {
    return new CatalogProxy(URI.create(catalog.spec().properties().get("uri")));
  }

  /** How clients open the catalog through it. */
  public Map<String, String> properties() {
    return Map.of(
        "type",
        "rest",
        "uri",
        "http://localhost:" + server.getAddress().getPort(),
        "rest.client.socket-timeout-ms",
        Long.toString(PATIENCE.toMillis()));
  }

  /** From now on; at first everything passes. */
  public synchronized void harm(Target next) {
    target = next;
  }

  /** How many commits it has harmed in each way until now. */
  public synchronized Map<Harm, Integer> done() {
    return new EnumMap<>(done);
  }

  private synchronized Harm next(HttpExchange exchange, byte[] body) {
    boolean commit =
        target == Target.COMMITS
            && exchange.getRequestMethod().equals("POST")
            && exchange.getRequestURI().getPath().matches("/v1/namespaces/[^/]+/tables/[^/]+")
            && new String(body, StandardCharsets.UTF_8).contains("\"add-snapshot\"");
    Harm harm = commit ? harms.next() : Harm.NONE;
    done.merge(harm, 1, Integer::sum);
    return harm;
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    switch (next(exchange, body)) {
      case NONE -> answer(exchange, forward(exchange, body));
      case ANSWER_DROPPED -> {
        forward(exchange, body);
        exchange.close();
      }
      case DUPLICATED -> {
        forward(exchange, body);
        answer(exchange, forward(exchange, body));
      }
      case ANSWER_DELAYED -> {
        forward(exchange, body);
        late(exchange::close);
      }
      case DELAYED ->
          late(
              () -> {
                try {
                  forward(exchange, body);
                } catch (IOException e) {
                  // Then the catalog never gets it, which is another harm.
                }
                exchange.close();
              });
      case DROPPED -> exchange.close();
    }
  }

  private void late(Runnable act) {
    ScheduledFuture<?> unused = later.schedule(act, LONGER.toMillis(), TimeUnit.MILLISECONDS);
  }

  private HttpResponse<byte[]> forward(HttpExchange exchange, byte[] body) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(catalog.resolve(exchange.getRequestURI().toString()))
            .method(
                exchange.getRequestMethod(),
                body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
    for (String name : List.of("Content-Type", "Accept")) {
      String value = exchange.getRequestHeaders().getFirst(name);
      if (value != null) {
        request.header(name, value);
      }
    }
    try {
      return http.send(request.build(), BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static void answer(HttpExchange exchange, HttpResponse<byte[]> answer)
      throws IOException {
    answer
        .headers()
        .firstValue("Content-Type")
        .ifPresent(type -> exchange.getResponseHeaders().set("Content-Type", type));
    boolean empty = answer.body().length == 0 || exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(answer.statusCode(), empty ? -1 : answer.body().length);
    if (!empty) {
      exchange.getResponseBody().write(answer.body());
    }
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
    later.shutdownNow();
    workers.shutdownNow();
  }
}
