package io.tidemark.cluster;

import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.flink.util.ExceptionUtils;
import org.apache.flink.util.SerializedThrowable;

/**
 * Turns a failed job's stack trace into what a person must read. Works on the printed trace, since
 * that is all that REST gives, and so both clusters tell a failure in the same words.
 *
 * <p>Who is to blame is read from the innermost cause: its first frame outside the JDK, Flink,
 * Iceberg and Hadoop is either code generated from SQL or a class of the user, and then the
 * transform failed; or a class of the job itself, and then it is a bug. Without such a frame
 * something outside failed.
 */
final class JobFailure {
  private static final String CAUSED_BY = "Caused by: ";
  private static final Pattern GENERATED =
      Pattern.compile("[A-Za-z_]+\\$\\d+(\\$[^.]*)?\\.[^.]+\\(.*");
  private static final Pattern PLATFORM =
      Pattern.compile(
          "(java|javax|jdk|sun|com\\.sun|scala|akka|org\\.apache\\.(flink|iceberg|hadoop|pekko|"
              + "parquet|avro|calcite)|org\\.(sqlite|postgresql|slf4j|codehaus|xerial)|io\\.netty"
              + "|com\\.github\\.luben)\\..*");

  /** Causes that say nothing of the code that ran, wherever they were thrown. */
  private static final Pattern OUTSIDE =
      Pattern.compile(
          ".*(NoResourceAvailable|Timeout|OutOfMemory|Connect|RemoteTransport|LocalTransport"
              + "|PartitionNotFound|Heartbeat|UnknownHost|SocketException|SQL\\w*|IO|UncheckedIO"
              + "|FileNotFound|NoSuchFile|FileSystem|AccessDenied|CommitFailed|CommitStateUnknown"
              + "|ServiceFailure|TaskManagerTermination|JobCancellation|NotFound)"
              + "(Exception|Error)?");

  private JobFailure() {}

  /**
   * What failed.
   *
   * @param key of the job
   * @param what as a person calls it
   * @param classes those of the transforms that are no SQL
   */
  record Subject(String key, String what, List<String> classes) {
    static Subject of(JobSpec job) {
      return job instanceof JobSpec.Build build
          ? new Subject(job.key(), "transform '" + build.transform().output() + "'", classes(build))
          : new Subject(job.key(), "job '" + job.key() + "'", List.of());
    }

    static Subject of(LiveSpec job) {
      return new Subject(
          job.key(),
          "live job '" + job.name() + "'",
          job.tasks().stream().flatMap(t -> javaClass(t.transform()).stream()).toList());
    }

    private static List<String> classes(JobSpec.Build build) {
      return javaClass(build.transform()).stream().toList();
    }

    private static Optional<String> javaClass(Transform transform) {
      return transform.logic() instanceof Transform.JavaClass java
          ? Optional.of(java.className())
          : Optional.empty();
    }
  }

  /** One exception of a printed trace: its class, its message's first line, its frames. */
  private record Cause(String type, String message, List<String> frames) {}

