package io.tidemark.release;

import io.tidemark.lake.Lake;
import io.tidemark.model.Dataset;
import io.tidemark.model.Evidence;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.RecordJson;
import io.tidemark.model.RunId;
import java.util.Optional;

/**
 * What a run knew of one table that it published, as a document beside the table. A snapshot
 * summary says what was published and from what; this says what was found out before. It may be
 * gone: engines that remove orphan files take it for one.
 */
record RunRecord(Plan plan, Graph graph, Evidence evidence) {
  static void write(Lake lake, RunId run, Dataset dataset, RunRecord record) {
    lake.writeText(
        dataset.table(), path(lake, run, dataset), RecordJson.write(record, RunRecord.class));
  }

  static Optional<RunRecord> read(Lake lake, RunId run, Dataset dataset) {
    return lake.readText(dataset.table(), path(lake, run, dataset)).flatMap(RunRecord::parse);
  }

  /** Another version may have written it. */
  private static Optional<RunRecord> parse(String json) {
    try {
      return Optional.of(RecordJson.read(json, RunRecord.class));
    } catch (IllegalArgumentException | ArithmeticException e) {
      return Optional.empty();
    }
  }

  private static String path(Lake lake, RunId run, Dataset dataset) {
    return lake.documentPath(dataset.table(), run + "-record-" + dataset.id() + ".json");
  }
}
