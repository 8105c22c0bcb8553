package io.tidemark.release;

import io.tidemark.model.CheckOutcome;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Evidence;
import io.tidemark.model.Plan;
import io.tidemark.model.Problem;
import io.tidemark.model.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Decides from evidence alone what stands against a publish. Pure. */
public final class Gate {
  private Gate() {}

  /**
   * @param heads the present head of the run's branch per dataset; 0 or absent for none
   * @return what stands against publishing; empty when nothing does
   */
  public static List<Problem> problems(
      Plan plan, List<Evidence> evidence, Map<DatasetId, Long> heads) {
    List<Problem> problems = new ArrayList<>();
    for (DatasetId dataset : published(plan)) {
      Optional<Evidence> found =
          evidence.stream().filter(e -> e.dataset().equals(dataset)).findFirst();
      if (found.isEmpty()) {
        problems.add(
            Problem.of(
                "TM-GATE-001",
                "there is no evidence for " + dataset,
                "its candidate was not checked to the end",
                "repeat the run; it resumes where it stopped"));
      } else {
        problems.addAll(problems(found.get(), heads.getOrDefault(dataset, 0L)));
      }
    }
    return problems;
  }

  /** The datasets that a plan publishes, in order. */
  static List<DatasetId> published(Plan plan) {
    return plan.steps().stream()
        .filter(step -> step instanceof Step.PublishV1)
        .map(step -> ((Step.PublishV1) step).dataset())
        .toList();
  }

  private static List<Problem> problems(Evidence evidence, long head) {
    List<Problem> problems = new ArrayList<>();
    DatasetId dataset = evidence.dataset();
    if (head != evidence.candidate()) {
      problems.add(
          Problem.of(
              "TM-GATE-002",
              "the candidate of " + dataset + " moved since it was checked",
              "the evidence is of snapshot " + evidence.candidate() + ", the branch is at " + head,
              "repeat the run, so that what is there now is checked"));
    }
    DatasetDiff diff = evidence.diff();
    if (diff.counts().unexplained() > 0) {
      problems.add(
          Problem.of(
              "TM-GATE-003",
              String.format(
                  Locale.ROOT,
                  "%,d rows of %s differ without explanation",
                  diff.counts().unexplained(),
                  dataset),
              "no expected change covers them",
              "look at them with diff; correct the transform, or declare the change under"
                  + " changes/ and run again with --change NAME"));
    }
    for (String broken : diff.broken()) {
      problems.add(
          Problem.of(
              "TM-GATE-004",
              dataset + ": " + broken,
              "the expected change declares another bound",
              "look at the rows with diff; correct the transform or the declared bound"));
    }
    for (CheckOutcome check : evidence.checks()) {
      if (!check.passed() && check.expectation().equals(CheckOutcome.CONSERVATION)) {
        problems.add(
            Problem.of(
                "TM-GATE-006",
                "rows of " + dataset + " were lost or doubled on the way: " + check.detail(),
                check.violations() + " rows do not add up",
                "abandon the run and plan again; if it stays so, look for what else writes to the"
                    + " run's branch, and for damaged files of the inputs"));
      } else if (check.stops()) {
        problems.add(
            Problem.of(
                "TM-GATE-005",
                "check " + check.expectation() + " of " + dataset + " failed: " + check.detail(),
                check.violations() + " violations",
                "correct the transform, or the expectation if it asks for the wrong thing"));
      }
    }
    return problems;
  }
}
