package io.tidemark.job.probe;

import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Tries everything in its task, once asked. */
final class Attempts extends AbstractStreamOperator<String>
    implements OneInputStreamOperator<Integer, String> {
  private static final long serialVersionUID = 1;

  /** Model records are not serializable; their JSON is. */
  private final String specJson;

  Attempts(JobSpec.Probe spec) {
    this.specJson = RecordJson.write(spec, JobSpec.class);
  }

  /**
   * What one task found.
   *
   * @param task the name of its files
   * @param machine the process, as {@code pid@host}
   */
  record Report(String task, String machine, List<Problem> problems) {
    Report {
      problems = List.copyOf(problems);
    }
  }

  @Override
  public void processElement(StreamRecord<Integer> asked) {
    JobSpec.Probe spec = (JobSpec.Probe) RecordJson.read(specJson, JobSpec.class);
    String task = "task-" + getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
    Trial trial = Trial.of(spec, task);
    List<Problem> problems = new ArrayList<>(trial.run());
    if (problems.isEmpty()) {
      trial
          .sees(Trial.JOB_MANAGER)
          .ifPresent(
              alone -> {
                problems.add(alone);
                // Nobody else sees these files.
                trial.forget();
              });
    }
    Report report = new Report(task, trial.machine(), problems);
    output.collect(new StreamRecord<>(RecordJson.write(report, Report.class)));
  }
}
