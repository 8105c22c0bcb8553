package io.tidemark.job;

import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Puts the topology of a verify job on an environment. */
final class VerifyComposer {
  private VerifyComposer() {}

  static void compose(JobSpec.Verify spec, StreamExecutionEnvironment env) {
    throw TidemarkException.user(
        Problem.of("TM-JOB-003", "this version runs no verify jobs", "", "use a newer job jar"));
  }
}
