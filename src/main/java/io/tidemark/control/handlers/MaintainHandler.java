package io.tidemark.control.handlers;

import io.tidemark.control.Maintained;
import io.tidemark.control.Operation;
import io.tidemark.control.Watcher;
import io.tidemark.live.Maintenance;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts;
import io.tidemark.model.Graph;
import io.tidemark.run.FactsReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Keeps tables small. */
final class MaintainHandler {
  private final Workplace workplace;
  private final Watcher watcher;

  MaintainHandler(Workplace workplace, Watcher watcher) {
    this.workplace = workplace;
    this.watcher = watcher;
  }

  Maintained maintain(Operation.Maintain operation) {
    Graph graph = workplace.graph();
    List<DatasetId> only =
        operation.datasets().stream().map(name -> Resolve.dataset(graph, name).id()).toList();
    Facts facts = new FactsReader(workplace.lake(), workplace.store()).read(graph);
    Maintenance maintenance =
        new Maintenance(
            workplace.lake(),
            workplace::cluster,
            workplace.environment().catalog(),
            workplace.environment().limits(),
            workplace.clock());
    List<Maintained.Table> tables = new ArrayList<>();
    for (Dataset dataset : graph.datasets()) {
      if (only.isEmpty() || only.contains(dataset.id())) {
        line(dataset, maintenance.run(graph, facts, dataset.id(), watcher::note))
            .ifPresent(tables::add);
        for (Dataset side : maintenance.beside(graph, dataset)) {
          line(side, maintenance.run(graph, dataset, side, watcher::note)).ifPresent(tables::add);
        }
      }
    }
    return new Maintained(tables);
  }

  private static Optional<Maintained.Table> line(Dataset dataset, Maintenance.Done done) {
    return done.isNothing()
        ? Optional.empty()
        : Optional.of(
            new Maintained.Table(
                dataset.id(),
                done.compacted(),
                done.left(),
                done.filesBefore(),
                done.filesAfter(),
                done.expired(),
                done.problems()));
  }
}
