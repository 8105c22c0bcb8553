package io.tidemark.control.handlers;

import io.tidemark.control.Report;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Evidence;
import io.tidemark.model.ExpectedChange;
import io.tidemark.model.Plan;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.store.Store.RunRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What is recorded of a run, as reports tell it. */
final class Describe {
  private Describe() {}

  static Report.RunLine line(RunRow run) {
    return new Report.RunLine(
        run.id(),
        run.state(),
        run.plan().change(),
        run.reason(),
        run.created(),
        run.updated(),
        outputs(run.plan()),
        run.plan().cost().slices());
  }

  /** The datasets that a plan rebuilds, in its order. */
  static List<DatasetId> outputs(Plan plan) {
    return plan.steps().stream()
        .filter(step -> step instanceof Step.PublishV1)
        .map(step -> ((Step.PublishV1) step).dataset())
        .toList();
  }

  static Report.RunShown run(RunRow run, List<Evidence> evidence) {
    List<Report.DatasetOutcome> outcomes = new ArrayList<>();
    for (DatasetId id : outputs(run.plan())) {
      Dataset dataset = run.graph().dataset(id);
      outcomes.add(
          of(id, evidence)
              .map(e -> outcome(dataset, e))
              .orElseGet(() -> unverified(run.plan(), dataset)));
    }
    return new Report.RunShown(Optional.of(line(run)), outcomes);
  }

  private static Report.DatasetOutcome unverified(Plan plan, Dataset dataset) {
    SliceSet none = SliceSet.empty(dataset.layout().slice());
    SliceSet planned =
        plan.impacts().stream()
            .filter(i -> i.dataset().equals(dataset.id()))
            .map(Plan.Impact::stale)
            .findFirst()
            .orElse(none);
    return new Report.DatasetOutcome(
        dataset.id(),
        planned,
        none,
        0,
        DatasetDiff.Counts.ZERO,
        List.of(),
        Report.Verdict.UNVERIFIED);
  }

  private static Report.DatasetOutcome outcome(Dataset dataset, Evidence evidence) {
    return new Report.DatasetOutcome(
        dataset.id(),
        slices(dataset, evidence),
        evidence.identical(),
        evidence.slices().stream().mapToLong(s -> s.rows()).sum(),
        evidence.diff().counts(),
        failed(evidence),
        verdict(evidence));
  }

  static Report.DiffShown diff(RunRow run, List<Evidence> evidence) {
    List<Report.DatasetDifference> differences = new ArrayList<>();
    for (DatasetId id : outputs(run.plan())) {
      Dataset dataset = run.graph().dataset(id);
      of(id, evidence)
          .ifPresent(
              e ->
                  differences.add(
                      new Report.DatasetDifference(
                          id,
                          dataset.key(),
                          e.base(),
                          e.candidate(),
                          slices(dataset, e),
                          e.identical(),
                          e.diff(),
                          e.checks(),
                          allowed(run, id),
                          verdict(e))));
    }
    return new Report.DiffShown(line(run), differences);
  }

  private static Optional<Evidence> of(DatasetId dataset, List<Evidence> evidence) {
    return evidence.stream().filter(e -> e.dataset().equals(dataset)).findFirst();
  }

  private static SliceSet slices(Dataset dataset, Evidence evidence) {
    return SliceSet.ofOrdinals(
        dataset.layout().slice(), evidence.slices().stream().mapToLong(s -> s.ordinal()));
  }

  private static List<String> failed(Evidence evidence) {
    return evidence.checks().stream()
        .filter(CheckOutcome::stops)
        .map(CheckOutcome::expectation)
        .distinct()
        .toList();
  }

  private static Report.Verdict verdict(Evidence evidence) {
    if (!evidence.diff().isExplained()) {
      return Report.Verdict.UNEXPLAINED;
    } else if (!failed(evidence).isEmpty()) {
      return Report.Verdict.CHECK_FAILED;
    } else if (evidence.base() == 0) {
      return Report.Verdict.FIRST_BUILD;
    }
    return evidence.diff().counts().different() == 0
        ? Report.Verdict.UNCHANGED
        : Report.Verdict.EXPLAINED;
  }

  private static List<String> allowed(RunRow run, DatasetId dataset) {
    return run.plan()
        .change()
        .flatMap(
            name -> run.graph().changes().stream().filter(c -> c.name().equals(name)).findFirst())
        .map(change -> change.datasets().get(dataset))
        .map(Describe::allowed)
        .orElse(List.of());
  }

  private static List<String> allowed(ExpectedChange.Allowed allowed) {
    List<String> texts = new ArrayList<>();
    texts.add("columns " + String.join(", ", allowed.columns()));
    allowed.where().ifPresent(w -> texts.add("where " + w));
    allowed.relation().ifPresent(r -> texts.add("such that " + r));
    texts.add(bounds("added", allowed.added()));
    texts.add(bounds("removed", allowed.removed()));
    for (ExpectedChange.Total total : allowed.totals()) {
      texts.add(
          "total of "
              + total.column()
              + " moves by "
              + number(total.min())
              + (total.min() == total.max() ? "" : " to " + number(total.max())));
    }
    return texts;
  }

  private static String bounds(String what, ExpectedChange.Bounds bounds) {
    if (bounds.max() == 0) {
      return "no row " + what;
    } else if (bounds.equals(ExpectedChange.Bounds.ANY)) {
      return "any rows " + what;
    }
    String most = bounds.max() == Long.MAX_VALUE ? "" : " to " + bounds.max();
    return bounds.min() + (most.isEmpty() ? " or more" : most) + " rows " + what;
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
