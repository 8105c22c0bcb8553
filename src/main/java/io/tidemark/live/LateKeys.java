package io.tidemark.live;

import io.tidemark.model.Analysis.ColumnRef;
import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.ExpectedChange.Allowed;
import io.tidemark.model.ExpectedChange.Bounds;
import io.tidemark.model.Graph;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Topic;
import io.tidemark.model.Transform;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which rows late events may change: those with their keys, where keys can be followed. Pure. */
final class LateKeys {
  /** More make a predicate that nobody reads and Flink is slow to compile. */
  static final int MOST_KEYS = 300;

  private static final Allowed ANYTHING =
      new Allowed(
          List.of("*"), Optional.empty(), Optional.empty(), Bounds.ANY, Bounds.ANY, List.of());

  private final Graph graph;

  LateKeys(Graph graph) {
    this.graph = graph;
  }

  /**
   * The columns of a source that hold the very values of a dataset's key columns, by key column;
   * empty if any key column's values are made otherwise, or there is no key.
   */
  Optional<Map<String, ColumnRef>> origins(Dataset dataset) {
    Map<String, ColumnRef> origins = new LinkedHashMap<>();
    for (String column : dataset.key()) {
      Optional<ColumnRef> origin = origin(new ColumnRef(dataset.id(), column));
      if (origin.isEmpty()) {
        return Optional.empty();
      }
      origins.put(column, origin.get());
    }
    boolean together = origins.values().stream().map(ColumnRef::dataset).distinct().count() == 1;
    return together ? Optional.of(origins) : Optional.empty();
  }

  private Optional<ColumnRef> origin(ColumnRef column) {
    Optional<Transform> transform = graph.transformOf(column.dataset());
    if (transform.isEmpty()) {
      return Optional.of(column).filter(c -> isComparable(type(c)));
    }
    Set<ColumnRef> from =
        transform
            .get()
            .analysis()
            .lineage()
            .getOrDefault(column.column(), Collections.emptySortedSet());
    if (from.size() != 1) {
      return Optional.empty();
    }
    ColumnRef input = from.iterator().next();
    boolean passedOn =
        transform.get().logic() instanceof Transform.Sql sql
            && input.column().equals(column.column())
            && type(input).equals(type(column))
            && !isNamedAnew(sql.query(), column.column());
    return passedOn ? origin(input) : Optional.empty();
  }

  /** A value that an expression makes has to be given its name; one that is passed on has it. */
  private static boolean isNamedAnew(String sql, String column) {
    return Pattern.compile(
            "(?i)\\bAS\\s+`?" + Pattern.quote(column) + "`?(?![A-Za-z0-9_])", Pattern.UNICODE_CASE)
        .matcher(sql)
        .find();
  }

  private String type(ColumnRef column) {
    return graph
        .dataset(column.dataset())
        .schema()
        .find(column.column())
        .map(Column::type)
        .orElse("");
  }

  /** Values whose text says exactly what they are, whatever the time zone. */
  private static boolean isComparable(String type) {
    return type.matches("(?:BOOLEAN|TINYINT|SMALLINT|INT|BIGINT|STRING|DATE|DECIMAL.*)");
  }

  /**
   * Asks for the keys of a source's events from some offsets on.
   *
   * @param from per partition; all of those that are not named
   * @param ranges of event time, in which the events lie
   */
  String question(
      Dataset source, List<String> columns, SortedMap<Integer, Long> from, TimeRanges ranges) {
    String names = columns.stream().map(c -> "`" + c + "`").collect(Collectors.joining(", "));
    List<String> later = new ArrayList<>();
    from.forEach(
        (partition, offset) ->
            later.add(
                "("
                    + Topic.PARTITION_COLUMN
                    + " = "
                    + partition
                    + " AND "
                    + Topic.OFFSET_COLUMN
                    + " >= "
                    + offset
                    + ")"));
    if (!from.isEmpty()) {
      later.add(
          Topic.PARTITION_COLUMN
              + " NOT IN ("
              + from.keySet().stream().map(String::valueOf).collect(Collectors.joining(", "))
              + ")");
    }
    String sql =
        "SELECT DISTINCT "
            + names
            + " FROM `"
            + source.id()
            + "` WHERE "
            + Topic.PARTITION_COLUMN
            + " IS NOT NULL"
            + (later.isEmpty() ? "" : " AND (" + String.join(" OR ", later) + ")");
    return source
        .layout()
        .eventTime()
        .map(column -> sql + " AND (" + within(source, column, ranges) + ")")
        .orElse(sql);
  }

  private static String within(Dataset source, String column, TimeRanges ranges) {
    String type = source.schema().find(column).map(Column::type).orElse("");
    return ranges.ranges().stream()
        .map(r -> bounds("`" + column + "`", type, r))
        .collect(Collectors.joining(" OR "));
  }

  private static String bounds(String column, String type, TimeRange range) {
    List<String> bounds = new ArrayList<>(List.of("TRUE"));
    if (!range.from().equals(Instant.MIN)) {
      bounds.add(column + " >= " + literal(type, range.from()));
    }
    if (!range.to().equals(Instant.MAX)) {
      bounds.add(column + " < " + literal(type, range.to()));
    }
    return "(" + String.join(" AND ", bounds) + ")";
  }

  private static String literal(String type, Instant at) {
    String utc = LocalDateTime.ofInstant(at, ZoneOffset.UTC).toString().replace('T', ' ');
    String text = utc.length() == 16 ? utc + ":00" : utc;
    if (type.equals("DATE")) {
      return "DATE '" + text.substring(0, 10) + "'";
    }
    return type.startsWith("TIMESTAMP_LTZ")
        ? "TO_TIMESTAMP_LTZ(" + at.toEpochMilli() + ", 3)"
        : "TIMESTAMP '" + text + "'";
  }

  /**
   * Only rows with these keys may differ.
   *
   * @param keys values as SQL strings, in the order of the columns
   */
  Allowed only(Dataset dataset, List<List<Optional<String>>> keys) {
    List<String> any = new ArrayList<>();
    for (List<Optional<String>> key : keys) {
      List<String> all = new ArrayList<>();
      for (int i = 0; i < key.size(); i++) {
        String column = dataset.key().get(i);
        String held = "COALESCE(`new_" + column + "`, `old_" + column + "`)";
        String type = dataset.schema().find(column).map(Column::type).orElseThrow();
        all.add(
            key.get(i)
                .map(v -> held + " = CAST('" + v.replace("'", "''") + "' AS " + type + ")")
                .orElse(held + " IS NULL"));
      }
      any.add("(" + String.join(" AND ", all) + ")");
    }
    return new Allowed(
        List.of("*"),
        Optional.of(any.isEmpty() ? "FALSE" : String.join(" OR ", any)),
        Optional.empty(),
        Bounds.ANY,
        Bounds.ANY,
        List.of());
  }

  static Allowed anything() {
    return ANYTHING;
  }
}
