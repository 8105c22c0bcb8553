package io.tidemark.live.place;

import io.tidemark.cluster.Cluster;
import io.tidemark.cluster.Cluster.Stopped;
import io.tidemark.cluster.Clusters;
import io.tidemark.cluster.LiveJob;
import io.tidemark.model.Environment;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * Finds live jobs where they run. A job of a MiniCluster runs in the process that started it;
 * others of the same machine are told its address by a file in the environment's home. Thread-safe.
 */
public final class Whereabouts {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Environment environment;
  private final Cluster own;

  public Whereabouts(Environment environment, Cluster own) {
    this.environment = environment;
    this.own = own;
  }

  private Path file(String name) {
    return environment.home().resolve("live").resolve(name + ".rest");
  }

  /** Tells other processes of a job that runs in this one. */
  public void note(String name) {
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
  public void forget(String name) {
    try {
      Files.deleteIfExists(file(name));
    } catch (IOException e) {
      return;
    }
  }

  /**
   * The newest job of a key, wherever it runs.
   *
   * @throws TidemarkException EXTERNAL if a process that runs it does not answer
   */
  public Optional<LiveJob> find(String key) {
    Optional<LiveJob> here = own.find(key);
    return here.isPresent() ? here : elsewhere(key, c -> c.find(key)).orElse(here);
  }

  /**
   * Stops the job of a key after a last commit, wherever it runs.
   *
   * @param savepoints the folder that Flink may write to meanwhile
   * @throws TidemarkException EXTERNAL if a process that runs it does not answer
   */
  public Stopped stop(String key, String savepoints) {
    Stopped here = own.stop(key, savepoints);
    return here == Stopped.NOT_RUNNING
        ? elsewhere(key, c -> c.stop(key, savepoints)).orElse(here)
        : here;
  }

  /**
   * A process that is gone has nobody at its address. One that does not answer may be busy, or
   * about to end: it counts as neither, lest a second job is started beside one that runs.
   */
  private <T> Optional<T> elsewhere(String key, Function<Cluster, T> ask) {
    Path file = file(key.substring(key.indexOf('/') + 1));
    if (environment.cluster().rest().isPresent()) {
      return Optional.empty();
    }
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (Files.isRegularFile(file)) {
      try (Cluster other = Clusters.attach(Files.readString(file).strip())) {
        return Optional.of(ask.apply(other));
      } catch (IOException e) {
        return Optional.empty();
      } catch (TidemarkException e) {
        if (e.getCause() instanceof ConnectException) {
          return Optional.empty();
        } else if (System.nanoTime() > deadline) {
          throw e;
        }
        Waiting.pause();
      }
    }
    return Optional.empty();
  }
}
