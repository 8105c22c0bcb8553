package io.tidemark.spec;

import io.tidemark.model.CheckOutcome;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Expectation;
import io.tidemark.model.Expectation.Rule;
import io.tidemark.model.Expectation.Severity;
import io.tidemark.spec.Drafts.ExpectationDraft;
import io.tidemark.spec.Drafts.OtherColumn;
import io.tidemark.spec.sql.SqlCheck;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import io.tidemark.spec.yaml.Shape;
import io.tidemark.spec.yaml.Snippet;
import io.tidemark.spec.yaml.YamlMap;
import io.tidemark.spec.yaml.YamlValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads the expectations of one dataset. */
final class ExpectationReader {
  private final ProjectFiles files;
  private final Problems problems;

  ExpectationReader(ProjectFiles files, Problems problems) {
    this.files = files;
    this.problems = problems;
  }

  List<ExpectationDraft> read(YamlValue list) {
    List<ExpectationDraft> drafts = new ArrayList<>();
    for (YamlValue item : list.list("'expectations'")) {
      item.map(Shape.EXPECTATION).flatMap(this::one).ifPresent(drafts::add);
    }
    for (int i = 0; i < drafts.size(); i++) {
      String name = drafts.get(i).expectation().name();
      if (name.equals(CheckOutcome.CONSERVATION)
          || drafts.subList(0, i).stream().anyMatch(d -> d.expectation().name().equals(name))) {
        problems.add(
            drafts.get(i).where(),
            "TM-SPEC-031",
            "expectation '" + name + "' is there twice",
            name.equals(CheckOutcome.CONSERVATION)
                ? "every build has a check of this name"
                : "reports name expectations",
            "give one of them another 'name'");
      }
    }
    return drafts;
  }

  private Optional<ExpectationDraft> one(YamlMap map) {
    List<String> rules = Shape.rules().stream().filter(map::has).toList();
    if (rules.size() != 1) {
      if (!rules.isEmpty() || Shape.EXPECTATION.keys().containsAll(map.keys().keySet())) {
        problems.add(
            map.where(),
            "TM-SPEC-030",
            rules.isEmpty()
                ? "the expectation names no rule"
                : "the expectation names several rules: " + String.join(", ", rules),
            "each expectation is one rule",
            "use one of " + String.join(", ", Shape.rules()));
      }
      return Optional.empty();
    }
    Severity severity =
        map.optional("severity", v -> v.oneOf("'severity'", List.of("error", "warn")))
            .map(s -> Severity.valueOf(s.value().toUpperCase(Locale.ROOT)))
            .orElse(Severity.ERROR);
    Optional<String> name = map.optional("name", v -> v.text("'name'")).map(Located::value);
    return rule(rules.get(0), map.values().get(rules.get(0)))
        .map(
            found ->
                new ExpectationDraft(
                    new Expectation(name.orElse(found.name), severity, found.rule),
                    map.where(),
                    found.columns,
                    found.others,
                    found.sql));
  }

  private record Found(
      String name,
      Rule rule,
      List<Located<String>> columns,
      List<OtherColumn> others,
      List<SqlCheck> sql) {}

  private Optional<Found> rule(String rule, YamlValue value) {
    return switch (rule) {
      case "not_null" ->
          columns(rule, value).map(c -> found(rule, c, new Expectation.NotNull(values(c))));
      case "unique" ->
          columns(rule, value).map(c -> found(rule, c, new Expectation.Unique(values(c))));
      case "accepted_values" -> value.map(Shape.ACCEPTED_VALUES).flatMap(this::acceptedValues);
      case "range" -> value.map(Shape.RANGE).flatMap(this::range);
      case "references" -> value.map(Shape.REFERENCES).flatMap(this::references);
      case "row_count" -> value.map(Shape.ROW_COUNT).flatMap(this::rowCount);
      case "conserve" -> value.map(Shape.CONSERVE).flatMap(this::conserve);
      case "sql" ->
          value
              .snippet("'sql'")
              .map(
                  sql ->
                      new Found(
                          "sql(" + shorten(sql.text()) + ")",
                          new Expectation.SqlPredicate(sql.text().strip()),
                          List.of(),
                          List.of(),
                          List.of(SqlCheck.predicate(sql))));
      case "golden" -> value.text("'golden'").flatMap(this::golden);
      default -> throw new IllegalStateException("[BUG] rule " + rule);
    };
  }

  private static Found found(String rule, List<Located<String>> columns, Rule parsed) {
    String name = rule + "(" + String.join(", ", values(columns)) + ")";
    return new Found(name, parsed, columns, List.of(), List.of());
  }

  private static List<String> values(List<Located<String>> located) {
    return located.stream().map(Located::value).toList();
  }

  private Optional<List<Located<String>>> columns(String rule, YamlValue value) {
    List<Located<String>> columns = value.texts("'" + rule + "'");
    if (columns.isEmpty()) {
      problems.add(
          value.where(),
          "TM-SPEC-032",
          "'" + rule + "' names no column",
          "",
          "write it like " + rule + ": [a, b]");
      return Optional.empty();
    }
    return Optional.of(columns);
  }

  private static Optional<Located<String>> name(YamlMap map, String key) {
    return map.required(key, v -> v.text("'" + key + "'"));
  }

