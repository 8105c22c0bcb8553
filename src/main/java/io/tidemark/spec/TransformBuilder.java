package io.tidemark.spec;

import static java.util.stream.Collectors.joining;

import io.tidemark.model.Analysis;
import io.tidemark.model.Analysis.ColumnRef;
import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Grain;
import io.tidemark.model.NearestName;
import io.tidemark.model.Schema;
import io.tidemark.model.Transform.Window;
import io.tidemark.spec.Drafts.DatasetDraft;
import io.tidemark.spec.Drafts.SqlDraft;
import io.tidemark.spec.Drafts.TransformDraft;
import io.tidemark.spec.sql.Joins;
import io.tidemark.spec.sql.Moment;
import io.tidemark.spec.sql.Part;
import io.tidemark.spec.sql.PlanWalk;
import io.tidemark.spec.sql.SqlAnalyzer;
import io.tidemark.spec.sql.SqlAnalyzer.Output;
import io.tidemark.spec.sql.SqlTypes;
import io.tidemark.spec.sql.WindowUse;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.flink.table.types.logical.LogicalType;

/** What one transform's logic means for its output: schema, slices and the analysis. */
final class TransformBuilder {
  private final Problems problems;
  private final DatasetDraft output;
  private final TransformDraft draft;

  TransformBuilder(Problems problems, DatasetDraft output, TransformDraft draft) {
    this.problems = problems;
    this.output = output;
    this.draft = draft;
  }

  /**
   * The columns of an output that declares none. Nullable, so that later ones can be like them. As
   * the table gives them back, but for an event time that can be a time attribute downstream.
   */
  Optional<List<Column>> inferred(List<Output> columns) {
    List<String> key = output.key().stream().map(Located::value).toList();
    List<Column> schema = new ArrayList<>();
    for (Output column : columns) {
      Optional<LogicalType> stored = SqlTypes.stored(column.type());
      if (stored.isEmpty()) {
        problems.add(
            draft.output().where(),
            "TM-SPEC-013",
            "output column '" + column.name() + "' has the type " + SqlTypes.text(column.type()),
            "Iceberg has no such type",
            "CAST it in the query");
        continue;
      }
      boolean required = key.contains(column.name()) && !column.type().isNullable();
      boolean time =
          output.layout().eventTime().filter(t -> t.value().equals(column.name())).isPresent()
              && SqlTypes.isTimeAttribute(column.type());
      LogicalType type = time ? column.type() : stored.get();
      schema.add(SqlTypes.column(column.name(), type.copy(!required)));
    }
    return schema.size() == columns.size() ? Optional.of(schema) : Optional.empty();
  }

  /** Compares what the query gives with what is declared, by position. */
  void compare(List<Output> columns, Schema declared) {
    List<String> given = columns.stream().map(Output::name).toList();
    List<String> names = declared.names();
    for (int i = 0; i < declared.columns().size(); i++) {
      Column column = declared.columns().get(i);
      Output match =
          columns.stream().filter(c -> c.name().equals(column.name())).findFirst().orElse(null);
      if (match == null) {
        problems.add(
            output.columns().orElseThrow().get(i).name().where(),
            "TM-SPEC-060",
            "the query gives no column '" + column.name() + "'",
            "the schema declares it",
            NearestName.hint(
                column.name(), given.stream().filter(g -> !names.contains(g)).toList()));
        continue;
      }
      String stored =
          SqlTypes.stored(match.type()).map(SqlTypes::text).orElse(SqlTypes.text(match.type()));
      boolean finer = SqlTypes.isFiner(match.type(), column);
      if (finer || !stored.equals(SqlTypes.storedText(column.type()))) {
        problems.add(
            output.columns().orElseThrow().get(i).type().where(),
            "TM-SPEC-060",
            "the query gives column '"
                + column.name()
                + "' as "
                + (finer ? SqlTypes.text(match.type()) : stored),
            "the schema declares " + column.type(),
            "CAST it in the query, or declare " + stored);
      }
    }
    for (String name : given) {
      if (!names.contains(name)) {
        problems.add(
            output.id().where(),
            "TM-SPEC-060",
            "the schema of '" + output.id().value() + "' lacks the query's column '" + name + "'",
            "",
            NearestName.of(name, names.stream().filter(n -> !given.contains(n)).toList())
                .map(n -> "did you mean '" + n + "'?")
                .orElse("declare it, or remove it from the query"));
      }
    }
  }

