package io.tidemark.release;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.CheckOutcome;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetDiff.Counts;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Evidence;
import io.tidemark.model.Expectation.Severity;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Grain;
import io.tidemark.model.Plan;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class GateTest {
  private static final DatasetId DAYS = DatasetId.of("days");
  private static final Plan PLAN =
      new Plan(
          Plan.VERSION,
          "p",
          Fingerprint.of("p"),
          Optional.empty(),
          List.of(),
          List.of(new Step.PublishV1("publish-days", DAYS, SliceSet.range(Grain.DAY, 0, 1))),
          Plan.Cost.ZERO);

  private static Evidence evidence(Counts counts, List<String> broken, CheckOutcome... checks) {
    return new Evidence(
        DAYS,
        1,
        7,
        List.of(),
        SliceSet.empty(Grain.DAY),
        new DatasetDiff(counts, new TreeMap<>(), List.of(), List.of(), broken),
        List.of(checks));
  }

  private static List<String> codes(long head, Evidence... evidence) {
    return Gate.problems(PLAN, List.of(evidence), Map.of(DAYS, head)).stream()
        .map(Problem::code)
        .toList();
  }

  @Test
  void nothingStandsAgainstCleanEvidenceOfTheVeryCandidate() {
    CheckOutcome passed = new CheckOutcome("c", Severity.ERROR, 0, "", List.of());
    CheckOutcome warned = new CheckOutcome("w", Severity.WARN, 3, "", List.of());

    assertThat(codes(7, evidence(new Counts(1, 2, 3, 4, 0), List.of(), passed, warned))).isEmpty();
  }

  @Test
  void missingEvidenceIsNotTakenForGood() {
    assertThat(codes(7)).containsExactly("TM-GATE-001");
  }

  @Test
  void evidenceLapsesWhenTheCandidateMoves() {
    assertThat(codes(8, evidence(Counts.ZERO, List.of()))).containsExactly("TM-GATE-002");
    assertThat(Gate.problems(PLAN, List.of(evidence(Counts.ZERO, List.of())), Map.of()))
        .extracting(Problem::code)
        .containsExactly("TM-GATE-002");
  }

  @Test
  void everythingThatStandsAgainstAPublishIsNamedAtOnce() {
    CheckOutcome failed = new CheckOutcome("c", Severity.ERROR, 2, "two rows", List.of(1L));

    assertThat(codes(7, evidence(new Counts(0, 0, 5, 0, 5), List.of("too many added"), failed)))
        .containsExactly("TM-GATE-003", "TM-GATE-004", "TM-GATE-005");
  }
}
