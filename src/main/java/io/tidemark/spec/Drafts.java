package io.tidemark.spec;

import io.tidemark.model.Dataset;
import io.tidemark.model.Expectation;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.Location;
import io.tidemark.model.TableRef;
import io.tidemark.model.Topic;
import io.tidemark.model.Transform;
import io.tidemark.spec.sql.SqlCheck;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Snippet;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What the YAML files say, each thing with its place, before anything is put together. */
final class Drafts {
  private Drafts() {}

  /**
   * @param broken names of datasets and transforms with problems of their own, so that nothing is
   *     said of what follows from these
   */
  record Pipeline(
      String name,
      List<DatasetDraft> datasets,
      List<TransformDraft> transforms,
      Set<String> broken) {
    Pipeline {
      datasets = List.copyOf(datasets);
      transforms = List.copyOf(transforms);
      broken = Set.copyOf(broken);
    }
  }

  /**
   * @param columns empty when the schema is not declared
   */
  record DatasetDraft(
      Located<String> id,
      Dataset.Kind kind,
      Located<TableRef> table,
      Optional<List<ColumnDraft>> columns,
      List<Located<String>> key,
      LayoutDraft layout,
      GovernanceDraft governance,
      Optional<Located<Topic>> topic) {}

  record ColumnDraft(Located<String> name, Located<String> type) {}

  record LayoutDraft(
      Optional<Located<String>> eventTime,
      Optional<Located<Grain>> partition,
      Optional<Located<Grain>> slice) {}

  record GovernanceDraft(
      Governance.Tier tier,
      String owner,
      String description,
      List<ExpectationDraft> expectations) {}

  /**
   * An expectation and what in it can only be checked against the whole graph.
   *
   * @param columns names of columns of the dataset itself
   * @param others columns of other datasets
   * @param sql predicates and aggregates
   */
  record ExpectationDraft(
      Expectation expectation,
      Location where,
      List<Located<String>> columns,
      List<OtherColumn> others,
      List<SqlCheck> sql) {}

  /** A reference to another dataset, and to a column of it. */
  record OtherColumn(Located<String> dataset, Optional<Located<String>> column) {}

  record TransformDraft(
      Located<String> output,
      LogicDraft logic,
      Optional<List<Located<String>>> inputs,
      Transform.Window window,
      String label,
      List<Located<String>> follows) {
    TransformDraft {
      follows = List.copyOf(follows);
    }
  }

  sealed interface LogicDraft permits SqlDraft, ClassDraft {}

  record SqlDraft(Snippet query) implements LogicDraft {}

  record ClassDraft(Located<String> className, List<Located<Path>> classpath)
      implements LogicDraft {}
}
