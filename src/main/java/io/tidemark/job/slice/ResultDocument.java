package io.tidemark.job.slice;

import io.tidemark.model.JobResult;
import io.tidemark.model.RecordJson;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.apache.iceberg.Table;

/** The document that a job leaves for control. Written again by a retry, with the same content. */
public final class ResultDocument {
  private ResultDocument() {}

  /**
   * @param path where control expects it, inside the table's location
   * @throws UncheckedIOException if it cannot be written
   */
  public static void write(Table table, String path, JobResult result) {
    try (OutputStream out = table.io().newOutputFile(path).createOrOverwrite()) {
      out.write(RecordJson.write(result, JobResult.class).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
