package io.tidemark.cluster;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import org.apache.flink.runtime.util.EnvironmentInformation;

/** Which Flink a cluster runs. Jobs are compiled against one minor version's internals. */
final class FlinkVersion {
  private FlinkVersion() {}

  /** As the JobManager says it. */
  static String of(FlinkRest rest) {
    return String.valueOf(rest.get("config").get("flink-version"));
  }

  /** Major and minor; a patch release changes no internals that jobs use. */
  static String minor(String version) {
    int second = version.indexOf('.', version.indexOf('.') + 1);
    return second < 0 ? version : version.substring(0, second);
  }

  /**
   * Called before anything is sent to the cluster.
   *
   * @throws TidemarkException REFUSED if jobs are made for another minor version
   */
  static void requireOurs(FlinkRest rest) {
    String theirs = of(rest);
    String ours = EnvironmentInformation.getVersion();
    if (!minor(theirs).equals(minor(ours))) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-CLUSTER-025",
              "the cluster runs Flink " + theirs + ", and jobs are made for " + ours,
              "another minor version has other internals: a job may fail on it, or compute"
                  + " something else; nothing was sent to it",
              "run the cluster with Flink "
                  + minor(ours)
                  + ", or name another one as 'rest' under 'flink' in the environment file"));
    }
  }
}
