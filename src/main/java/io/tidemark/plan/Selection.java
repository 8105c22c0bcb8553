package io.tidemark.plan;

import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.Limits;
import io.tidemark.model.ExpectedChange;
import io.tidemark.model.Graph;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a plan is asked to look at.
 *
 * @param datasets the derived datasets that may be rebuilt; empty means all of them. Their inputs
 *     are read from main unless they are named too
 * @param range the event time that may be rebuilt: slices that overlap it
 * @param change the expected change to hold the diff against
 * @param limits how large a build step and the whole plan may be
 * @param corrections if present, only these slices are rebuilt, as far as nothing but late events
 *     or doubts make them stale, and what is made from them
 */
public record Selection(
    SortedSet<DatasetId> datasets,
    Optional<TimeRange> range,
    Optional<String> change,
    Limits limits,
    Optional<SortedMap<DatasetId, SliceSet>> corrections) {

  public Selection {
    datasets = Collections.unmodifiableSortedSet(new TreeSet<>(datasets));
    Objects.requireNonNull(range, "range");
    Objects.requireNonNull(change, "change");
    Objects.requireNonNull(limits, "limits");
    corrections = corrections.map(c -> Collections.unmodifiableSortedMap(new TreeMap<>(c)));
  }

  /** Without regard to what makes slices stale. */
  public Selection(
      SortedSet<DatasetId> datasets,
      Optional<TimeRange> range,
      Optional<String> change,
      Limits limits) {
    this(datasets, range, change, limits, Optional.empty());
  }

  /** Everything that is stale. */
  public static Selection everything(Limits limits) {
    return new Selection(new TreeSet<>(), Optional.empty(), Optional.empty(), limits);
  }

  boolean includes(DatasetId dataset) {
    return datasets.isEmpty() || datasets.contains(dataset);
  }

  /** Those of a dataset's slices that may be rebuilt. */
  SliceSet restrict(DatasetId dataset, SliceSet slices) {
    if (!includes(dataset)) {
      return SliceSet.empty(slices.grain());
    }
    return range.map(r -> Touch.overlapping(slices, TimeRanges.of(r))).orElse(slices);
  }

  List<Problem> check(Graph graph) {
    List<Problem> problems = new ArrayList<>();
    for (DatasetId id : datasets) {
      Optional<Dataset> dataset = graph.find(id);
      if (dataset.isEmpty()) {
        problems.add(
            Problem.of(
                "TM-PLAN-001",
                "unknown dataset '" + id + "'",
                "pipeline '" + graph.name() + "' does not name it",
                "select one of: " + names(graph)));
      } else if (dataset.get().kind() != Dataset.Kind.DERIVED) {
        problems.add(
            Problem.of(
                "TM-PLAN-002",
                "dataset '" + id + "' is not derived",
                "no transform makes it, so there is nothing to rebuild",
                "select one of: " + names(graph)));
      }
    }
    List<String> changes = graph.changes().stream().map(ExpectedChange::name).sorted().toList();
    change
        .filter(name -> !changes.contains(name))
        .ifPresent(
            name ->
                problems.add(
                    Problem.of(
                        "TM-PLAN-003",
                        "unknown expected change '" + name + "'",
                        "the pipeline's changes folder has no file of that name",
                        changes.isEmpty()
                            ? "declare it in changes/" + name + ".yaml"
                            : "use one of: " + String.join(", ", changes))));
    return problems;
  }

  private static String names(Graph graph) {
    return graph.transforms().stream()
        .map(t -> t.output().value())
        .sorted()
        .collect(Collectors.joining(", "));
  }
}
