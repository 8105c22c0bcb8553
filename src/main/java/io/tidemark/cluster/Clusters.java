package io.tidemark.cluster;

import io.tidemark.model.Environment.FlinkEndpoint;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.doctor.Finding;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Makes the {@link Cluster} that an environment names. */
public final class Clusters {
  private Clusters() {}

  /**
   * Puts the topology of a job together; the job package has the only real ones.
   *
   * @param <S> the order of the job
   */
  @FunctionalInterface
  public interface Composer<S> {
    /** Adds the sources, transforms and sinks of a job; executes nothing. */
    void compose(S job, StreamExecutionEnvironment env);
  }

  /** As {@link #open(FlinkEndpoint, Composer, Composer)}, for whoever starts no streaming jobs. */
  public static Cluster open(FlinkEndpoint endpoint, Composer<JobSpec> jobs) {
    return open(
        endpoint,
        jobs,
        (job, env) -> {
          throw new IllegalStateException("[BUG] nobody composes " + job.key());
        });
  }

  /**
   * The cluster at an endpoint; nothing is started or called before the first job.
   *
   * @param jobs used for a MiniCluster; a session cluster composes in the job jar's main
   * @param live the same for streaming jobs
   * @throws TidemarkException USER if a REST address comes without a job jar or cannot be read
   */
  public static Cluster open(
      FlinkEndpoint endpoint, Composer<JobSpec> jobs, Composer<LiveSpec> live) {
    if (endpoint.rest().isEmpty()) {
      return new LocalCluster(endpoint.parallelism(), jobs, live);
    }
    String address = endpoint.rest().get();
    Path jar =
        endpoint
            .jobJar()
            .orElseThrow(
                () ->
                    TidemarkException.user(
                        Problem.of(
                            "TM-CLUSTER-001",
                            "no job jar is named for the session cluster at " + address,
                            "the cluster runs what is uploaded to it",
                            "name tidemark-job.jar as 'jobJar' in the environment file")));
    return new SessionCluster(
        new FlinkRest(uri(address), Duration.ofSeconds(30)),
        new JobArchive(jar),
        endpoint.parallelism());
  }

  /**
   * Looks at what jobs will run on; starts nothing.
   *
   * @return what was found, also where the cluster cannot be reached
   */
  public static List<Finding> examine(FlinkEndpoint endpoint) {
    return Finding.of(
        "flink",
        () ->
            endpoint.rest().isEmpty()
                ? FlinkProbe.own(endpoint.parallelism())
                : new FlinkProbe(
                        new FlinkRest(uri(endpoint.rest().get()), Duration.ofSeconds(10)), endpoint)
                    .run());
  }

  /**
   * How many task slots no job has now; those that jobs in this process would have, if no REST
   * address is named.
   *
   * @throws TidemarkException EXTERNAL if the cluster cannot be reached
   */
  public static int freeSlots(FlinkEndpoint endpoint) {
    return endpoint
        .rest()
        .map(address -> new FlinkRest(uri(address), Duration.ofSeconds(10)).get("overview"))
        .map(overview -> (int) StreamingJobs.number(overview, "slots-available"))
        .orElseGet(endpoint::parallelism);
  }

  /**
   * A cluster inside another process, as {@link Cluster#address} tells it: what runs there can be
   * watched, stopped and cancelled, and nothing be started.
   */
  public static Cluster attach(String address) {
    return new SessionCluster(
        new FlinkRest(uri(address), Duration.ofSeconds(30)), new JobArchive(Path.of("none")), 1);
  }

  private static URI uri(String address) {
    try {
      URI uri = URI.create(address.endsWith("/") ? address : address + "/");
      if (uri.getHost() != null && uri.getScheme().startsWith("http")) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // Told below, like any other address that is none.
    }
    throw TidemarkException.user(
        Problem.of(
            "TM-CLUSTER-002",
            "'" + address + "' is no REST address of a Flink cluster",
            "it needs a scheme and a host",
            "write it as http://host:8081"));
  }
}
