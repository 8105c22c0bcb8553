package io.tidemark.control.handlers;

import io.tidemark.model.Dataset;
import io.tidemark.model.ExpectedChange;
import io.tidemark.model.Graph;
import io.tidemark.model.NearestName;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** From what people type to what is meant, or a problem that names what could be meant. */
final class Resolve {
  private static final int RUNS_LOOKED_AT = 1000;
  private static final int RUNS_NAMED = 5;

  private Resolve() {}

  static Dataset dataset(Graph graph, String name) {
    return graph.datasets().stream()
        .filter(d -> d.id().value().equals(name))
        .findFirst()
        .orElseThrow(() -> TidemarkException.user(unknown(graph, name)));
  }

  /** Slices as people write them: {@code 2001-03}, {@code 2001-03..2001-05}, by commas. */
  static SliceSet slices(Dataset dataset, String text) {
    try {
      return SliceSet.parse(dataset.layout().slice(), text);
    } catch (IllegalArgumentException e) {
      throw TidemarkException.user(
          Problem.of(
              "TM-CONTROL-012",
              "'" + text + "' names no slices of '" + dataset.id() + "'",
              String.valueOf(e.getMessage()),
              "write them like 2001-03 or 2001-03..2001-05"));
    }
  }

  private static Problem unknown(Graph graph, String name) {
    List<String> known = graph.datasets().stream().map(d -> d.id().value()).toList();
    return Problem.of(
        "TM-CONTROL-001",
        "unknown dataset '" + name + "'",
        "pipeline '" + graph.name() + "' does not name it",
        NearestName.of(name, known)
            .map(near -> "did you mean '" + near + "'?")
            .orElse("use one of " + String.join(", ", known)));
  }

  /** {@code latest}, a run's id, or the start of one that no other run has. */
  static RunRow run(Store store, String text) {
    List<RunRow> runs = store.runs(RUNS_LOOKED_AT);
    if (text.equals("latest") && !runs.isEmpty()) {
      return runs.get(0);
    }
    Optional<RunRow> exact = runs.stream().filter(r -> r.id().value().equals(text)).findFirst();
    if (exact.isPresent()) {
      return exact.get();
    }
    List<RunRow> starting = runs.stream().filter(r -> r.id().value().startsWith(text)).toList();
    if (starting.size() == 1 && !text.isEmpty()) {
      return starting.get(0);
    }
    List<RunRow> named = starting.isEmpty() ? runs : starting;
    String names =
        named.stream().limit(RUNS_NAMED).map(r -> r.id().value()).collect(Collectors.joining(", "));
    throw TidemarkException.user(
        Problem.of(
            "TM-CONTROL-002",
            starting.isEmpty() ? "there is no run '" + text + "'" : "'" + text + "' is not unique",
            starting.isEmpty() ? "" : "more than one run starts like that",
            runs.isEmpty()
                ? "make one: tidemark run"
                : "use latest or one of " + names + "; tidemark runs lists them"));
  }

  /** An expected change by its name, or by its file. */
  static String change(Graph graph, String text) {
    String file = text.substring(text.lastIndexOf('/') + 1);
    String name = file.endsWith(".yaml") ? file.substring(0, file.length() - 5) : file;
    List<String> known = graph.changes().stream().map(ExpectedChange::name).toList();
    if (!known.contains(name)) {
      throw TidemarkException.user(
          Problem.of(
              "TM-CONTROL-008",
              "unknown expected change '" + text + "'",
              "pipeline '" + graph.name() + "' declares none of that name",
              NearestName.of(name, known)
                  .map(near -> "did you mean '" + near + "'?")
                  .orElse(
                      known.isEmpty()
                          ? "declare it in the pipeline's changes/" + name + ".yaml"
                          : "use one of " + String.join(", ", known))));
    }
    return name;
  }
}
