package io.tidemark.cli;

import io.tidemark.control.Report;
import io.tidemark.model.Fingerprint;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the demo compares before and after: content hashes of slices, and rows as Flink reads them.
 */
final class DemoProof {
  private DemoProof() {}

  /** The content hash of each slice, by label. */
  static Map<String, String> hashes(Report.SlicesShown slices) {
    Map<String, String> hashes = new TreeMap<>();
    slices.slices().forEach(s -> hashes.put(s.slice(), s.hash().orElse("unknown")));
    return hashes;
  }

  /**
   * The hash of the rows of each month: read back by a query, in any order, and so independent of
   * what any snapshot summary says.
   *
   * @param month the column that starts with year and month
   */
  static Map<String, String> readBack(Report.QueryShown query, String month) {
    int at = query.columns().indexOf(month);
    Map<String, List<String>> rows = new TreeMap<>();
    for (List<Optional<String>> row : query.rows()) {
      rows.computeIfAbsent(
              row.get(at).orElseThrow().substring(0, 7), m -> new java.util.ArrayList<>())
          .add(row.toString());
    }
    Map<String, String> hashes = new TreeMap<>();
    rows.forEach(
        (m, texts) ->
            hashes.put(m, Fingerprint.of(texts.stream().sorted().toArray(String[]::new)).hex()));
    return hashes;
  }

  /** The slices whose hashes differ. */
  static List<String> differing(Map<String, String> a, Map<String, String> b) {
    TreeMap<String, String> all = new TreeMap<>(a);
    all.putAll(b);
    return all.keySet().stream()
        .filter(k -> !Optional.ofNullable(a.get(k)).equals(Optional.ofNullable(b.get(k))))
        .toList();
  }

  /**
   * @throws IllegalStateException if a proof does not hold: the demo stops, since it would lie
   */
  static void require(Object actual, Object expected, String what) {
    if (!actual.equals(expected)) {
      throw new IllegalStateException(
          "[BUG] the demo expected " + what + ": " + expected + ", but found: " + actual);
    }
  }
}
