package io.tidemark.control;

import io.tidemark.model.DatasetId;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * An order for a live job that somebody else starts.
 *
 * @param job its name, as {@code live status} shows it
 * @param epoch the number of the start that it is
 * @param sources what it reads
 * @param outputs what it makes; empty if it only takes topics into their tables
 * @param file holds the order
 * @param version that the job jar has to be of
 */
public record Ordered(
    String job,
    long epoch,
    List<DatasetId> sources,
    List<DatasetId> outputs,
    Path file,
    String version)
    implements Report {
  public Ordered {
    Objects.requireNonNull(job, "job");
    sources = List.copyOf(sources);
    outputs = List.copyOf(outputs);
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(version, "version");
  }

  @Override
  public <T> T accept(Visitor<T> visitor) {
    return visitor.ordered(this);
  }
}
