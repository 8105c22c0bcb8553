package io.tidemark.model;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * Where work happens, read from config/.
 *
 * @param name the file's name without its ending: {@code local}, {@code docker}
 * @param catalog the one Iceberg catalog
 * @param cluster where Flink jobs run
 * @param store the control database
 * @param home the folder for local state
 * @param streaming how live jobs run; empty where the environment names no Kafka
 */
public record Environment(
    String name,
    JobSpec.CatalogSpec catalog,
    FlinkEndpoint cluster,
    StoreSpec store,
    Path home,
    Limits limits,
    Optional<LiveSpec.Streaming> streaming) {

  /**
   * @param rest the session cluster's REST address; empty for a MiniCluster in this process
   * @param parallelism of every job; at least 1
   * @param jobJar what is uploaded to a session cluster
   */
  public record FlinkEndpoint(Optional<String> rest, int parallelism, Optional<Path> jobJar) {}

  /**
   * @param url a JDBC URL of SQLite or PostgreSQL
   * @param password never printed
   */
  public record StoreSpec(String url, Optional<String> user, Optional<String> password) {
    @Override
    public String toString() {
      return "StoreSpec[" + url.replaceFirst("\\?.*", "") + "]";
    }
  }

  /**
   * @param batchBytes the most input bytes that one build step reads; at least one slice is read
   * @param maxSlices the most slices that one run may touch
   * @param revertWindow how long what a publish replaced is kept, so that it can be put back
   * @param correctAfter how long no late event may have come for a slice before it is corrected
   * @param correctAtLatest how long a late event waits at most, though others still come
   * @param correctSlices the most slices that one correction takes up
   * @param keepSnapshots how old snapshots get that nobody needs before maintenance forgets them
   */
  public record Limits(
      long batchBytes,
      long maxSlices,
      Duration revertWindow,
      Duration correctAfter,
      Duration correctAtLatest,
      long correctSlices,
      Duration keepSnapshots) {
    /** How long a revert stays possible where nothing else is asked for. */
    public static final Duration REVERT_WINDOW = Duration.ofDays(30);

    /** How long corrections wait where nothing else is asked for. */
    public static final Duration CORRECT_AFTER = Duration.ofMinutes(1);

    /** How long corrections wait at most where nothing else is asked for. */
    public static final Duration CORRECT_AT_LATEST = Duration.ofMinutes(15);

    /** How much one correction takes up where nothing else is asked for. */
    public static final long CORRECT_SLICES = 100;

    /** How long snapshots are kept where nothing else is asked for. */
    public static final Duration KEEP_SNAPSHOTS = Duration.ofDays(1);

    /** With the usual corrections and the usual expiry. */
    public Limits(long batchBytes, long maxSlices, Duration revertWindow) {
      this(
          batchBytes,
          maxSlices,
          revertWindow,
          CORRECT_AFTER,
          CORRECT_AT_LATEST,
          CORRECT_SLICES,
          KEEP_SNAPSHOTS);
    }

    /** With the usual window. */
    public Limits(long batchBytes, long maxSlices) {
      this(batchBytes, maxSlices, REVERT_WINDOW);
    }
  }

  public Environment {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(catalog, "catalog");
    Objects.requireNonNull(cluster, "cluster");
    Objects.requireNonNull(store, "store");
    Objects.requireNonNull(home, "home");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(streaming, "streaming");
  }

  /** Without live jobs. */
  public Environment(
      String name,
      JobSpec.CatalogSpec catalog,
      FlinkEndpoint cluster,
      StoreSpec store,
      Path home,
      Limits limits) {
    this(name, catalog, cluster, store, home, limits, Optional.empty());
  }
}
