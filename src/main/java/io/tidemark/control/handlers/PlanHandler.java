package io.tidemark.control.handlers;

import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.plan.PlanJson;
import io.tidemark.plan.Planner;
import io.tidemark.plan.Selection;
import io.tidemark.run.FactsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.TreeSet;

/** Makes plans, and reads and writes their files. */
final class PlanHandler {
  private final Workplace workplace;

  PlanHandler(Workplace workplace) {
    this.workplace = workplace;
  }

  Report.Planned plan(Operation.MakePlan operation) {
    Plan plan = plan(workplace.graph(), operation.selection());
    operation.out().ifPresent(file -> write(file, plan));
    return new Report.Planned(plan, PlanJson.hash(plan), operation.out().map(Path::toString));
  }

  Plan plan(Graph graph, Operation.Selection selection) {
    Selection selected = selection(graph, selection);
    Facts facts = new FactsReader(workplace.lake(), workplace.store()).read(graph);
    return Planner.plan(graph, facts, selected);
  }

  private Selection selection(Graph graph, Operation.Selection selection) {
    TreeSet<DatasetId> datasets = new TreeSet<>();
    selection.datasets().forEach(name -> datasets.add(Resolve.dataset(graph, name).id()));
    return new Selection(
        datasets,
        range(selection),
        selection.change().map(name -> Resolve.change(graph, name)),
        workplace.environment().limits());
  }

  private static Optional<TimeRange> range(Operation.Selection selection) {
    if (selection.from().isEmpty() && selection.to().isEmpty()) {
      return Optional.empty();
    }
    Instant from = selection.from().map(text -> start("--from", text)).orElse(Instant.MIN);
    Instant to = selection.to().map(text -> start("--to", text)).orElse(Instant.MAX);
    if (!from.isBefore(to)) {
      throw TidemarkException.user(
          Problem.of(
              "TM-CONTROL-004",
              "--from is not before --to",
              "the range is half open: --to itself is not in it",
              "exchange them, or give the end one later"));
    }
    return Optional.of(new TimeRange(from, to));
  }

  /** Where the year, month, day or hour of a label starts. */
  private static Instant start(String option, String label) {
    try {
      SliceSet hours = Grain.HOUR.parseLabel(label);
      return hours.ranges().ranges().get(0).from();
    } catch (IllegalArgumentException e) {
      throw TidemarkException.user(
          Problem.of(
              "TM-CONTROL-003",
              option + " '" + label + "' is no time",
              String.valueOf(e.getMessage()),
              "write a year, month, day or hour: 2001, 2001-03, 2001-03-01 or 2001-03-01T05"));
    }
  }

  private static void write(Path file, Plan plan) {
    try {
      Files.writeString(file, PlanJson.write(plan) + "\n");
    } catch (IOException e) {
      throw TidemarkException.external(
          Problem.of(
              "TM-CONTROL-005",
              "cannot write the plan to " + file,
              e.getClass().getSimpleName(),
              "give a folder that exists and can be written to"),
          e);
    }
  }

  static Plan read(Path file) {
    try {
      return PlanJson.read(Files.readString(file));
    } catch (IOException e) {
      throw TidemarkException.user(
          Problem.of(
              "TM-CONTROL-006",
              "cannot read the plan " + file,
              e.getClass().getSimpleName(),
              "make one: tidemark plan --out " + file));
    }
  }
}
