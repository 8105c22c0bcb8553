package io.tidemark.job.live;

import io.tidemark.model.LiveSpec;
import io.tidemark.model.Transform;
import java.time.Duration;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** How Flink runs every live job. Exactness rests on these; none is a user's choice. */
final class LiveSettings {
  /** Longer than any outage of storage that a job should sit out. */
  private static final Duration CHECKPOINT_TIMEOUT = Duration.ofMinutes(30);

  private LiveSettings() {}

  static void apply(LiveSpec spec, StreamExecutionEnvironment env) {
    env.setRuntimeMode(RuntimeExecutionMode.STREAMING);
    Configuration settings = new Configuration();
    settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, spec.streaming().checkpointEvery());
    settings.set(
        CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
    settings.set(CheckpointingOptions.ENABLE_UNALIGNED, false);
    settings.set(CheckpointingOptions.MAX_CONCURRENT_CHECKPOINTS, 1);
    settings.set(CheckpointingOptions.CHECKPOINTING_TIMEOUT, CHECKPOINT_TIMEOUT);
    // Gates move at a barrier and not back: after a checkpoint that fails, slices would close with
    // rows that came later than the gates moved.
    settings.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, 0);
    settings.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, spec.streaming().checkpoints());
    settings.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.DELETE_ON_CANCELLATION);
    settings.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
    settings.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF,
        Duration.ofSeconds(1));
    settings.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF,
        Duration.ofMinutes(1));
    settings.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_ATTEMPTS, Integer.MAX_VALUE);
    env.configure(settings);
    if (spec.tasks().stream().allMatch(t -> t.transform().logic() instanceof Transform.Sql)) {
      // The planner's operators and ours never keep a row; user code may.
      env.getConfig().enableObjectReuse();
    }
  }
}
