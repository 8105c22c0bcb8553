package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cluster.Cluster;
import io.tidemark.control.Control;
import io.tidemark.control.Openers;
import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.control.Watcher;
import io.tidemark.control.handlers.Controls;
import io.tidemark.lake.Lake;
import io.tidemark.model.Environment;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.doctor.Finding;
import io.tidemark.model.doctor.Sandbox;
import io.tidemark.store.Store;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.LakeFixture;
import io.tidemark.testing.LocalConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.iceberg.Table;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A project whose live job runs in this process, beside the other operations on one cluster. */
final class LiveProject implements AutoCloseable {
  private static final String CONFIG =
      """
      home: .tidemark
      catalog:
        name: tidemark
        type: %s
        properties:
      %s
      flink:
        parallelism: 2
      store:
        url: jdbc:sqlite:${HOME}/control.db
      kafka:
        bootstrap_servers: %s
      live:
        checkpoint_every: %s
      """;

  private final Parts parts;
  private final Control control;
  private final LakeFixture tables;
  private volatile boolean end;
  private volatile LiveStatus status;
  private CompletableFuture<Report.LiveShown> live;

  /**
   * With its tables in its own folder.
   *
   * @param folder holds jobs/; config/ is written
   */
  LiveProject(Path folder, KafkaBroker kafka, Duration checkpointEvery) {
    this(folder, kafka, checkpointEvery, LocalConfig.catalog(folder).properties());
  }

  /**
   * @param folder holds jobs/; config/ is written
   * @param catalog its properties, with its type
   */
  LiveProject(
      Path folder, KafkaBroker kafka, Duration checkpointEvery, Map<String, String> catalog) {
    this(folder, kafka, checkpointEvery, catalog, Clock.systemUTC());
  }

  /**
   * @param folder holds jobs/; config/ is written
   * @param catalog its properties, with its type
   * @param clock what operations go by; the live job goes by the machine's
   */
  LiveProject(
      Path folder,
      KafkaBroker kafka,
      Duration checkpointEvery,
      Map<String, String> catalog,
      Clock clock) {
    parts = new Parts(new Wiring(clock));
    String properties =
        catalog.entrySet().stream()
            .filter(p -> !p.getKey().equals("type"))
            .map(p -> "    " + p.getKey() + ": \"" + p.getValue() + "\"")
            .collect(Collectors.joining("\n"));
    try {
      Files.createDirectories(folder.resolve("config"));
      Files.createDirectories(folder.resolve(".tidemark"));
      Files.writeString(
          folder.resolve("config/local.yaml"),
          CONFIG.formatted(catalog.get("type"), properties, kafka.bootstrap(), checkpointEvery));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    control = Controls.open(folder, "local", parts, clock);
    tables = new LakeFixture(new JobSpec.CatalogSpec("tidemark", new TreeMap<>(catalog)));
  }

  /** A table as any engine sees it. */
  Table table(String namespace, String name) {
    return tables.table(new TableRef(namespace, name));
  }

  /** What main of a table holds. */
  List<List<Object>> rows(TableRef table) {
    return tables.values(table);
  }

  <R extends Report> R execute(Operation<R> operation) {
    return control.execute(operation, Watcher.NONE);
  }

  /** Starts the live job; it runs until {@link #stop}. */
  void start() {
    end = false;
    status = null;
    live =
        CompletableFuture.supplyAsync(
            () ->
                control.execute(
                    new Operation.StartLive(List.of(), Optional.empty()), new Following()));
  }

  /** Waits until the newest status is as wanted, or the live job has ended. */
  void await(Duration atMost, Predicate<LiveStatus> wanted) {
    try {
      Awaitility.await()
          .atMost(atMost)
          .until(() -> live.isDone() || (status != null && wanted.test(status)));
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("still not as wanted: " + status, e);
    }
    if (live.isDone()) {
      live.join();
    }
    assertThat(status).matches(wanted);
  }

  /** What the live job ended of; empty while it runs, and if it was stopped. */
  Optional<TidemarkException> failure() {
    if (!live.isCompletedExceptionally()) {
      return Optional.empty();
    }
    try {
      live.join();
      return Optional.empty();
    } catch (CompletionException e) {
      return Optional.of((TidemarkException) e.getCause());
    }
  }

  /** The newest status of the live job. */
  LiveStatus status() {
    return status;
  }

  /**
   * Ends the live job as the death of its process would: without a last checkpoint, whatever it is
   * at. A start goes on from the tables.
   */
  void kill() {
    parts.flink.cancel(LiveSpec.key(status.name()));
    try {
      live.get(5, TimeUnit.MINUTES);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("the live job did not end", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops the live job after a last commit. */
  void stop() {
    end = true;
    try {
      live.get(5, TimeUnit.MINUTES);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("the live job did not stop in order", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    end = true;
    control.close();
    tables.close();
  }

  /** What a project is wired from; its cluster is at hand. */
  private static final class Parts implements Openers {
    private final Openers wiring;
    private volatile Cluster flink;

    private Parts(Openers wiring) {
      this.wiring = wiring;
    }

    @Override
    public Lake lake(Environment environment) {
      return wiring.lake(environment);
    }

    @Override
    public Store store(Environment environment) {
      return wiring.store(environment);
    }

    @Override
    public Cluster cluster(Environment environment) {
      flink = wiring.cluster(environment);
      return flink;
    }

    @Override
    public List<Finding> examineCatalog(Environment environment, Consumer<Sandbox> further) {
      return wiring.examineCatalog(environment, further);
    }

    @Override
    public Endpoint endpoint(Control door, Operation.Serve where) {
      return wiring.endpoint(door, where);
    }

    @Override
    public QueryEngine query(Environment environment) {
      return wiring.query(environment);
    }

    @Override
    public OriginReader origins(Environment environment) {
      return wiring.origins(environment);
    }
  }

  private final class Following implements Watcher {
    @Override
    public void note(String text) {}

    @Override
    public void step(StepProgress progress) {}

    @Override
    public void status(LiveStatus now) {
      status = now;
    }

    @Override
    public boolean wantsTheEnd() {
      return end;
    }
  }
}
