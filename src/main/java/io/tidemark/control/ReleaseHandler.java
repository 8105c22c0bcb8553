package io.tidemark.control;

import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.Problem;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.release.Publisher;
import io.tidemark.release.Reverter;
import io.tidemark.release.Runs;
import io.tidemark.store.Store.RunRow;
import java.util.List;
import java.util.Optional;

/** What changes what readers of main see. */
final class ReleaseHandler {
  private final Workplace workplace;

  ReleaseHandler(Workplace workplace) {
    this.workplace = workplace;
  }

  Report.Published publish(Operation.Publish operation) {
    RunRow run = Resolve.run(workplace.store(), operation.run());
    List<Publisher.TablePublished> tables =
        new Publisher(workplace.lake(), workplace.store(), workplace.clock()).publish(run.id());
    return new Report.Published(
        Describe.line(Runs.load(workplace.store(), run.id())),
        tables.stream()
            .filter(t -> t.snapshot() != 0)
            .map(t -> change(run.graph(), t.dataset(), t.snapshot(), t.replaced()))
            .toList());
  }

  Report.Reverted revert(Operation.Revert operation) {
    RunRow run = Resolve.run(workplace.store(), operation.run());
    Optional<DatasetId> dataset =
        operation.dataset().map(name -> Resolve.dataset(run.graph(), name).id());
    Reverter.Scope scope = new Reverter.Scope(dataset, operation.slices());
    List<Reverter.TableReverted> tables =
        new Reverter(workplace.lake(), workplace.store(), workplace.clock())
            .revert(run.graph(), run.id(), scope);
    return new Report.Reverted(
        Describe.line(Runs.load(workplace.store(), run.id())),
        tables.stream()
            .map(t -> change(run.graph(), t.dataset(), t.snapshot(), t.slices()))
            .toList());
  }

  private static Report.TableChange change(
      Graph graph, DatasetId dataset, long snapshot, io.tidemark.model.SliceSet slices) {
    return new Report.TableChange(
        dataset, graph.dataset(dataset).table().toString(), snapshot, slices);
  }

  Report.RolledBack rollback(Operation.Rollback operation) {
    TableRef table = table(operation.table());
    new Reverter(workplace.lake(), workplace.store(), workplace.clock())
        .rollback(table, operation.to(), operation.expectedHead());
    return new Report.RolledBack(table.toString(), operation.expectedHead(), operation.to());
  }

  private TableRef table(String name) {
    if (name.indexOf('.') < 0) {
      Dataset dataset = Resolve.dataset(workplace.graph(), name);
      return dataset.table();
    }
    try {
      return TableRef.parse(name);
    } catch (IllegalArgumentException e) {
      throw TidemarkException.user(
          Problem.of(
              "TM-CONTROL-007",
              "'" + name + "' is no table",
              String.valueOf(e.getMessage()),
              "name a dataset, or a table as namespace.name"));
    }
  }
}
