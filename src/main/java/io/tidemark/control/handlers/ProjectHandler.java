package io.tidemark.control.handlers;

import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.ExpectedChange;
import io.tidemark.model.Graph;
import io.tidemark.spec.ProjectTemplate;
import java.nio.file.Path;
import java.util.List;

/** What is about jobs/ and config/ alone. */
final class ProjectHandler {
  private final Workplace workplace;

  ProjectHandler(Workplace workplace) {
    this.workplace = workplace;
  }

  Report.Validated validate() {
    Graph graph = workplace.graph();
    return new Report.Validated(
        graph.name(),
        graph.revision(),
        ids(graph, Dataset.Kind.SOURCE),
        ids(graph, Dataset.Kind.REFERENCE),
        ids(graph, Dataset.Kind.DERIVED),
        graph.changes().stream().map(ExpectedChange::name).toList());
  }

  private static List<DatasetId> ids(Graph graph, Dataset.Kind kind) {
    return graph.datasets().stream().filter(d -> d.kind() == kind).map(Dataset::id).toList();
  }

  Report.GraphShown graph() {
    return new Report.GraphShown(workplace.graph());
  }

  static Report.Initialised init(Operation.Init operation) {
    List<Path> files = ProjectTemplate.write(operation.directory());
    return new Report.Initialised(
        operation.directory().toString(), files.stream().map(Path::toString).toList());
  }
}
