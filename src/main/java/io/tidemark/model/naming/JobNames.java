package io.tidemark.model.naming;

import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Slice;
import io.tidemark.model.SliceSet;
import java.util.List;
import java.util.Optional;

/**
 * The names of Flink jobs, as people read them in Flink's web front end and as a job that outlived
 * its caller is found again. ASCII, one for one order, whoever submits it.
 */
public final class JobNames {
  private static final String LIVE = LiveSpec.key("");

  private JobNames() {}

  /** What is done, to which dataset and slices, and the key: {@code build sales 2026-01 [r1/b]}. */
  public static String of(JobSpec job) {
    // Of files, nobody knows before which slices they hold.
    String slices =
        job instanceof JobSpec.Load ? "" : output(job).map(o -> slices(o.slices())).orElse("");
    return verb(job) + subject(job) + slices + " [" + job.key() + "]";
  }

  private static String verb(JobSpec job) {
    if (job instanceof JobSpec.Build) {
      return "build ";
    } else if (job instanceof JobSpec.Verify) {
      return "verify ";
    } else if (job instanceof JobSpec.Compact) {
      return "compact ";
    }
    return job instanceof JobSpec.Load ? "load " : "";
  }

  /** The dataset that a job is about, or who asks for a trial. */
  public static String subject(JobSpec job) {
    return output(job).map(o -> o.name().value()).orElse("doctor");
  }

  /** Empty for a trial. */
  private static Optional<JobSpec.Output> output(JobSpec job) {
    if (job instanceof JobSpec.Build build) {
      return Optional.of(build.output());
    } else if (job instanceof JobSpec.Verify verify) {
      return Optional.of(verify.output());
    } else if (job instanceof JobSpec.Compact compact) {
      return Optional.of(compact.output());
    }
    return job instanceof JobSpec.Load load ? Optional.of(load.output()) : Optional.empty();
  }

  /** {@code live orders epoch 3}. */
  public static String of(LiveSpec job) {
    return live(job.key()) + " epoch " + job.epoch();
  }

  /**
   * Whether a job of this name runs the order of a key; of a live job whatever its epoch. Versions
   * of Tidemark before there were names took the key itself.
   */
  public static boolean isOf(String name, String key) {
    return name.equals(key)
        || name.endsWith(" [" + key + "]")
        || (key.startsWith(LIVE) && name.startsWith(live(key) + " epoch "));
  }

  private static String live(String key) {
    return "live " + key.substring(LIVE.length());
  }

  private static String slices(SliceSet slices) {
    if (slices.isEmpty() || slices.grain() == Grain.ALL) {
      return "";
    }
    List<Long> ends = List.of(slices.ordinals().min().orElse(0), slices.ordinals().max().orElse(0));
    String first = new Slice(slices.grain(), ends.get(0)).label();
    return slices.count() == 1
        ? " " + first
        : " "
            + first
            + ".."
            + new Slice(slices.grain(), ends.get(1)).label()
            + " ("
            + slices.count()
            + " slices)";
  }
}
