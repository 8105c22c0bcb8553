package io.tidemark.control.handlers;

import io.tidemark.cluster.Cluster;
import io.tidemark.control.Control;
import io.tidemark.control.Openers;
import io.tidemark.control.Operation;
import io.tidemark.lake.Lake;
import io.tidemark.live.LiveJobs;
import io.tidemark.model.Environment;
import io.tidemark.model.Graph;
import io.tidemark.model.Schema;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.doctor.Finding;
import io.tidemark.model.doctor.Sandbox;
import io.tidemark.spec.ConfigReader;
import io.tidemark.spec.ProjectReader;
import io.tidemark.store.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A project in an environment, with its parts opened as they are needed: what reads jobs/ alone
 * opens no catalog, and what reads metadata alone starts no Flink. The graph is read anew each
 * time, since people edit between operations.
 */
final class Workplace implements AutoCloseable {
  private final Path project;
  private final String environmentName;
  private final Openers openers;
  private final Clock clock;
  private final Lazy<Lake> lake;
  private final Lazy<Store> store;
  private final Lazy<Cluster> cluster;
  private Environment environment;

  Workplace(Path project, String environmentName, Openers openers, Clock clock) {
    this.project = project.toAbsolutePath().normalize();
    this.environmentName = environmentName;
    this.openers = openers;
    this.clock = clock;
    this.lake = new Lazy<>(() -> openers.lake(environment()));
    this.store = new Lazy<>(() -> openers.store(environment()));
    this.cluster = new Lazy<>(() -> openers.cluster(environment()));
  }

  Path project() {
    return project;
  }

  Clock clock() {
    return clock;
  }

  synchronized Environment environment() {
    if (environment == null) {
      boolean bare =
          environmentName.equals(LocalDefaults.NAME)
              && Files.notExists(project.resolve("config/" + environmentName + ".yaml"));
      if (bare && !Files.isDirectory(project.resolve("jobs"))) {
        // Else whatever folder somebody happens to stand in would get a catalog.
        throw TidemarkException.user(ProjectReader.noProject(project));
      }
      environment =
          bare
              ? LocalDefaults.of(project)
              : new ConfigReader(v -> Optional.ofNullable(System.getenv(v)))
                  .environment(project, environmentName);
    }
    return environment;
  }

  Graph graph() {
    return new ProjectReader(environment().home().resolve("cache"), this::schema).graph(project);
  }

  private Optional<Schema> schema(TableRef table) {
    return lake().schema(table);
  }

  Openers.Endpoint endpoint(Control door, Operation.Serve where) {
    return openers.endpoint(door, where);
  }

  LiveJobs liveJobs() {
    return new LiveJobs(this::lake, store(), cluster(), environment(), clock);
  }

  Lake lake() {
    return lake.get();
  }

  Store store() {
    return store.get();
  }

  Cluster cluster() {
    return cluster.get();
  }

  List<Finding> examineCatalog(Consumer<Sandbox> further) {
    return openers.examineCatalog(environment(), further);
  }

  Openers.QueryEngine query() {
    return openers.query(environment());
  }

  Openers.OriginReader origins() {
    return openers.origins(environment());
  }

  /** Closes what was opened, all of it even if one fails. */
  @Override
  public void close() {
    List<AutoCloseable> parts = new ArrayList<>();
    cluster.take().ifPresent(parts::add);
    store.take().ifPresent(parts::add);
    lake.take().ifPresent(parts::add);
    RuntimeException failure = null;
    for (AutoCloseable part : parts) {
      try {
        part.close();
      } catch (Exception e) {
        failure = failure == null ? new IllegalStateException("cannot close " + part, e) : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
