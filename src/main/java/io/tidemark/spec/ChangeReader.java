package io.tidemark.spec;

import io.tidemark.model.DatasetId;
import io.tidemark.model.ExpectedChange;
import io.tidemark.model.ExpectedChange.Allowed;
import io.tidemark.model.ExpectedChange.Bounds;
import io.tidemark.model.ExpectedChange.Total;
import io.tidemark.model.Location;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import io.tidemark.spec.yaml.Shape;
import io.tidemark.spec.yaml.Snippet;
import io.tidemark.spec.yaml.YamlMap;
import io.tidemark.spec.yaml.YamlValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads one expected change. */
final class ChangeReader {
  private final ProjectFiles files;
  private final Problems problems;

  ChangeReader(ProjectFiles files, Problems problems) {
    this.files = files;
    this.problems = problems;
  }

  /**
   * A change and what in it can only be checked against the graph.
   *
   * @param uses one per dataset that it names
   */
  record ChangeDraft(ExpectedChange change, List<Use> uses) {}

  /** What a change says of one dataset, with places. */
  record Use(
      Located<String> dataset,
      List<Located<String>> columns,
      List<Located<String>> totals,
      List<Snippet> predicates) {}

  Optional<ChangeDraft> read(Path file) {
    String name = file.getFileName().toString().replaceAll("\\.yaml$", "");
    return files
        .yaml(file)
        .flatMap(root -> root.map(Shape.CHANGE))
        .map(map -> change(name, files.shown(file), map));
  }

  private ChangeDraft change(String name, String file, YamlMap map) {
    SortedMap<DatasetId, Allowed> allowed = new TreeMap<>();
    List<Use> uses = new ArrayList<>();
    map.required("datasets", v -> v.anyMap("'datasets'"))
        .ifPresent(
            all ->
                all.values()
                    .forEach(
                        (id, value) ->
                            value
                                .map(Shape.ALLOWED)
                                .ifPresent(
                                    m ->
                                        dataset(
                                            new Located<>(id, all.keys().get(id)),
                                            m,
                                            allowed,
                                            uses))));
    return new ChangeDraft(
        new ExpectedChange(name, map.textOrEmpty("description"), allowed, Location.of(file)), uses);
  }

  private void dataset(
      Located<String> id, YamlMap map, SortedMap<DatasetId, Allowed> allowed, List<Use> uses) {
    List<Located<String>> columns =
        map.find("columns").map(v -> v.texts("'columns'")).orElse(List.of());
    Optional<Snippet> where = map.optional("where", v -> v.snippet("'where'"));
    Optional<Snippet> relation = map.optional("relation", v -> v.snippet("'relation'"));
    List<Located<Total>> totals = new ArrayList<>();
    map.find("totals")
        .ifPresent(
            v ->
                v.list("'totals'")
                    .forEach(
                        item -> item.map(Shape.TOTAL).flatMap(this::total).ifPresent(totals::add)));
    Allowed one =
        new Allowed(
            columns.stream().map(Located::value).toList(),
            where.map(s -> s.text().strip()),
            relation.map(s -> s.text().strip()),
            map.find("added").map(this::bounds).orElse(Bounds.NONE),
            map.find("removed").map(this::bounds).orElse(Bounds.NONE),
            totals.stream().map(Located::value).toList());
    List<Snippet> predicates = new ArrayList<>();
    where.ifPresent(predicates::add);
    relation.ifPresent(predicates::add);
    uses.add(
        new Use(
            id,
            columns,
            totals.stream().map(t -> new Located<>(t.value().column(), t.where())).toList(),
            predicates));
    try {
      allowed.put(DatasetId.of(id.value()), one);
    } catch (IllegalArgumentException e) {
      // Reported with the datasets that the graph does not know.
    }
  }

  private Bounds bounds(YamlValue value) {
    return value
        .map(Shape.BOUNDS)
        .map(
            map -> {
              long min =
                  map.optional("min", v -> v.wholeNumber("'min'")).map(Located::value).orElse(0L);
              long max =
                  map.optional("max", v -> v.wholeNumber("'max'"))
                      .map(Located::value)
                      .orElse(Long.MAX_VALUE);
              if (min < 0 || max < min) {
                problems.add(
                    map.where(),
                    "TM-SPEC-052",
                    "no row count lies between " + min + " and " + max,
                    "it needs 0 <= min <= max",
                    "correct the bounds");
                return Bounds.NONE;
              }
              return new Bounds(min, max);
            })
        .orElse(Bounds.NONE);
  }

  private Optional<Located<Total>> total(YamlMap map) {
    Optional<Located<String>> column = map.required("column", v -> v.text("'column'"));
    Optional<Located<Double>> min = map.required("min", v -> v.number("'min'"));
    Optional<Located<Double>> max = map.required("max", v -> v.number("'max'"));
    if (column.isEmpty() || min.isEmpty() || max.isEmpty()) {
      return Optional.empty();
    }
    if (min.get().value() > max.get().value()) {
      problems.add(
          map.where(),
          "TM-SPEC-052",
          "no total lies between " + min.get().value() + " and " + max.get().value(),
          "it needs min <= max",
          "correct the bounds");
      return Optional.empty();
    }
    return Optional.of(
        new Located<>(
            new Total(column.get().value(), min.get().value(), max.get().value()),
            column.get().where()));
  }
}
