package io.tidemark.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.iceberg.metrics.CommitReport;
import org.apache.iceberg.metrics.MetricsReport;
import org.apache.iceberg.metrics.MetricsReporter;

/**
 * Notes how often each commit of a process was tried: a line per commit, into the file that a
 * system property names. Iceberg makes one per catalog, by its name.
 */
public final class CommitAttempts implements MetricsReporter {
  static final String FILE = "tidemark.bench.commits";

  /** For Iceberg. */
  public CommitAttempts() {}

  @Override
  public void report(MetricsReport report) {
    String file = System.getProperty(FILE);
    if (file != null && report instanceof CommitReport commit) {
      String line = commit.tableName() + " " + commit.commitMetrics().attempts().value() + "\n";
      try {
        Files.write(
            Path.of(file),
            line.getBytes(StandardCharsets.UTF_8),
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
