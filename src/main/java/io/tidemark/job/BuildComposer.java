package io.tidemark.job;

import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Puts the topology of a build job on an environment. */
final class BuildComposer {
  private BuildComposer() {}

  static void compose(JobSpec.Build spec, StreamExecutionEnvironment env) {
    throw TidemarkException.user(
        Problem.of("TM-JOB-003", "this version runs no build jobs", "", "use a newer job jar"));
  }
}
