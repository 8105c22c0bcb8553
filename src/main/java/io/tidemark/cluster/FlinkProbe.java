package io.tidemark.cluster;

import io.tidemark.model.Environment.FlinkEndpoint;
import io.tidemark.model.doctor.Finding;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.runtime.util.EnvironmentInformation;

/** What a Flink cluster says of itself. */
final class FlinkProbe {
  private static final String AREA = "flink";

  private final FlinkRest rest;
  private final FlinkEndpoint endpoint;

  FlinkProbe(FlinkRest rest, FlinkEndpoint endpoint) {
    this.rest = rest;
    this.endpoint = endpoint;
  }

  /** Of a cluster that jobs will run on in this process. */
  static List<Finding> own(int parallelism) {
    return List.of(
        Finding.ok(
            AREA,
            "Flink "
                + EnvironmentInformation.getVersion()
                + " runs in this process, with "
                + parallelism
                + " slots"));
  }

  List<Finding> run() {
    List<Finding> findings = new ArrayList<>();
    findings.add(version(FlinkVersion.of(rest), EnvironmentInformation.getVersion()));
    Map<?, ?> overview = rest.get("overview");
    findings.add(slots(number(overview, "taskmanagers"), number(overview, "slots-total")));
    Map<String, String> options = options();
    findings.add(checkpoints(options));
    findings.add(restarts(options));
    findings.add(jar());
    return findings;
  }

  /** Jobs are compiled against one minor version, and others have other internals. */
  static Finding version(String theirs, String ours) {
    return FlinkVersion.minor(theirs).equals(FlinkVersion.minor(ours))
        ? Finding.ok(AREA, "the cluster runs Flink " + theirs)
        : Finding.fail(
            AREA,
            "the cluster runs Flink " + theirs + ", and jobs are made for " + ours,
            "run the cluster with Flink " + FlinkVersion.minor(ours));
  }

  private Finding slots(long taskManagers, long slots) {
    if (taskManagers == 0) {
      return Finding.fail(AREA, "no TaskManager is there", "start one: jobs would wait for slots");
    }
    return slots >= endpoint.parallelism()
        ? Finding.ok(AREA, slots + " slots on " + taskManagers + " TaskManagers")
        : Finding.fail(
            AREA,
            slots + " slots are there, and jobs take " + endpoint.parallelism(),
            "start more TaskManagers, or lower 'parallelism' in the environment file");
  }

  private Map<String, String> options() {
    Map<String, String> options = new TreeMap<>();
    for (Object entry : rest.list("jobmanager/config")) {
      if (entry instanceof Map<?, ?> option) {
        options.put(String.valueOf(option.get("key")), String.valueOf(option.get("value")));
      }
    }
    return options;
  }

  private static Finding checkpoints(Map<String, String> options) {
    String where =
        options.getOrDefault(
            "execution.checkpointing.dir", options.getOrDefault("state.checkpoints.dir", ""));
    return where.isEmpty()
        ? Finding.warn(
            AREA,
            "the cluster names no place for checkpoints",
            "live jobs bring their own; set execution.checkpointing.dir for jobs by hand")
        : Finding.ok(AREA, "checkpoints are kept in " + where);
  }

  private static Finding restarts(Map<String, String> options) {
    String strategy = options.getOrDefault("restart-strategy.type", "");
    return List.of("none", "off", "disable").contains(strategy)
        ? Finding.warn(
            AREA,
            "jobs are not restarted after a failure: restart-strategy.type is " + strategy,
            "set it to exponential-delay, or leave it out")
        : Finding.ok(AREA, "jobs are restarted: " + (strategy.isEmpty() ? "by default" : strategy));
  }

  private Finding jar() {
    return endpoint
        .jobJar()
        .map(
            jar ->
                Files.isReadable(jar)
                    ? Finding.ok(AREA, "the job jar is there")
                    : Finding.fail(
                        AREA,
                        "the job jar " + jar + " cannot be read",
                        "build it, or mend its path in the environment file"))
        .orElseGet(
            () ->
                Finding.fail(
                    AREA,
                    "no job jar is named",
                    "name tidemark-job.jar in the environment file: the cluster runs what is"
                        + " uploaded"));
  }

  private static long number(Map<?, ?> answer, String name) {
    return answer.get(name) instanceof Number number ? number.longValue() : 0;
  }
}
