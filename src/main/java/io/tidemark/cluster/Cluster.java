package io.tidemark.cluster;

import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import java.util.Optional;
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
   * Starts a streaming job and returns once all of its tasks run. It goes on by itself, also over
   * failures of what is outside, until it is stopped, cancelled or fails for good.
   *
   * @throws io.tidemark.model.TidemarkException REFUSED if a job of the same key runs already;
   *     otherwise as {@link #run} does, and then nothing of the job is left running
   */
  void start(LiveSpec job);

  /** The newest job of a key that the cluster still knows, running or not. */
  Optional<LiveJob> find(String key);

  /**
   * Stops a streaming job so that everything it has read until then is committed, and waits until
   * it is gone; does nothing if none runs. A job that cannot take a last checkpoint is cancelled:
   * what it had not committed is read again by the next start.
   *
   * @param savepoints a folder, as a URI, that Flink may write to while it stops the job
   * @throws io.tidemark.model.TidemarkException EXTERNAL if the cluster cannot be reached, or the
   *     job does not end
   */
  Stopped stop(String key, String savepoints);

  /**
   * Where another process of this machine reaches a cluster that runs in this one, for {@link
   * Clusters#attach}; empty for one that everybody reaches, and while nothing runs.
   */
  Optional<String> address();

  /** How a job came to its end. */
  enum Stopped {
    /** After a last checkpoint, and so a last commit. */
    WITH_LAST_COMMIT,
    /** After a last checkpoint, of which tables did not take everything. */
    UNCOMMITTED,
    /** It was cancelled, since it could not take a last checkpoint. */
    CANCELLED,
    /** None was running. */
    NOT_RUNNING
  }

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