  static RuntimeException of(Subject job, Throwable failure) {
    StringBuilder trace = new StringBuilder();
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof TidemarkException told) {
        return told;
      } else if (t instanceof SerializedThrowable serialized) {
        // Printed inside another exception it would hide what its original had to say.
        trace.append(serialized.getFullStringifiedStackTrace()).append('\n');
      }
    }
    return of(job, trace.isEmpty() ? ExceptionUtils.stringifyException(failure) : trace.toString());
  }

  static RuntimeException of(Subject job, String trace) {
    Optional<TidemarkException> told = TidemarkException.findIn(trace);
    if (told.isPresent()) {
      return told.get();
    }
    List<Cause> causes = causes(trace);
    Cause root = causes.get(causes.size() - 1);
    String found = root.type() + (root.message().isEmpty() ? "" : ": " + root.message());
    Optional<Blame> blame =
        OUTSIDE.matcher(root.type()).matches() ? Optional.empty() : blame(job, root);
    if (blame.isEmpty() && missing(job, root)) {
      blame = Optional.of(Blame.USER);
    }
    if (blame.equals(Optional.of(Blame.USER))) {
      return TidemarkException.user(
          Problem.of(
              "TM-CLUSTER-010",
              job.what() + " failed: " + found,
              "its own code threw this while it ran; the same input makes it fail again",
              "mend the code, or leave out the rows it cannot handle"));
    } else if (blame.isPresent()) {
      return new IllegalStateException("[BUG] job " + job.key() + " failed: " + trace);
    } else if (root.type().endsWith("NoResourceAvailableException")) {
      return TidemarkException.external(
          Problem.of(
              "TM-CLUSTER-011",
              "the cluster has too few task slots for job '" + job.key() + "'",
              root.message(),
              "add TaskManagers or lower 'parallelism' in the environment file, then run again"),
          null);
    }
    return TidemarkException.external(
        Problem.of(
            "TM-CLUSTER-012",
            "job '" + job.key() + "' failed: " + found,
            causes.size() > 1 ? causes.get(0).type() + ": " + causes.get(0).message() : "",
            "see the logs of the cluster; the same command resumes the run"),
        null);
  }

  static TidemarkException cancelled(Subject job) {
    return TidemarkException.external(
        Problem.of(
            "TM-CLUSTER-013",
            "job '" + job.key() + "' was cancelled",
            "",
            "run the same command again to resume"),
        null);
  }

  private enum Blame {
    USER,
    OURS
  }

  private static Optional<Blame> blame(Subject job, Cause cause) {
    for (String frame : cause.frames()) {
      String place = frame.substring(frame.lastIndexOf('/') + 1);
      if (job.classes().stream()
          .anyMatch(c -> place.startsWith(c + ".") || place.startsWith(c + "$"))) {
        return Optional.of(Blame.USER);
      } else if (place.startsWith("io.tidemark.")) {
        return Optional.of(Blame.OURS);
      } else if (GENERATED.matcher(place).matches() || !PLATFORM.matcher(place).matches()) {
        return Optional.of(Blame.USER);
      }
    }
    return Optional.empty();
  }

  /** Whether a class that a transform needs cannot be loaded. */
  private static boolean missing(Subject job, Cause cause) {
    return !job.classes().isEmpty()
        && (cause.type().endsWith("ClassNotFoundException")
            || cause.type().endsWith("NoClassDefFoundError"));
  }

  /** The gist of a trace for a status line. */
  static String line(String trace) {
    Optional<TidemarkException> told = TidemarkException.findIn(trace);
    if (told.isPresent()) {
      return told.get().problems().get(0).what();
    }
    List<Cause> causes = causes(trace);
    Cause root = causes.get(causes.size() - 1);
    return root.message().isEmpty()
        ? root.type()
        : root.type().substring(root.type().lastIndexOf('.') + 1) + ": " + root.message();
  }

  private static List<Cause> causes(String trace) {
    List<Cause> causes = new ArrayList<>();
    for (String line : trace.lines().toList()) {
      if (causes.isEmpty() && !line.isBlank()) {
        causes.add(cause(line));
      } else if (line.startsWith(CAUSED_BY)) {
        causes.add(cause(line.substring(CAUSED_BY.length())));
      } else if (line.startsWith("\tat ") && !causes.isEmpty()) {
        causes.get(causes.size() - 1).frames().add(line.substring(4));
      }
    }
    return causes.isEmpty() ? List.of(new Cause("no reason given", "", List.of())) : causes;
  }

  private static Cause cause(String line) {
    int colon = line.indexOf(": ");
    return colon < 0
        ? new Cause(line.strip(), "", new ArrayList<>())
        : new Cause(line.substring(0, colon), line.substring(colon + 2), new ArrayList<>());
  }
}
