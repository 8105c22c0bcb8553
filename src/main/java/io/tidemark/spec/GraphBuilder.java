package io.tidemark.spec;

import io.tidemark.model.Analysis;
import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.Dataset.Kind;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Graph;
import io.tidemark.model.NearestName;
import io.tidemark.model.Transform;
import io.tidemark.spec.ChangeReader.ChangeDraft;
import io.tidemark.spec.Drafts.ClassDraft;
import io.tidemark.spec.Drafts.DatasetDraft;
import io.tidemark.spec.Drafts.Pipeline;
import io.tidemark.spec.Drafts.SqlDraft;
import io.tidemark.spec.Drafts.TransformDraft;
import io.tidemark.spec.bytecode.JavaAnalyzer;
import io.tidemark.spec.sql.SqlAnalyzer;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Puts the pipelines of a project together into one graph, and checks all of it. One use. */
final class GraphBuilder {
  private final Problems problems;
  private final DatasetBuilder builder;
  private final SqlAnalyzer sql;
  private final Map<String, DatasetDraft> datasets = new LinkedHashMap<>();
  private final Map<String, TransformDraft> transforms = new LinkedHashMap<>();
  private final Map<String, SqlAnalyzer.Parsed> queries = new LinkedHashMap<>();
  private final Map<String, Dataset> built = new LinkedHashMap<>();

  /** Names with problems of their own: known, but nothing follows from them. */
  private final Set<String> broken = new HashSet<>();

  GraphBuilder(Problems problems, SqlAnalyzer sql) {
    this.problems = problems;
    this.builder = new DatasetBuilder(problems);
    this.sql = sql;
  }

  /**
   * Builds and checks everything.
   *
   * @param found columns of datasets that declare none, as the catalog has them
   * @return empty if there are problems
   */
  Optional<Graph> build(
      List<Pipeline> pipelines,
      List<ChangeDraft> changes,
      Map<String, List<Column>> found,
      Fingerprint revision) {
    pipelines.forEach(p -> broken.addAll(p.broken()));
    merge(pipelines);
    for (DatasetDraft draft : datasets.values()) {
      declared(draft, found);
    }
    transforms.values().forEach(this::parse);
    List<Transform> done = new ArrayList<>();
    for (TransformDraft transform : order()) {
      analyze(transform).ifPresent(done::add);
    }
    new CrossChecks(problems, builder, sql, built, datasets, known()).check(changes);
    if (!problems.isEmpty()) {
      return Optional.empty();
    }
    String name = pipelines.stream().map(Pipeline::name).collect(Collectors.joining("+"));
    return Optional.of(
        new Graph(
            name,
            datasets.keySet().stream().map(built::get).toList(),
            done,
            changes.stream().map(ChangeDraft::change).toList(),
            revision));
  }

  private void merge(List<Pipeline> pipelines) {
    Map<String, DatasetDraft> tables = new LinkedHashMap<>();
    for (Pipeline pipeline : pipelines) {
      for (DatasetDraft draft : pipeline.datasets()) {
        DatasetDraft twin = datasets.putIfAbsent(draft.id().value(), draft);
        if (twin != null) {
          problems.add(
              draft.id().where(),
              "TM-SPEC-040",
              "dataset '" + draft.id().value() + "' is there twice",
              "the other one is at " + twin.id().where(),
              "remove or rename one of them");
          broken.add(draft.id().value());
          continue;
        }
        DatasetDraft other = tables.putIfAbsent(draft.table().value().toString(), draft);
        if (other != null) {
          problems.add(
              draft.table().where(),
              "TM-SPEC-041",
              "table " + draft.table().value() + " belongs to two datasets",
              "the other one is '" + other.id().value() + "' at " + other.table().where(),
              "give each dataset a table of its own");
        }
      }
    }
    for (Pipeline pipeline : pipelines) {
      pipeline.transforms().forEach(this::merge);
    }
    for (DatasetDraft draft : datasets.values()) {
      if (draft.kind() == Kind.DERIVED
          && !transforms.containsKey(draft.id().value())
          && !broken.contains(draft.id().value())) {
        problems.add(
            draft.id().where(),
            "TM-SPEC-042",
            "derived dataset '" + draft.id().value() + "' has no transform",
            "nothing would ever write it",
            "add it under 'transforms:', or make its kind 'source'");
      }
    }
  }

