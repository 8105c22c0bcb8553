package io.tidemark.cluster;

import io.tidemark.model.JobSpec;
import java.util.function.Consumer;

/**
 * Where Flink jobs run: a MiniCluster in this process or a session cluster over REST. What a job
 * achieved is not asked here but read from its table, by key. Thread-safe.
 */
public interface Cluster extends AutoCloseable {

  /**
   * Runs a job and waits for its end. A job of the same key that still runs, from an earlier
   * process, is waited for and not started again.
   *
   * @param progress told about once a second, on some thread
   * @throws io.tidemark.model.TidemarkException USER if the transform's own code failed or its
   *     class is missing; EXTERNAL if the cluster cannot be reached, is short of slots, or the job
   *     failed for another reason. The job may still have committed: look at its key
   */
  void run(JobSpec job, Consumer<Progress> progress);

  /** Cancels the job of a key, if it runs. */
  void cancel(String key);

  /**
   * How far a job is.
   *
   * @param tasksDone finished subtasks
   * @param tasks all subtasks; 0 while it is not known
   * @param rowsWritten so far
   */
  record Progress(int tasksDone, int tasks, long rowsWritten) {}

  @Override
  void close();
}