  Analysis analysis(SqlAnalyzer.Query query, Dataset dataset, List<Dataset> inputs) {
    checkWindows(query, dataset);
    checkGroups(query, dataset, inputs);
    checkJoins(query, dataset, inputs);
    SortedMap<String, Fingerprint> columns = new TreeMap<>();
    SortedMap<String, SortedSet<ColumnRef>> lineage = new TreeMap<>();
    SortedMap<DatasetId, SortedSet<String>> reads = new TreeMap<>();
    inputs.forEach(i -> reads.put(i.id(), new TreeSet<>()));
    query.facts().rows().reads().forEach(r -> reads.get(r.dataset()).add(r.column()));
    for (int i = 0; i < query.output().size(); i++) {
      Part part = query.facts().columns().get(i);
      String name = query.output().get(i).name();
      columns.put(name, Fingerprint.of("column", part.digest()));
      lineage.put(name, part.origins());
      part.reads().forEach(r -> reads.get(r.dataset()).add(r.column()));
    }
    return new Analysis(
        fingerprint("sql", query.normal(), dataset, inputs, reads),
        Fingerprint.of("rows", query.facts().rows().digest()),
        columns,
        reads,
        lineage,
        query.uniqueKeys(),
        query.walk().locality());
  }

  /** The analysis of logic that cannot be taken apart: it reads all and any change touches all. */
  Analysis opaque(String logic, Dataset dataset, List<Dataset> inputs) {
    SortedMap<DatasetId, SortedSet<String>> reads = new TreeMap<>();
    TreeSet<ColumnRef> all = new TreeSet<>();
    for (Dataset input : inputs) {
      reads.put(input.id(), new TreeSet<>(input.schema().names()));
      input.schema().names().forEach(c -> all.add(new ColumnRef(input.id(), c)));
    }
    SortedMap<String, SortedSet<ColumnRef>> lineage = new TreeMap<>();
    dataset.schema().names().forEach(c -> lineage.put(c, all));
    Fingerprint fingerprint = fingerprint("class", logic, dataset, inputs, reads);
    return new Analysis(
        fingerprint,
        fingerprint,
        new TreeMap<>(),
        reads,
        lineage,
        List.of(),
        Analysis.Locality.SHUFFLED);
  }

  /** Of all that decides the output. The version changes when the meaning of the parts does. */
  private Fingerprint fingerprint(
      String kind,
      String logic,
      Dataset dataset,
      List<Dataset> inputs,
      SortedMap<DatasetId, SortedSet<String>> reads) {
    List<String> parts = new ArrayList<>(List.of("transform v1", kind, logic));
    for (Dataset input : inputs) {
      parts.add("input " + input.id() + " by " + input.layout().eventTime().orElse("-"));
      for (String column : reads.get(input.id())) {
        parts.add(column + " " + input.schema().find(column).map(Column::sqlType).orElse("?"));
      }
    }
    parts.add("output");
    // As the table gives them back: the precision that readers see changes no stored value.
    dataset
        .schema()
        .columns()
        .forEach(
            c ->
                parts.add(
                    c.name()
                        + " "
                        + new Column(c.name(), SqlTypes.storedText(c.type()), c.nullability())
                            .sqlType()));
    parts.add("key " + dataset.key());
    parts.add("layout " + dataset.layout());
    parts.add("window " + draft.window().lookback() + " " + draft.window().lookahead());
    return Fingerprint.of(parts.toArray(String[]::new));
  }

  private void checkWindows(SqlAnalyzer.Query query, Dataset dataset) {
    Grain slice = dataset.layout().slice();
    if (slice == Grain.ALL) {
      return;
    }
    Window window = draft.window();
    Duration around = window.lookback().plus(window.lookahead());
    Duration unit = slice == Grain.HOUR ? Duration.ofHours(1) : Duration.ofDays(1);
    for (WindowUse use : query.walk().windows()) {
      boolean aligned =
          use.slide().toMillis() > 0
              && unit.toMillis() % use.slide().toMillis() == 0
              && use.offset().toMillis() % use.slide().toMillis() == 0;
      Duration needed = aligned ? use.size().minus(use.slide()) : use.size();
      if (around.compareTo(needed) < 0) {
        problems.add(
            ((SqlDraft) draft.logic()).query().at(0, 0),
            "TM-SPEC-061",
            use.name()
                + " windows of "
                + text(use.size())
                + (use.size().equals(use.slide()) ? "" : " every " + text(use.slide()))
                + (use.offset().isZero() ? "" : " with an offset of " + text(use.offset()))
                + " do not divide slices of "
                + slice.text(),
            "a window that reaches over a slice's edge would be made from part of its rows",
            aligned
                ? "declare a lookback and lookahead of together " + text(needed) + " or more"
                : "use windows that divide a "
                    + (slice == Grain.HOUR ? "hour" : "day")
                    + ", or declare a lookback and lookahead of together "
                    + text(needed)
                    + " or more");
      }
    }
    eventTimeAtEnd(query, dataset);
  }

  /** ISO 8601, in days where it is whole days. */
  private static String text(Duration duration) {
    return duration.toDays() > 0 && duration.equals(Duration.ofDays(duration.toDays()))
        ? "P" + duration.toDays() + "D"
        : duration.toString();
  }