  private void merge(TransformDraft draft) {
    String output = draft.output().value();
    DatasetDraft dataset = datasets.get(output);
    if (dataset == null && broken.contains(output)) {
      return;
    } else if (dataset == null) {
      problems.add(
          draft.output().where(),
          "TM-SPEC-043",
          "transform '" + output + "' writes no dataset of the project",
          "a transform is named by its output",
          NearestName.hint(output, known()));
    } else if (dataset.kind() != Kind.DERIVED) {
      problems.add(
          draft.output().where(),
          "TM-SPEC-043",
          "transform '" + output + "' writes a " + dataset.kind().name().toLowerCase(Locale.ROOT),
          "only derived datasets are written by transforms",
          "make the dataset's kind 'derived', or remove the transform");
    } else {
      TransformDraft twin = transforms.putIfAbsent(output, draft);
      if (twin != null) {
        problems.add(
            draft.output().where(),
            "TM-SPEC-040",
            "transform '" + output + "' is there twice",
            "the other one is at " + twin.output().where(),
            "remove one of them");
      }
    }
  }

  private void declared(DatasetDraft draft, Map<String, List<Column>> found) {
    if (broken.contains(draft.id().value())) {
      return;
    }
    if (draft.columns().isPresent()) {
      builder.columns(draft.columns().get()).ifPresent(c -> add(draft, c));
    } else if (found.containsKey(draft.id().value())) {
      add(draft, found.get(draft.id().value()));
    } else if (draft.kind() != Kind.DERIVED) {
      problems.add(
          draft.id().where(),
          "TM-SPEC-044",
          "dataset '" + draft.id().value() + "' declares no schema",
          "and no table " + draft.table().value() + " was found to take it from",
          "add 'schema:' with columns and types, or create the table first");
    }
  }

  private void add(DatasetDraft draft, List<Column> columns) {
    Dataset dataset = builder.build(draft, columns);
    built.put(draft.id().value(), dataset);
    if (draft.kind() == Kind.REFERENCE) {
      sql.registerReference(dataset.id(), dataset.schema().columns());
    } else {
      sql.register(dataset.id(), dataset.schema().columns());
    }
  }

  private void parse(TransformDraft draft) {
    if (draft.logic() instanceof SqlDraft query) {
      sql.parse(query.query(), known())
          .ifPresent(parsed -> queries.put(draft.output().value(), parsed));
    }
  }

  /** The names that a transform reads, of those that exist. */
  private List<Located<String>> inputs(TransformDraft draft) {
    SqlAnalyzer.Parsed query = queries.get(draft.output().value());
    List<Located<String>> declared =
        draft.inputs().orElse(query == null ? List.of() : query.tables());
    return declared.stream().filter(i -> known().contains(i.value())).toList();
  }

  private Set<String> known() {
    Set<String> known = new LinkedHashSet<>(datasets.keySet());
    known.addAll(broken);
    return known;
  }

  /** Topological order, as declared where it is free; cycles are reported and left out. */
  private List<TransformDraft> order() {
    transforms.values().forEach(this::checkInputs);
    Map<String, List<String>> uses = new LinkedHashMap<>();
    transforms.forEach(
        (id, t) ->
            uses.put(
                id,
                inputs(t).stream().map(Located::value).filter(transforms::containsKey).toList()));
    TopologicalOrder order = TopologicalOrder.of(uses);
    for (List<String> cycle : order.cycles()) {
      problems.add(
          transforms.get(cycle.get(0)).output().where(),
          "TM-SPEC-045",
          "the transforms form a cycle: " + String.join(" -> ", cycle) + " -> " + cycle.get(0),
          "each is made from the one before it, so none can be made first",
          "break it, for instance by reading a source");
    }
    return order.sorted().stream().map(transforms::get).toList();
  }

  private void checkInputs(TransformDraft draft) {
    String output = draft.output().value();
    for (Located<String> input : draft.inputs().orElse(List.of())) {
      if (!known().contains(input.value())) {
        problems.add(
            input.where(),
            "TM-SPEC-046",
            "unknown input '" + input.value() + "'",
            "",
            NearestName.hint(input.value(), known()));
      }
    }
    SqlAnalyzer.Parsed query = queries.get(output);
    if (draft.inputs().isEmpty() && draft.logic() instanceof ClassDraft) {
      problems.add(
          draft.output().where(),
          "TM-SPEC-047",
          "transform '" + output + "' declares no inputs",
          "they cannot be told from a Java class",
          "add 'inputs:' with the datasets that it reads");
    } else if (draft.inputs().isPresent() && query != null) {
      List<String> read = query.tables().stream().map(Located::value).toList();
      List<String> said = draft.inputs().get().stream().map(Located::value).toList();
      for (Located<String> table : query.tables()) {
        if (!said.contains(table.value())) {
          problems.add(
              table.where(),
              "TM-SPEC-048",
              "the query reads '" + table.value() + "', which is not among the declared inputs",
              "declared at " + draft.output().where() + ": " + String.join(", ", said),
              "add it to 'inputs:', or remove 'inputs:' to have it found");
        }
      }
      for (Located<String> input : draft.inputs().get()) {
        if (!read.contains(input.value()) && known().contains(input.value())) {
          problems.add(
              input.where(),
              "TM-SPEC-048",
              "the query does not read the declared input '" + input.value() + "'",
              "its changes would cause work for nothing",
              "remove it from 'inputs:'");
        }
      }
    }
  }

