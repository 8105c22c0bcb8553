package io.tidemark.job;

import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Puts the topology of a load job on an environment. */
final class LoadComposer {
  private LoadComposer() {}

  static void compose(JobSpec.Load spec, StreamExecutionEnvironment env) {
    throw TidemarkException.user(
        Problem.of("TM-JOB-003", "this version runs no load jobs", "", "use a newer job jar"));
  }
}