  /** A slice is a function of its own event time, so what it puts together must share that. */
  private void checkGroups(SqlAnalyzer.Query query, Dataset dataset, List<Dataset> inputs) {
    Set<ColumnRef> times = new HashSet<>();
    for (Dataset input : inputs) {
      input.layout().eventTime().ifPresent(c -> times.add(new ColumnRef(input.id(), c)));
    }
    if (dataset.layout().slice() == Grain.ALL || times.isEmpty()) {
      return;
    }
    boolean exact = draft.window().equals(Window.EXACT);
    for (PlanWalk.Grouping grouping : query.walk().groupings()) {
      List<Moment> moments =
          grouping.keys().stream()
              .flatMap(k -> k.moment().stream())
              .filter(m -> !m.missing() && times.containsAll(m.sources()))
              .toList();
      boolean whole = Moment.determine(dataset.layout().slice(), moments);
      boolean limit = grouping.what().equals("LIMIT");
      if (!whole && (exact || limit)) {
        problems.add(
            ((SqlDraft) draft.logic()).query().at(0, 0),
            "TM-SPEC-062",
            grouping.what() + " puts rows of different slices together",
            "a slice is made from its own rows, so the result would depend on which slices are"
                + " recomputed at once",
            limit
                ? "remove the LIMIT, or make the output unsliced"
                : "group by the event time ("
                    + times.stream().sorted().map(ColumnRef::toString).collect(joining(", "))
                    + ") "
                    + unit(dataset)
                    + ", or declare a lookback or lookahead that spans each group");
      }
    }
  }

  /** Each side of a join is read for the slice alone, so rows that match must share event time. */
  private void checkJoins(SqlAnalyzer.Query query, Dataset dataset, List<Dataset> inputs) {
    if (dataset.layout().slice() == Grain.ALL || !draft.window().equals(Window.EXACT)) {
      return;
    }
    Map<DatasetId, ColumnRef> times = new HashMap<>();
    for (Dataset input : inputs) {
      input
          .layout()
          .eventTime()
          .ifPresent(c -> times.put(input.id(), new ColumnRef(input.id(), c)));
    }
    for (Joins.Matching matching : query.walk().joins().found()) {
      Set<DatasetId> left = new TreeSet<>(matching.left());
      Set<DatasetId> right = new TreeSet<>(matching.right());
      left.retainAll(times.keySet());
      right.retainAll(times.keySet());
      List<Moment> equal =
          matching.equal().stream()
              .filter(e -> isTime(e.left(), times) && isTime(e.right(), times))
              .map(e -> e.left().moment().orElseThrow().equalTo(e.right().moment().orElseThrow()))
              .toList();
      boolean together = Moment.determine(dataset.layout().slice(), equal);
      if (!left.isEmpty() && !right.isEmpty() && !together) {
        String columns =
            Stream.concat(left.stream(), right.stream())
                .map(id -> times.get(id).toString())
                .distinct()
                .collect(joining(", "));
        problems.add(
            query.firstJoin(),
            "TM-SPEC-063",
            matching.what() + " matches rows of different slices",
            "both sides are read for the slice alone, so a row whose match lies in another slice"
                + " would find it or not, depending on which slices are recomputed at once",
            "also match the event times ("
                + columns
                + ") "
                + unit(dataset)
                + ", or declare a lookback and lookahead that reach every match");
      }
    }
  }

  private static boolean isTime(Part part, Map<DatasetId, ColumnRef> times) {
    return part.moment().map(m -> times.values().containsAll(m.sources())).orElse(false);
  }

  private static String unit(Dataset dataset) {
    Grain slice = dataset.layout().slice();
    Grain coarser = Grain.values()[slice.ordinal() + 1];
    return "or its "
        + slice.name().toLowerCase(Locale.ROOT)
        + ", as in FLOOR(... TO "
        + slice.name()
        + "), make the "
        + (coarser == Grain.ALL
            ? "output unsliced"
            : "slice coarser (slice: " + coarser.text() + ")");
  }

  /** A row placed by the end of its window lies in the slice after the rows it is made from. */
  private void eventTimeAtEnd(SqlAnalyzer.Query query, Dataset dataset) {
    String eventTime = dataset.layout().eventTime().orElse("");
    for (int i = 0; i < query.output().size(); i++) {
      boolean atEnd =
          query.output().get(i).name().equals(eventTime)
              && query
                  .facts()
                  .columns()
                  .get(i)
                  .edge()
                  .map(e -> e.kind() == Part.Edge.Kind.END)
                  .orElse(false);
      if (atEnd && draft.window().lookback().isZero()) {
        problems.add(
            ((SqlDraft) draft.logic()).query().at(0, 0),
            "TM-SPEC-061",
            "event time '" + eventTime + "' is the end of a window",
            "the last window of a slice would be counted to the next slice, which does not read it",
            "use window_start as event time, or declare a lookback of the window's size");
      }
    }
  }
}
