package io.tidemark.spec;

import io.tidemark.model.Dataset.Kind;
import io.tidemark.model.Governance.Tier;
import io.tidemark.model.Grain;
import io.tidemark.model.TableRef;
import io.tidemark.model.Topic;
import io.tidemark.model.Transform.Window;
import io.tidemark.spec.Drafts.ClassDraft;
import io.tidemark.spec.Drafts.ColumnDraft;
import io.tidemark.spec.Drafts.DatasetDraft;
import io.tidemark.spec.Drafts.ExpectationDraft;
import io.tidemark.spec.Drafts.GovernanceDraft;
import io.tidemark.spec.Drafts.LayoutDraft;
import io.tidemark.spec.Drafts.LogicDraft;
import io.tidemark.spec.Drafts.Pipeline;
import io.tidemark.spec.Drafts.SqlDraft;
import io.tidemark.spec.Drafts.TransformDraft;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import io.tidemark.spec.yaml.Shape;
import io.tidemark.spec.yaml.Snippet;
import io.tidemark.spec.yaml.YamlMap;
import io.tidemark.spec.yaml.YamlValue;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/** Reads one pipeline.yaml with the files that it names. */
final class PipelineReader {
  private static final List<String> GRAINS = List.of("PT1H", "P1D", "P1M", "P1Y");

  private final ProjectFiles files;
  private final Problems problems;
  private final Set<String> broken = new HashSet<>();

  /** Problems of expectations: the dataset itself is still whole. */
  private int forgiven;

  PipelineReader(ProjectFiles files, Problems problems) {
    this.files = files;
    this.problems = problems;
  }

  /** Empty only if the file as a whole cannot be read. */
  Optional<Pipeline> read(Path file) {
    return files.yaml(file).flatMap(root -> root.map(Shape.PIPELINE)).map(this::pipeline);
  }

  private Pipeline pipeline(YamlMap map) {
    String name =
        map.required("name", v -> v.text("'name'")).map(Located::value).orElse("pipeline");
    List<DatasetDraft> datasets =
        map.required("datasets", v -> v.anyMap("'datasets'"))
            .map(all -> each(all, Shape.DATASET, this::dataset))
            .orElse(List.of());
    List<TransformDraft> transforms =
        map.optional("transforms", v -> v.anyMap("'transforms'"))
            .map(all -> each(all, Shape.TRANSFORM, this::transform))
            .orElse(List.of());
    return new Pipeline(name, datasets, transforms, broken);
  }

  /** Reads what is named by datasets; what cannot be read is left out and is a problem. */
  private <T> List<T> each(
      YamlMap all, Shape shape, BiFunction<Located<String>, YamlMap, Optional<T>> read) {
    List<T> found = new ArrayList<>();
    all.values()
        .forEach(
            (id, value) ->
                whole(id, () -> one(new Located<>(id, all.keys().get(id)), value, shape, read))
                    .ifPresent(found::add));
    return found;
  }

  private <T> Optional<T> one(
      Located<String> id,
      YamlValue value,
      Shape shape,
      BiFunction<Located<String>, YamlMap, Optional<T>> read) {
    return DatasetNames.isValid(id, problems)
        ? value.map(shape).flatMap(map -> read.apply(id, map))
        : Optional.empty();
  }

  /** Reads a dataset or transform; remembers its name if anything in it is wrong. */
  private <T> Optional<T> whole(String name, Supplier<Optional<T>> read) {
    int before = problems.count() - forgiven;
    Optional<T> value = read.get();
    if (problems.count() - forgiven > before) {
      broken.add(name);
    }
    return value;
  }

  private Optional<DatasetDraft> dataset(Located<String> id, YamlMap map) {
    Optional<Kind> kind =
        map.required("kind", v -> v.oneOf("'kind'", List.of("source", "reference", "derived")))
            .map(k -> Kind.valueOf(k.value().toUpperCase(Locale.ROOT)));
    Optional<Located<TableRef>> table =
        map.required("table", v -> v.text("'table'")).flatMap(this::table);
    Optional<List<ColumnDraft>> columns = map.find("schema").flatMap(this::columns);
    List<Located<String>> key = map.find("key").map(v -> v.texts("'key'")).orElse(List.of());
    LayoutDraft layout =
        new LayoutDraft(
            map.optional("event_time", v -> v.text("'event_time'")),
            map.find("partition").flatMap(v -> grain(v, "'partition'", "none")),
            map.find("slice").flatMap(v -> grain(v, "'slice'", "all")));
    GovernanceDraft governance =
        new GovernanceDraft(
            map.optional("tier", v -> v.oneOf("'tier'", List.of("critical", "standard", "pilot")))
                .map(t -> Tier.valueOf(t.value().toUpperCase(Locale.ROOT)))
                .orElse(Tier.STANDARD),
            map.textOrEmpty("owner"),
            map.textOrEmpty("description"),
            map.find("expectations").map(this::expectations).orElse(List.of()));
    Optional<Located<Topic>> topic = map.find("topic").flatMap(new TopicReader(problems)::read);
    return kind.flatMap(
        k -> table.map(t -> new DatasetDraft(id, k, t, columns, key, layout, governance, topic)));
  }

