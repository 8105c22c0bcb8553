package io.tidemark.plan;

import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts;
import io.tidemark.model.Facts.Refusal;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Transform;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Finds everything that stands in the way of a rebuild, before it starts. */
final class Obstacles {
  private final Graph graph;
  private final Map<DatasetId, Dataset> datasets = new HashMap<>();
  private final Facts facts;
  private final Selection selection;

  Obstacles(Graph graph, Facts facts, Selection selection) {
    this.graph = graph;
    graph.datasets().forEach(d -> datasets.put(d.id(), d));
    this.facts = facts;
    this.selection = selection;
  }

  List<Problem> find(List<Work> rebuilt) {
    List<Problem> problems = new ArrayList<>(timeless());
    problems.addAll(missingInputs(rebuilt));
    for (Work work : rebuilt) {
      problems.addAll(table(work));
    }
    long slices = rebuilt.stream().mapToLong(w -> w.stale().count()).sum();
    if (slices > selection.limits().maxSlices()) {
      problems.add(
          Problem.of(
              "TM-PLAN-006",
              "the plan rebuilds "
                  + slices
                  + " slices, over the limit of "
                  + selection.limits().maxSlices(),
              "a run of this size is more often a mistake than meant",
              "narrow it with --select, --from or --to, or raise limits.maxSlices"));
    }
    return problems;
  }

  private List<Problem> timeless() {
    List<Problem> problems = new ArrayList<>();
    for (Transform transform : graph.transforms()) {
      boolean sliced = grain(transform.output()) != Grain.ALL;
      boolean noTime = transform.inputs().stream().allMatch(i -> grain(i) == Grain.ALL);
      if (selection.includes(transform.output()) && sliced && noTime) {
        problems.add(
            Problem.at(
                transform.where(),
                "TM-PLAN-007",
                "no input of '" + transform.output() + "' has event time, but it has itself",
                "which slices there are cannot be told from its inputs",
                "declare event time on an input, or none on '" + transform.output() + "'"));
      }
    }
    return problems;
  }

  private List<Problem> missingInputs(List<Work> rebuilt) {
    Set<DatasetId> outputs = new HashSet<>();
    rebuilt.forEach(w -> outputs.add(w.dataset().id()));
    Set<DatasetId> missing = new TreeSet<>();
    for (Work work : rebuilt) {
      for (DatasetId input : work.transform().inputs()) {
        if (!outputs.contains(input) && facts(input).flatMap(TableFacts::head).isEmpty()) {
          missing.add(input);
        }
      }
    }
    return missing.stream().map(this::missing).toList();
  }

  private Problem missing(DatasetId input) {
    Dataset dataset = datasets.get(input);
    String table = "table " + dataset.table();
    return Problem.of(
        "TM-PLAN-005",
        "input '" + input + "' holds nothing yet",
        table + (facts(input).isEmpty() ? " does not exist" : " has no snapshot to read"),
        dataset.kind() == Dataset.Kind.DERIVED
            ? "build it first, or select it too"
            : "load rows into it: tidemark load " + input + " FILE");
  }

  private List<Problem> table(Work work) {
    List<Problem> problems = new ArrayList<>();
    Optional<TableFacts> table = facts(work.dataset().id());
    for (TableFacts t : table.stream().toList()) {
      for (String broken : SchemaChange.between(t.schema(), work.dataset().schema()).broken()) {
        problems.add(
            Problem.at(
                work.transform().where(),
                "TM-PLAN-004",
                "table "
                    + work.dataset().table()
                    + " does not fit '"
                    + work.dataset().id()
                    + "': "
                    + broken,
                "only nullable columns can be added to a table that readers use",
                "give the dataset a new table name, or declare the column as the table has it"));
      }
      for (Refusal refusal : t.refusals()) {
        if (concerns(refusal.slices(), work.stale())) {
          problems.add(refusal.problem());
        }
      }
    }
    return problems;
  }

  private static boolean concerns(SliceSet refused, SliceSet stale) {
    return refused.grain() != stale.grain() || refused.overlaps(stale);
  }

  private Grain grain(DatasetId id) {
    return datasets.get(id).layout().slice();
  }

  private Optional<TableFacts> facts(DatasetId id) {
    return Optional.ofNullable(facts.tables().get(id));
  }
}
