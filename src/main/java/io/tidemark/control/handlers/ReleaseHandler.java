package io.tidemark.control.handlers;

import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.control.RolledBack;
import io.tidemark.lake.Lake;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.Problem;
import io.tidemark.model.RunState;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.rollback.Setback;
import io.tidemark.model.rollback.Terms;
import io.tidemark.release.Publisher;
import io.tidemark.release.Reverter;
import io.tidemark.release.Runs;
import io.tidemark.rollback.Rollbacks;
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
            .toList(),
        run.state() == RunState.PUBLISHED
            ? Report.Published.When.BEFORE
            : Report.Published.When.NOW);
  }

  Report.Reverted revert(Operation.Revert operation) {
    RunRow run = Resolve.run(workplace.store(), operation.run());
    Optional<DatasetId> dataset =
        operation.dataset().map(name -> Resolve.dataset(run.graph(), name).id());
    Reverter.Scope scope = new Reverter.Scope(dataset, operation.slices());
    Reverter reverter = new Reverter(workplace.lake(), workplace.store(), workplace.clock());
    List<Reverter.TableReverted> tables =
        operation.act() == Terms.Act.LOOK
            ? reverter.look(run.graph(), run.id(), scope)
            : reverter.revert(run.graph(), run.id(), scope);
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

  RolledBack rollback(Operation.Rollback operation) {
    Rollbacks rollbacks =
        new Rollbacks(
            workplace.lake(),
            workplace.store(),
            workplace.liveJobs(),
            workplace.environment().streaming(),
            workplace.clock());
    Terms terms = operation.terms();
    Rollbacks.Request request =
        new Rollbacks.Request(
            workplace.graph(),
            table(operation.table()),
            operation.to(),
            operation.expectedHead(),
            terms.live());
    Setback setback =
        terms.act() == Terms.Act.LOOK
            ? rollbacks.look(request)
            : rollbacks.go(request, new Lake.Reason(terms.who(), terms.why()));
    return new RolledBack(terms.act(), setback);
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