  private Optional<Transform> analyze(TransformDraft draft) {
    List<Located<String>> inputs = inputs(draft);
    boolean ready = inputs.stream().allMatch(i -> built.containsKey(i.value()));
    SqlAnalyzer.Parsed query = queries.get(draft.output().value());
    if (!ready || inputs.isEmpty()) {
      noInputs(draft, query);
      return Optional.empty();
    }
    List<Dataset> read = inputs.stream().map(i -> built.get(i.value())).toList();
    checkFollows(draft, read);
    if (draft.logic() instanceof ClassDraft code) {
      return javaClass(draft, code, read);
    }
    List<String> names = inputs.stream().map(Located::value).toList();
    boolean agreed =
        query != null && query.tables().stream().allMatch(t -> names.contains(t.value()));
    return agreed && !broken.contains(draft.output().value())
        ? sql(draft, query, read)
        : Optional.empty();
  }

  private Optional<Transform> sql(
      TransformDraft draft, SqlAnalyzer.Parsed query, List<Dataset> read) {
    String output = draft.output().value();
    TransformBuilder transform = new TransformBuilder(problems, datasets.get(output), draft);
    Optional<SqlAnalyzer.Query> analyzed = sql.analyze(query);
    analyzed.ifPresent(
        q -> {
          if (built.containsKey(output)) {
            transform.compare(q.output(), built.get(output).schema());
          } else if (datasets.get(output).columns().isEmpty()) {
            transform.inferred(q.output()).ifPresent(c -> add(datasets.get(output), c));
          }
        });
    if (analyzed.isEmpty() || !built.containsKey(output)) {
      return Optional.empty();
    }
    Analysis analysis = transform.analysis(analyzed.get(), built.get(output), read);
    return Optional.of(transform(draft, new Transform.Sql(query.sql().text()), read, analysis));
  }

  private Optional<Transform> javaClass(TransformDraft draft, ClassDraft code, List<Dataset> read) {
    DatasetDraft output = datasets.get(draft.output().value());
    if (output.columns().isEmpty()) {
      problems.add(
          output.id().where(),
          "TM-JAVA-008",
          "dataset '" + output.id().value() + "' declares no schema",
          "it cannot be told from a Java class",
          "add 'schema:' with the columns that the class gives");
    }
    Optional<String> logic = new JavaAnalyzer(problems).logic(code.className(), code.classpath());
    if (logic.isEmpty() || !built.containsKey(output.id().value())) {
      return Optional.empty();
    }
    Analysis analysis =
        new TransformBuilder(problems, output, draft)
            .opaque(logic.get(), built.get(output.id().value()), read);
    Transform.JavaClass java =
        new Transform.JavaClass(
            code.className().value(),
            code.classpath().stream().map(p -> p.value().toString()).toList());
    return Optional.of(transform(draft, java, read, analysis));
  }

  private static Transform transform(
      TransformDraft draft, Transform.Logic logic, List<Dataset> read, Analysis analysis) {
    return new Transform(
        DatasetId.of(draft.output().value()),
        logic,
        read.stream().map(Dataset::id).toList(),
        draft.window(),
        draft.label(),
        analysis,
        draft.output().where(),
        draft.follows().isEmpty()
            ? Optional.empty()
            : Optional.of(
                new Transform.Following(
                    draft.follows().stream().map(f -> DatasetId.of(f.value())).toList())));
  }

  private void checkFollows(TransformDraft draft, List<Dataset> read) {
    for (Located<String> followed : draft.follows()) {
      Optional<Dataset> input =
          read.stream().filter(d -> d.id().value().equals(followed.value())).findFirst();
      if (input.filter(d -> d.kind() == Dataset.Kind.DERIVED).isEmpty()) {
        problems.add(
            followed.where(),
            "TM-SPEC-055",
            "transform '" + draft.output().value() + "' cannot follow '" + followed.value() + "'",
            input.isEmpty()
                ? "it is not among its inputs"
                : "only slices of a derived dataset close; this is a "
                    + input.get().kind().name().toLowerCase(java.util.Locale.ROOT),
            "name derived inputs, or leave it out of 'follows'");
      }
    }
  }

  private void noInputs(TransformDraft draft, SqlAnalyzer.Parsed query) {
    if (query != null && query.tables().isEmpty() && problems.isEmpty()) {
      problems.add(
          query.sql().at(0, 0),
          "TM-SPEC-049",
          "the query of '" + draft.output().value() + "' reads no dataset",
          "its output would never change",
          "read an input");
    }
  }
}
