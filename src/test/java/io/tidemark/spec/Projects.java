package io.tidemark.spec;

import io.tidemark.model.Analysis;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.Transform;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small projects on disk for tests: two sources, a reference and a transform named out. */
final class Projects {
  static final String PIPELINE =
      """
      name: test
      datasets:
        events:
          table: db.events
          kind: source
          schema:
            id: BIGINT NOT NULL
            ts: TIMESTAMP(6) NOT NULL
            a: INT
            b: INT NOT NULL
            name: STRING
            unused: STRING
          key: [id]
          event_time: ts
          partition: P1D
        others:
          table: db.others
          kind: source
          schema: {id: BIGINT NOT NULL, at: TIMESTAMP(6), v: DOUBLE, w: STRING}
          event_time: at
          slice: P1D
        codes:
          table: db.codes
          kind: reference
          schema: {name: STRING NOT NULL, label: STRING, extra: STRING}
        out:
          table: db.out
          kind: derived
          key: [%s]
      transforms:
        out:
          sql: out.sql
      """;

  private Projects() {}

  /** The transform {@code out} of a query, whose first output column is its key. */
  static Transform out(Path folder, String key, String sql) {
    return read(folder, PIPELINE.formatted(key), sql);
  }

  private static Transform read(Path folder, String pipeline, String sql) {
    try {
      Path job = Files.createDirectories(folder.resolve("jobs/test"));
      Files.writeString(job.resolve("pipeline.yaml"), pipeline);
      Files.writeString(job.resolve("out.sql"), sql);
      Graph graph = ProjectReader.read(folder);
      return graph.transformOf(DatasetId.of("out")).orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Analysis analysis(Path folder, String sql) {
    return out(folder, "k", sql).analysis();
  }

  /** The same with another pipeline.yaml made of {@link #PIPELINE}. */
  static Analysis analysis(Path folder, String pipeline, String sql) {
    return read(folder, pipeline.formatted("k"), sql).analysis();
  }
}
