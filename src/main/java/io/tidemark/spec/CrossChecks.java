package io.tidemark.spec;

import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.Dataset.Kind;
import io.tidemark.model.Expectation;
import io.tidemark.model.NearestName;
import io.tidemark.model.Schema;
import io.tidemark.spec.ChangeReader.ChangeDraft;
import io.tidemark.spec.Drafts.DatasetDraft;
import io.tidemark.spec.Drafts.ExpectationDraft;
import io.tidemark.spec.Drafts.OtherColumn;
import io.tidemark.spec.sql.SqlAnalyzer;
import io.tidemark.spec.sql.SqlCheck;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Checks that need the schemas of several datasets: expectations and expected changes. */
final class CrossChecks {
  private static final Set<String> NUMBERS = Set.of("INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL");

  private final Problems problems;
  private final DatasetBuilder builder;
  private final SqlAnalyzer sql;
  private final Map<String, Dataset> built;
  private final Map<String, DatasetDraft> drafts;
  private final Set<String> known;

  /**
   * @param built the datasets whose columns are known
   * @param drafts all datasets that could be read
   * @param known the names of all datasets
   */
  CrossChecks(
      Problems problems,
      DatasetBuilder builder,
      SqlAnalyzer sql,
      Map<String, Dataset> built,
      Map<String, DatasetDraft> drafts,
      Set<String> known) {
    this.problems = problems;
    this.builder = builder;
    this.sql = sql;
    this.built = built;
    this.drafts = drafts;
    this.known = known;
  }

  void check(List<ChangeDraft> changes) {
    for (DatasetDraft dataset : drafts.values()) {
      for (ExpectationDraft expectation : dataset.governance().expectations()) {
        expectation(dataset, expectation);
      }
    }
    Map<String, ChangeDraft> names = new HashMap<>();
    for (ChangeDraft change : changes) {
      ChangeDraft twin = names.putIfAbsent(change.change().name(), change);
      if (twin != null) {
        problems.add(
            change.change().where(),
            "TM-SPEC-050",
            "expected change '" + change.change().name() + "' is there twice",
            "the other one is " + twin.change().where(),
            "rename one of the files");
      }
      change.uses().forEach(this::use);
    }
  }

  private void expectation(DatasetDraft dataset, ExpectationDraft draft) {
    if (dataset.kind() != Kind.DERIVED) {
      problems.add(
          draft.where(),
          "TM-SPEC-035",
          "an expectation on "
              + dataset.kind().name().toLowerCase(Locale.ROOT)
              + " '"
              + dataset.id().value()
              + "' is never checked",
          "expectations are checked on what a run writes",
          "put it on a derived dataset");
      return;
    }
    if (draft.expectation().rule() instanceof Expectation.Golden) {
      for (Located<String> key : dataset.key()) {
        if (draft.columns().stream().noneMatch(c -> c.value().equals(key.value()))) {
          problems.add(
              draft.where(),
              "TM-SPEC-036",
              "the golden file lacks the key column '" + key.value() + "'",
              "its rows are found by key",
              "add the column");
        }
      }
    }
    for (OtherColumn other : draft.others()) {
      String name = other.dataset().value();
      if (!known.contains(name)) {
        problems.add(
            other.dataset().where(),
            "TM-SPEC-046",
            "unknown dataset '" + name + "'",
            "",
            NearestName.hint(name, known));
      } else if (built.containsKey(name)) {
        other.column().ifPresent(c -> builder.exists(c, name, built.get(name).schema()));
      }
    }
    for (SqlCheck check : draft.sql()) {
      String table = check.dataset().orElse(dataset.id().value());
      if (built.containsKey(table) && columnsExist(draft, dataset)) {
        sql.check(check, table);
      }
    }
  }

  private boolean columnsExist(ExpectationDraft draft, DatasetDraft dataset) {
    Dataset whole = built.get(dataset.id().value());
    return whole != null
        && draft.columns().stream().allMatch(c -> whole.schema().find(c.value()).isPresent());
  }

  private void use(ChangeReader.Use use) {
    String name = use.dataset().value();
    DatasetDraft draft = drafts.get(name);
    if (draft == null && known.contains(name)) {
      return;
    } else if (draft == null) {
      problems.add(
          use.dataset().where(),
          "TM-SPEC-051",
          "unknown dataset '" + name + "' in an expected change",
          "",
          NearestName.hint(name, known));
      return;
    }
    if (draft.kind() != Kind.DERIVED) {
      problems.add(
          use.dataset().where(),
          "TM-SPEC-051",
          "'" + name + "' is no derived dataset",
          "only these are changed by a run",
          "remove it from the expected change");
      return;
    }
    Dataset dataset = built.get(name);
    if (dataset == null) {
      return;
    }
    Schema schema = dataset.schema();
    for (Located<String> column : use.columns()) {
      if (column.value().equals("*") && use.columns().size() == 1) {
        continue;
      }
      if (builder.exists(column, name, schema) && dataset.key().contains(column.value())) {
        problems.add(
            column.where(),
            "TM-SPEC-053",
            "column '" + column.value() + "' is part of the key of '" + name + "'",
            "a row with another key is another row: one added, one removed",
            "remove it, and allow 'added:' and 'removed:' rows");
      }
    }
    for (Located<String> column : use.totals()) {
      if (builder.exists(column, name, schema)) {
        String type = schema.find(column.value()).orElseThrow().type();
        if (!NUMBERS.contains(type.replaceAll("\\(.*", ""))) {
          problems.add(
              column.where(),
              "TM-SPEC-054",
              "column '" + column.value() + "' of type " + type + " has no total",
              "",
              "use a column of numbers");
        }
      }
    }
    List<Column> sides = new ArrayList<>();
    for (String side : List.of("old_", "new_")) {
      schema.columns().forEach(c -> sides.add(Column.nullable(side + c.name(), c.type())));
    }
    use.predicates().forEach(p -> sql.checkPredicate(sides, p));
  }
}
