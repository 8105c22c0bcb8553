package io.tidemark.job;

import io.tidemark.job.build.BuildComposer;
import io.tidemark.job.compact.CompactComposer;
import io.tidemark.job.live.LiveComposer;
import io.tidemark.job.load.LoadComposer;
import io.tidemark.job.probe.ProbeComposer;
import io.tidemark.job.verify.VerifyComposer;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.RecordJson;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.naming.JobNames;
import io.tidemark.model.version.OrderVersion;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.SerializedThrowable;

/** The job jar's entry point, and how a job order becomes a Flink topology. */
public final class JobMain {
  private static final String VERSION = OrderVersion.own().toString();

  private JobMain() {}

  /**
   * Runs one job; see {@link JobArguments} for what it takes. Says on standard error what is wrong
   * with them, because Flink's command line shows only the first line of an exception.
   */
  public static void main(String[] args) throws Exception {
    if (JobArguments.areForHelp(args)) {
      System.out.print(JobArguments.HELP);
      return;
    }
    try {
      if (JobArguments.areLive(args)) {
        run(JobArguments.readLive(args));
        return;
      }
      JobSpec spec = JobArguments.read(args);
      StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
      if (spec instanceof JobSpec.Build build && JobArguments.areByHand(args)) {
        ShippedClasses.ship(build, env);
      }
      compose(spec, env);
      env.execute(JobNames.of(spec));
      System.out.println(spec.key() + " is done; its result is at " + spec.resultPath());
    } catch (Exception e) {
      told(e)
          .ifPresent(
              told ->
                  told.problems()
                      .forEach(p -> System.err.println(p + "\n  " + p.why() + "\n  " + p.fix())));
      throw e;
    }
  }

  /** A job that fails has what made it fail among the causes, sometimes as Flink sent it. */
  private static Optional<TidemarkException> told(Throwable thrown) {
    for (Throwable e = thrown; e != null; e = e.getCause()) {
      Throwable sent =
          e instanceof SerializedThrowable s
              ? s.deserializeError(JobMain.class.getClassLoader())
              : e;
      if (sent instanceof TidemarkException told) {
        return Optional.of(told);
      }
    }
    return Optional.empty();
  }

  private static void run(LiveSpec spec) throws Exception {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    ShippedClasses.ship(spec, env);
    compose(spec, env);
    env.execute(JobNames.of(spec));
  }

  /**
   * Puts the topology of a live job on an environment and returns; nothing runs. Sets streaming
   * mode, checkpoints, restarts and UTC.
   *
   * @param env used for this job alone
   * @throws io.tidemark.model.TidemarkException as {@link #compose(JobSpec,
   *     StreamExecutionEnvironment)}
   */
  public static void compose(LiveSpec spec, StreamExecutionEnvironment env) {
    LiveComposer.compose(spec, env);
    OperatorIds.complete(env);
  }

  /** The program arguments that make {@link #main} run this live job. */
  public static String[] arguments(LiveSpec spec) {
    return new String[] {"live", encoded(RecordJson.write(spec, LiveSpec.class)), VERSION};
  }

  private static String encoded(String json) {
    return Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Puts the topology of a job on an environment and returns; nothing runs. Sets batch mode and
   * UTC. The classes of a Java transform must reach the tasks by other ways: in the job jar or on
   * the graph's classpath.
   *
   * @param env used for this job alone
   * @throws io.tidemark.model.TidemarkException USER if the transform's code is missing, does not
   *     compile or throws; EXTERNAL if the catalog or a table cannot be read
   */
  public static void compose(JobSpec spec, StreamExecutionEnvironment env) {
    if (spec instanceof JobSpec.Build build) {
      BuildComposer.compose(build, env);
    } else if (spec instanceof JobSpec.Load load) {
      LoadComposer.compose(load, env);
    } else if (spec instanceof JobSpec.Verify verify) {
      VerifyComposer.compose(verify, env);
    } else if (spec instanceof JobSpec.Compact compact) {
      CompactComposer.compose(compact, env);
    } else if (spec instanceof JobSpec.Probe probe) {
      ProbeComposer.compose(probe, env);
    } else {
      throw new IllegalStateException("[BUG] unknown kind of job " + spec.getClass());
    }
    OperatorIds.give(env, JobNames.subject(spec));
  }

  /** The program arguments that make {@link #main} run this job. */
  public static String[] arguments(JobSpec spec) {
    return new String[] {"spec", encoded(RecordJson.write(spec, JobSpec.class)), VERSION};
  }
}
