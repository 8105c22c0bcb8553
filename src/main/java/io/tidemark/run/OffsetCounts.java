package io.tidemark.run;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Topic;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Asks how many of the offsets that marks speak of a source's tables hold. Pure. */
public final class OffsetCounts {
  private OffsetCounts() {}

  /**
   * Per partition: its number, rows, different offsets of rows, dead letters, different offsets of
   * those, different offsets of both, and different offsets before the first that a mark speaks of.
   * All but the last count only offsets that marks speak of.
   *
   * @param rows the name of the source's table
   * @param letters the name of the table of its dead letters, if there is one
   */
  public static String sql(
      DatasetId rows, Optional<DatasetId> letters, SortedMap<Integer, Offsets.Taken> taken) {
    String within = any(taken, t -> List.of(new Offsets.Span(0, t.to())));
    String before = any(taken, t -> List.of(new Offsets.Span(0, t.from())));
    String told = "NOT (" + before + ") AND NOT (" + any(taken, Offsets.Taken::gaps) + ")";
    String of =
        "SELECT %s AS p, %s AS o, %d AS l, "
            + ("CASE WHEN " + before + " THEN 0 WHEN " + told + " THEN 1 ELSE 2 END AS t")
            + " FROM `%s` WHERE "
            + within;
    String all =
        String.format(of, Topic.PARTITION_COLUMN, Topic.OFFSET_COLUMN, 0, rows)
            + letters
                .map(
                    name ->
                        " UNION ALL "
                            + String.format(
                                of, Topic.PARTITION_COLUMN, Topic.OFFSET_COLUMN, 1, name))
                .orElse("");
    return "SELECT p, COUNT(CASE WHEN l = 0 AND t = 1 THEN 1 END),"
        + " COUNT(DISTINCT CASE WHEN l = 0 AND t = 1 THEN o END),"
        + " COUNT(CASE WHEN l = 1 AND t = 1 THEN 1 END),"
        + " COUNT(DISTINCT CASE WHEN l = 1 AND t = 1 THEN o END),"
        + " COUNT(DISTINCT CASE WHEN t = 1 THEN o END),"
        + " COUNT(DISTINCT CASE WHEN t = 0 THEN o END) FROM ("
        + all
        + ") GROUP BY p";
  }

  /** Whether a record's offset is in one of these spans of its partition. */
  private static String any(
      SortedMap<Integer, Offsets.Taken> taken, Function<Offsets.Taken, List<Offsets.Span>> spans) {
    String any =
        taken.entrySet().stream()
            .flatMap(
                e ->
                    spans.apply(e.getValue()).stream()
                        .map(
                            s ->
                                String.format(
                                    Locale.ROOT,
                                    "(%s = %d AND %s >= %d AND %s < %d)",
                                    Topic.PARTITION_COLUMN,
                                    e.getKey(),
                                    Topic.OFFSET_COLUMN,
                                    s.from(),
                                    Topic.OFFSET_COLUMN,
                                    s.to())))
            .collect(Collectors.joining(" OR "));
    return any.isEmpty() ? "FALSE" : any;
  }
}
