package io.tidemark.control.handlers;

import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.control.SliceLine;
import io.tidemark.control.StampedCommit;
import io.tidemark.lake.Lake.Committed;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts;
import io.tidemark.model.Facts.SliceFiles;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.Slice;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.plan.Planner;
import io.tidemark.plan.Selection;
import io.tidemark.run.FactsReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What the tables hold, from metadata alone. */
final class StateHandler {
  private static final int RUNS_SHOWN = 5;

  private final Workplace workplace;

  StateHandler(Workplace workplace) {
    this.workplace = workplace;
  }

  Report.StatusShown status() {
    Graph graph = workplace.graph();
    Facts facts = new FactsReader(workplace.lake(), workplace.store()).read(graph);
    Plan plan =
        Planner.assess(graph, facts, Selection.everything(workplace.environment().limits())).plan();
    Map<DatasetId, Plan.Impact> impacts =
        plan.impacts().stream()
            .collect(Collectors.toMap(Plan.Impact::dataset, Function.identity()));
    List<Report.DatasetStatus> datasets =
        graph.datasets().stream()
            .map(d -> status(d, facts.tables().get(d.id()), impacts.get(d.id())))
            .toList();
    List<Report.RunLine> open =
        workplace.store().runs(RUNS_SHOWN).stream()
            .filter(RunHandler::isOpen)
            .map(Describe::line)
            .toList();
    return new Report.StatusShown(graph.name(), datasets, open);
  }

  private static Report.DatasetStatus status(
      Dataset dataset, TableFacts facts, Plan.Impact impact) {
    List<SliceFiles> inventory = facts == null ? List.of() : facts.inventory();
    SliceSet none = SliceSet.empty(dataset.layout().slice());
    SliceSet present =
        SliceSet.ofOrdinals(
            dataset.layout().slice(),
            inventory.stream().filter(f -> f.files() > 0).mapToLong(SliceFiles::ordinal));
    return new Report.DatasetStatus(
        dataset.id(),
        dataset.kind(),
        dataset.table().toString(),
        facts == null ? Optional.empty() : facts.head(),
        inventory.stream().mapToLong(SliceFiles::rows).sum(),
        inventory.stream().mapToLong(SliceFiles::files).sum(),
        inventory.stream().mapToLong(SliceFiles::bytes).sum(),
        present,
        impact == null ? none : impact.reused(),
        impact == null ? none : impact.stale(),
        open(dataset, Optional.ofNullable(facts), present),
        impact == null ? List.of() : impact.reasons());
  }

  /** A source is never closed: what comes late for it is a row like any other. */
  private static SliceSet open(Dataset dataset, Optional<TableFacts> facts, SliceSet slices) {
    return facts
        .filter(f -> dataset.kind() == Dataset.Kind.DERIVED)
        .flatMap(TableFacts::live)
        .map(mark -> mark.open(slices))
        .orElse(SliceSet.empty(slices.grain()));
  }

  /** What a live job still writes to, of what a table holds. */
  static SliceSet open(Dataset dataset, Optional<TableFacts> facts) {
    return open(
        dataset,
        facts,
        SliceSet.ofOrdinals(
            dataset.layout().slice(),
            facts.map(TableFacts::inventory).orElse(List.of()).stream()
                .mapToLong(SliceFiles::ordinal)));
  }

  Report.SlicesShown slices(Operation.ShowSlices operation) {
    Dataset dataset = Resolve.dataset(workplace.graph(), operation.dataset());
    Optional<TableFacts> facts = workplace.lake().facts(dataset, Set.of());
    Map<Long, SliceRecord> ledger =
        facts.map(TableFacts::ledger).orElse(List.of()).stream()
            .collect(Collectors.toMap(SliceRecord::ordinal, Function.identity()));
    List<SliceLine> lines = new ArrayList<>();
    for (SliceFiles files : facts.map(TableFacts::inventory).orElse(List.of())) {
      SliceSet slice = SliceSet.of(new Slice(dataset.layout().slice(), files.ordinal()));
      Optional<SliceRecord> record = Optional.ofNullable(ledger.get(files.ordinal()));
      lines.add(
          new SliceLine(
              dataset.layout().slice().label(files.ordinal()),
              files.rows(),
              files.files(),
              files.bytes(),
              record.map(r -> r.hash().toString()),
              record.map(r -> r.maker().toString()),
              open(dataset, facts, slice).isEmpty()
                  ? SliceLine.State.CLOSED
                  : SliceLine.State.OPEN));
    }
    return new Report.SlicesShown(
        dataset.id(), dataset.table().toString(), facts.flatMap(TableFacts::head), lines);
  }

  Report.HistoryShown history(Operation.ShowHistory operation) {
    Dataset dataset = Resolve.dataset(workplace.graph(), operation.dataset());
    List<StampedCommit> commits =
        workplace.lake().stamps(dataset.table(), "main").stream()
            .limit(Math.max(0, operation.limit()))
            .map(StateHandler::commit)
            .toList();
    return new Report.HistoryShown(
        dataset.id(),
        dataset.table().toString(),
        workplace.lake().head(dataset.table(), "main"),
        commits);
  }

  private static StampedCommit commit(Committed committed) {
    Stamp stamp = committed.stamp();
    return new StampedCommit(
        committed.snapshot(),
        committed.parent(),
        committed.at(),
        stamp.kind(),
        stamp.origin().run(),
        stamp.origin().plan(),
        stamp.origin().analysis().map(a -> a.fingerprint()),
        stamp.origin().pins().entrySet().stream()
            .map(e -> e.getKey() + "@" + e.getValue().snapshot())
            .toList(),
        stamp.content().sliceSet(),
        stamp.content().slices().stream().mapToLong(Stamp.SliceDigest::rows).sum(),
        stamp.note());
  }
}