  private List<ExpectationDraft> expectations(YamlValue value) {
    int before = problems.count();
    List<ExpectationDraft> expectations = new ExpectationReader(files, problems).read(value);
    forgiven += problems.count() - before;
    return expectations;
  }

  private Optional<Located<TableRef>> table(Located<String> text) {
    try {
      return Optional.of(new Located<>(TableRef.parse(text.value()), text.where()));
    } catch (IllegalArgumentException e) {
      problems.add(
          text.where(),
          "TM-SPEC-011",
          "'" + text.value() + "' cannot be the name of a table",
          e.getMessage(),
          "write it like namespace.table");
      return Optional.empty();
    }
  }

  private Optional<List<ColumnDraft>> columns(YamlValue value) {
    return value
        .anyMap("'schema'")
        .map(
            map -> {
              List<ColumnDraft> columns = new ArrayList<>();
              map.values()
                  .forEach(
                      (name, type) ->
                          type.text("the type of column '" + name + "'")
                              .ifPresent(
                                  t ->
                                      columns.add(
                                          new ColumnDraft(
                                              new Located<>(name, map.keys().get(name)), t))));
              if (map.values().isEmpty()) {
                problems.add(
                    map.where(),
                    "TM-SPEC-012",
                    "'schema' has no column",
                    "",
                    "declare the columns");
              }
              return columns;
            });
  }

  private Optional<Located<Grain>> grain(YamlValue value, String what, String all) {
    List<String> words = new ArrayList<>(GRAINS);
    words.add(all);
    return value
        .oneOf(what, words)
        .map(
            g ->
                new Located<>(
                    g.value().equals(all) ? Grain.ALL : Grain.parse(g.value()).orElseThrow(),
                    g.where()));
  }

  private Optional<TransformDraft> transform(Located<String> output, YamlMap map) {
    Optional<List<Located<String>>> inputs = map.find("inputs").map(v -> v.texts("'inputs'"));
    Window window =
        new Window(
            map.optional("lookback", v -> v.duration("'lookback'")).orElse(Duration.ZERO),
            map.optional("lookahead", v -> v.duration("'lookahead'")).orElse(Duration.ZERO));
    if (map.has("sql") == map.has("class")) {
      problems.add(
          map.where(),
          "TM-SPEC-020",
          "transform '" + output.value() + "' needs either 'sql' or 'class'",
          "",
          "name one SQL file beside this one, or one Java class");
      return Optional.empty();
    }
    if (map.has("sql") && map.has("classpath")) {
      problems.add(
          map.keys().get("classpath"),
          "TM-SPEC-021",
          "'classpath' has no meaning for a SQL transform",
          "",
          "remove it");
    }
    Optional<LogicDraft> logic = map.has("sql") ? sql(map) : javaClass(map);
    List<Located<String>> follows =
        map.find("follows").map(v -> v.texts("'follows'")).orElse(List.of());
    return logic.map(
        l -> new TransformDraft(output, l, inputs, window, map.textOrEmpty("label"), follows));
  }

  private Optional<LogicDraft> sql(YamlMap map) {
    return map.required("sql", v -> v.text("'sql'"))
        .flatMap(
            name ->
                files
                    .beside(name, "SQL file")
                    .flatMap(
                        path ->
                            files
                                .text(path, name.where())
                                .map(t -> new SqlDraft(Snippet.file(files.shown(path), t)))));
  }

  private Optional<LogicDraft> javaClass(YamlMap map) {
    List<Located<Path>> classpath = new ArrayList<>();
    List<Located<String>> entries =
        map.find("classpath").map(v -> v.texts("'classpath'")).orElse(List.of());
    entries.forEach(
        entry ->
            files
                .fromRoot(entry, "classpath entry")
                .ifPresent(path -> classpath.add(new Located<>(path, entry.where()))));
    return map.required("class", v -> v.text("'class'")).map(c -> new ClassDraft(c, classpath));
  }
}
