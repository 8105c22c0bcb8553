package io.tidemark.model.naming;

import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Slice;
import io.tidemark.model.SliceSet;
import java.util.List;

/**
 * The names of Flink jobs, as people read them in Flink's web front end and as a job that outlived
 * its caller is found again. ASCII, one for one order, whoever submits it.
 */
public final class JobNames {
  private static final String LIVE = LiveSpec.key("");

  private JobNames() {}

  /** What is done, to which dataset and slices, and the key: {@code build sales 2026-01 [r1/b]}. */
  public static String of(JobSpec job) {
    String what = subject(job);
    if (job instanceof JobSpec.Build build) {
      what = "build " + what + slices(build.output().slices());
    } else if (job instanceof JobSpec.Verify verify) {
      what = "verify " + what + slices(verify.output().slices());
    } else if (job instanceof JobSpec.Compact compact) {
      what = "compact " + what + slices(compact.output().slices());
    } else if (job instanceof JobSpec.Load) {
      what = "load " + what;
    }
    return what + " [" + job.key() + "]";
  }

  /** The dataset that a job is about, or who asks for a trial. */
  public static String subject(JobSpec job) {
    if (job instanceof JobSpec.Build build) {
      return build.output().name().value();
    } else if (job instanceof JobSpec.Verify verify) {
      return verify.output().name().value();
    } else if (job instanceof JobSpec.Compact compact) {
      return compact.output().name().value();
    } else if (job instanceof JobSpec.Load load) {
      return load.output().name().value();
    }
    return "doctor";
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
