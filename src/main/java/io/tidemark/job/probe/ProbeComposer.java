package io.tidemark.job.probe;

import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.List;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * Puts the topology of a trial on an environment: every task tries everything, and one task behind
 * them looks whether it sees what all of them wrote, and removes it.
 */
public final class ProbeComposer {
  private ProbeComposer() {}

  /**
   * Nothing runs but the trial of this very process, which is the JobManager's on a session
   * cluster. What it writes to the checkpoint folder is what tasks must see.
   *
   * @param env used for this job alone
   * @throws TidemarkException EXTERNAL with all that does not work here
   */
  public static void compose(JobSpec.Probe spec, StreamExecutionEnvironment env) {
    Trial here = Trial.of(spec, Trial.JOB_MANAGER);
    List<Problem> problems = here.run();
    if (!problems.isEmpty()) {
      here.forget();
      throw new TidemarkException(TidemarkException.Category.EXTERNAL, problems, null);
    }
    env.setRuntimeMode(RuntimeExecutionMode.BATCH);
    // What fails is to be told and not to be repeated.
    env.configure(new Configuration().set(RestartStrategyOptions.RESTART_STRATEGY, "none"));
    DataStream<String> reports =
        env.fromData(1)
            .setParallelism(1)
            .name("ask every task")
            .uid("probe-ask")
            .broadcast()
            .transform("try out", Types.STRING, new Attempts(spec))
            .setParallelism(spec.tasks())
            .uid("probe-try");
    reports
        .transform("gather what was found", Types.STRING, new Reports(spec))
        .setParallelism(1)
        .uid("probe-gather")
        .sinkTo(new DiscardingSink<>())
        .setParallelism(1)
        .name("end")
        .uid("probe-end");
  }
}
