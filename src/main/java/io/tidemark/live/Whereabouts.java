package io.tidemark.live;

import io.tidemark.cluster.Cluster;
import io.tidemark.cluster.Cluster.Stopped;
import io.tidemark.cluster.Clusters;
import io.tidemark.cluster.LiveJob;
import io.tidemark.model.Environment;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * Finds live jobs where they run. A job of a MiniCluster runs in the process that started it;
 * others of the same machine are told its address by a file in the environment's home.
 */
final class Whereabouts {
  private final Environment environment;
  private final Cluster own;

  Whereabouts(Environment environment, Cluster own) {
    this.environment = environment;
    this.own = own;
  }

  private Path file(String name) {
    return environment.home().resolve("live").resolve(name + ".rest");
  }

  /** Tells other processes of a job that runs in this one. */
  void note(String name) {
    own.address()
        .ifPresent(
            address -> {
              try {
                Files.createDirectories(file(name).getParent());
                Files.writeString(file(name), address);
              } catch (IOException e) {
                throw TidemarkException.external(
                    Problem.of(
                        "TM-LIVE-118",
                        "cannot write " + file(name),
                        e.getClass().getSimpleName(),
                        "check the folder; other commands cannot find the live job without it"),
                    e);
              }
            });
  }

  /** The file may stay if it cannot be deleted: an address that nobody answers at is no job. */
  void forget(String name) {
    try {
      Files.deleteIfExists(file(name));
    } catch (IOException e) {
      return;
    }
  }

  Optional<LiveJob> find(String key) {
    Optional<LiveJob> here = own.find(key);
    return here.isPresent() ? here : elsewhere(key, c -> c.find(key)).orElse(here);
  }

  Stopped stop(String key, String savepoints) {
    Stopped here = own.stop(key, savepoints);
    return here == Stopped.NOT_RUNNING
        ? elsewhere(key, c -> c.stop(key, savepoints)).orElse(here)
        : here;
  }

  private <T> Optional<T> elsewhere(String key, Function<Cluster, T> ask) {
    Path file = file(key.substring(key.indexOf('/') + 1));
    if (environment.cluster().rest().isPresent() || !Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try (Cluster other = Clusters.attach(Files.readString(file).strip())) {
      return Optional.of(ask.apply(other));
    } catch (IOException | TidemarkException e) {
      // The process that wrote it is gone, and with it its job.
      return Optional.empty();
    }
  }
}
