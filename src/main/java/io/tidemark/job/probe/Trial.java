package io.tidemark.job.probe;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.iceberg.Table;
import org.apache.iceberg.flink.TableLoader;
import org.apache.iceberg.io.FileIO;

/** What one process finds when it tries what jobs do. Each part is given some time. */
final class Trial {
  /** The name of the JobManager's own trial. */
  static final String JOB_MANAGER = "jobmanager";

  /** Per part; three of them end well before who ordered the job gives up on it. */
  private static final long SECONDS = 30;

  private final JobSpec.Probe spec;
  private final String name;
  private final String machine = ManagementFactory.getRuntimeMXBean().getName();

  private Trial(JobSpec.Probe spec, String name) {
    this.spec = spec;
    this.name = name;
  }

  /**
   * @param name of the files that it writes; another one for every task
   */
  static Trial of(JobSpec.Probe spec, String name) {
    return new Trial(spec, name);
  }

  /** The process, as {@code pid@host}. */
  String machine() {
    return machine;
  }

  /** Tries everything; empty if all of it works. The file in the checkpoint folder stays. */
  List<Problem> run() {
    List<Problem> problems = new ArrayList<>();
    within(this::warehouse)
        .ifPresent(
            why ->
                problems.add(
                    Problem.of(
                        "TM-JOB-070",
                        who() + " cannot read the catalog, or write to the warehouse",
                        why,
                        "have this machine reach both under the addresses in the environment file,"
                            + " with what they need in Flink's lib folder: the JDBC driver,"
                            + " iceberg-aws-bundle for S3")));
    spec.checkpoints()
        .flatMap(folder -> within(() -> checkpoints(folder)))
        .ifPresent(
            why ->
                problems.add(
                    Problem.of(
                        "TM-JOB-071",
                        who() + " cannot use the checkpoint folder " + spec.checkpoints().get(),
                        why,
                        "mend 'checkpoints' under 'live' in the environment file, or Flink's"
                            + " access: s3:// needs flink-s3-fs-hadoop in a folder below plugins/,"
                            + " and s3.endpoint and credentials in Flink's own configuration")));
    return problems;
  }

  private String who() {
    return name.equals(JOB_MANAGER) ? "the JobManager" : "a TaskManager (" + machine + ")";
  }

  private Void warehouse() throws IOException {
    try (TableLoader loader = IcebergCatalogs.tableLoader(spec.catalog(), spec.table())) {
      loader.open();
      Table table = loader.loadTable();
      FileIO io = table.io();
      String path = spec.folder() + "/" + name;
      try (OutputStream out = io.newOutputFile(path).createOrOverwrite()) {
        out.write(bytes(name));
      }
      try (InputStream in = io.newInputFile(path).newStream()) {
        requireOwn(in.readAllBytes());
      }
      io.deleteFile(path);
      if (io.newInputFile(path).exists()) {
        throw new IOException("a file that was deleted is still there: " + path);
      }
    }
    return null;
  }

  private Void checkpoints(String folder) throws IOException {
    Path path = new Path(shared(folder), name);
    FileSystem files = path.getFileSystem();
    try (OutputStream out = files.create(path, FileSystem.WriteMode.OVERWRITE)) {
      out.write(bytes(name));
    }
    try (FSDataInputStream in = files.open(path)) {
      requireOwn(in.readAllBytes());
    }
    Path other = new Path(shared(folder), "deleted-" + name);
    files.create(other, FileSystem.WriteMode.OVERWRITE).close();
    files.delete(other, false);
    if (files.exists(other)) {
      throw new IOException("a file that was deleted is still there: " + other);
    }
    return null;
  }

  private void requireOwn(byte[] read) throws IOException {
    if (!new String(read, StandardCharsets.UTF_8).equals(name)) {
      throw new IOException("a file reads as something else than what was written to it");
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Empty if this process sees what another one left in the checkpoint folder. */
  Optional<Problem> sees(String other) {
    return spec.checkpoints()
        .flatMap(
            folder ->
                within(
                    () -> {
                      Path path = new Path(shared(folder), other);
                      if (!path.getFileSystem().exists(path)) {
                        throw new IOException(path + " is not there");
                      }
                      return null;
                    }))
        .map(
            why ->
                Problem.of(
                    "TM-JOB-072",
                    who()
                        + " does not see what "
                        + (other.equals(JOB_MANAGER) ? "the JobManager" : "another one")
                        + " wrote to the checkpoint folder "
                        + spec.checkpoints().get(),
                    why,
                    "name a folder as 'checkpoints' under 'live' that all machines of the cluster"
                        + " share, best in an object store"));
  }

  /** Removes everything that this process sees in the checkpoint folder of this job's. */
  void forget() {
    spec.checkpoints()
        .ifPresent(
            folder -> {
              Optional<String> ignored =
                  within(
                      () -> {
                        Path shared = shared(folder);
                        shared.getFileSystem().delete(shared, true);
                        return null;
                      });
            });
  }

  private Path shared(String folder) {
    return new Path(folder, spec.key().replace('/', '-'));
  }

  /** Why it failed; empty if it did not. */
  private static Optional<String> within(Callable<Void> part) {
    FutureTask<Void> task = new FutureTask<>(part);
    Thread thread = new Thread(task, "tidemark-probe");
    thread.setDaemon(true);
    thread.setContextClassLoader(Trial.class.getClassLoader());
    thread.start();
    try {
      task.get(SECONDS, TimeUnit.SECONDS);
      return Optional.empty();
    } catch (ExecutionException e) {
      return Optional.of(reason(e.getCause()));
    } catch (TimeoutException e) {
      task.cancel(true);
      return Optional.of("no answer within " + SECONDS + " seconds");
    } catch (InterruptedException e) {
      task.cancel(true);
      Thread.currentThread().interrupt();
      return Optional.of("interrupted");
    }
  }

  /** The innermost message, which says most. */
  private static String reason(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    String type = cause.getClass().getSimpleName();
    return cause.getMessage() == null ? type : type + ": " + cause.getMessage();
  }
}
