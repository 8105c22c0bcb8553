package io.tidemark.job.verify;

import io.tidemark.model.JobResult;
import io.tidemark.model.RecordJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.FileIO;

/** The result document of a verify job. Its presence, whole and of the same key, is "done". */
final class VerifyDocument {
  private VerifyDocument() {}

  /** What an earlier job of this key left; empty if there is nothing, or half of it. */
  static Optional<JobResult.Verified> find(FileIO io, String path, String key) {
    try (InputStream in = io.newInputFile(path).newStream()) {
      String json = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return Optional.of(RecordJson.read(json, JobResult.class))
          .filter(JobResult.Verified.class::isInstance)
          .map(JobResult.Verified.class::cast)
          .filter(r -> r.key().equals(key));
    } catch (NotFoundException | IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
