package io.tidemark.plan;

import io.tidemark.model.Analysis;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The logic of a made-up transform, as far as a planner sees it.
 *
 * @param rows a version of what decides which rows come out
 * @param columns a version per output column; empty for code that cannot be taken apart
 * @param reads the columns read of each input
 */
record Code(
    String rows, SortedMap<String, String> columns, SortedMap<DatasetId, SortedSet<String>> reads) {

  static Code of(String rows, String... columns) {
    SortedMap<String, String> versions = new TreeMap<>();
    for (String column : columns) {
      versions.put(column, "v1");
    }
    return new Code(rows, versions, new TreeMap<>());
  }

  Code reading(String dataset, String... names) {
    SortedMap<DatasetId, SortedSet<String>> more = new TreeMap<>(reads);
    more.put(DatasetId.of(dataset), new TreeSet<>(List.of(names)));
    return new Code(rows, columns, more);
  }

  /** The same with one column computed in another way. */
  Code withColumn(String column, String version) {
    SortedMap<String, String> changed = new TreeMap<>(columns);
    changed.put(column, version);
    return new Code(rows, changed, reads);
  }

  Code withRows(String version) {
    return new Code(version, columns, reads);
  }

  Analysis analysis() {
    SortedMap<String, Fingerprint> prints = new TreeMap<>();
    columns.forEach((c, v) -> prints.put(c, Fingerprint.of("column", c, v)));
    return new Analysis(
        Fingerprint.of("whole", rows, columns.toString(), reads.toString()),
        Fingerprint.of("rows", rows),
        prints,
        reads,
        new TreeMap<>(),
        List.of(),
        Analysis.Locality.SHUFFLED);
  }
}