  private Optional<Found> acceptedValues(YamlMap map) {
    Optional<Located<String>> column = name(map, "column");
    Optional<List<String>> values =
        map.required(
            "values",
            v ->
                Optional.of(
                    v.list("'values'").stream()
                        .flatMap(i -> i.scalar("a value").stream())
                        .map(Located::value)
                        .toList()));
    return column.flatMap(
        c ->
            values.map(
                v ->
                    found(
                        "accepted_values",
                        List.of(c),
                        new Expectation.AcceptedValues(c.value(), List.copyOf(v)))));
  }

  private Optional<Found> range(YamlMap map) {
    Optional<Located<String>> column = name(map, "column");
    Optional<Snippet> min = map.optional("min", v -> v.literal("'min'"));
    Optional<Snippet> max = map.optional("max", v -> v.literal("'max'"));
    if (min.isEmpty() && max.isEmpty()) {
      problems.add(
          map.where(), "TM-SPEC-033", "'range' has no bound", "", "give 'min', 'max' or both");
      return Optional.empty();
    }
    return column.map(
        c ->
            new Found(
                "range(" + c.value() + ")",
                new Expectation.InRange(c.value(), min.map(Snippet::text), max.map(Snippet::text)),
                List.of(c),
                List.of(),
                Stream.of(min, max)
                    .flatMap(Optional::stream)
                    .map(b -> SqlCheck.bound(c.value(), b))
                    .toList()));
  }

  private Optional<Found> references(YamlMap map) {
    Optional<Located<String>> column = name(map, "column");
    Optional<Located<String>> dataset =
        name(map, "dataset").filter(d -> DatasetNames.isValid(d, problems));
    Optional<Located<String>> referenced = name(map, "referenced");
    if (column.isEmpty() || dataset.isEmpty() || referenced.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Found(
            "references(" + column.get().value() + " -> " + dataset.get().value() + ")",
            new Expectation.References(
                column.get().value(),
                DatasetId.of(dataset.get().value()),
                referenced.get().value()),
            List.of(column.get()),
            List.of(new OtherColumn(dataset.get(), referenced)),
            List.of()));
  }

  private Optional<Found> rowCount(YamlMap map) {
    Optional<Double> min = map.optional("min", v -> v.number("'min'")).map(Located::value);
    Optional<Double> max = map.optional("max", v -> v.number("'max'")).map(Located::value);
    boolean perInput = map.optional("per_input", v -> v.truth("'per_input'")).orElse(Boolean.FALSE);
    if (min.isEmpty() && max.isEmpty()) {
      problems.add(
          map.where(), "TM-SPEC-033", "'row_count' has no bound", "", "give 'min', 'max' or both");
      return Optional.empty();
    }
    if (min.orElse(0.0) < 0
        || max.orElse(0.0) < 0
        || min.orElse(0.0) > max.orElse(min.orElse(0.0))) {
      problems.add(
          map.where(),
          "TM-SPEC-034",
          "'row_count' cannot be met",
          "it needs 0 <= min <= max",
          "correct the bounds");
      return Optional.empty();
    }
    Expectation.RowCount.Basis basis =
        perInput ? Expectation.RowCount.Basis.INPUT : Expectation.RowCount.Basis.ABSOLUTE;
    return Optional.of(
        new Found(
            perInput ? "row_count(per input)" : "row_count",
            new Expectation.RowCount(min, max, basis),
            List.of(),
            List.of(),
            List.of()));
  }

  private Optional<Found> conserve(YamlMap map) {
    Optional<Located<String>> dataset =
        name(map, "dataset").filter(d -> DatasetNames.isValid(d, problems));
    Optional<Snippet> input = map.required("input", v -> v.snippet("'input'"));
    Optional<Snippet> output = map.required("output", v -> v.snippet("'output'"));
    double tolerance =
        map.optional("tolerance", v -> v.number("'tolerance'"))
            .filter(
                t -> {
                  if (t.value() >= 0) {
                    return true;
                  }
                  problems.add(
                      t.where(),
                      "TM-SPEC-034",
                      "'tolerance' must not be negative",
                      "it is relative: 0.01 allows one percent",
                      "write 0 or more");
                  return false;
                })
            .map(Located::value)
            .orElse(0.0);
    if (dataset.isEmpty() || input.isEmpty() || output.isEmpty()) {
      return Optional.empty();
    }
    String name = shorten(output.get().text());
    return Optional.of(
        new Found(
            "conserve(" + name + ")",
            new Expectation.Conserve(
                DatasetId.of(dataset.get().value()),
                input.get().text().strip(),
                output.get().text().strip(),
                tolerance),
            List.of(),
            List.of(new OtherColumn(dataset.get(), Optional.empty())),
            List.of(
                SqlCheck.aggregate(Optional.of(dataset.get().value()), input.get()),
                SqlCheck.aggregate(Optional.empty(), output.get()))));
  }

  private Optional<Found> golden(Located<String> file) {
    return files
        .beside(file, "CSV file")
        .flatMap(path -> files.text(path, file.where()))
        .flatMap(
            csv ->
                Csv.header(csv, file, problems)
                    .map(
                        header ->
                            new Found(
                                "golden(" + file.value() + ")",
                                new Expectation.Golden(file.value(), csv),
                                header,
                                List.of(),
                                List.of())));
  }

  private static String shorten(String sql) {
    String line = sql.strip().lines().map(String::strip).collect(Collectors.joining(" "));
    return line.length() <= 60 ? line : line.substring(0, 57) + "...";
  }
}
