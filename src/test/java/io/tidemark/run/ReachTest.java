package io.tidemark.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.Plan.ChangeKind;
import io.tidemark.model.Plan.Impact;
import io.tidemark.model.Plan.Reason;
import io.tidemark.model.SliceSet;
import io.tidemark.testing.Shop;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReachTest {
  private static final Graph GRAPH = Shop.graph("TRUE");
  private static final SliceSet JANUARY = days("2001-01");
  private static final SliceSet FEBRUARY = days("2001-02");

  private static SliceSet days(String text) {
    return SliceSet.parse(Grain.DAY, text);
  }

  private static SliceSet months(String text) {
    return SliceSet.parse(Grain.MONTH, text);
  }

  private static Impact impact(DatasetId dataset, Reason... reasons) {
    Grain grain = GRAPH.dataset(dataset).layout().slice();
    SliceSet stale =
        Arrays.stream(reasons).map(Reason::slices).reduce(SliceSet.empty(grain), SliceSet::union);
    return new Impact(dataset, 1, stale, SliceSet.empty(grain), List.of(reasons), Plan.Cost.ZERO);
  }

  private static Reach reach(Impact... impacts) {
    return new Reach(
        GRAPH,
        new Plan(
            Plan.VERSION,
            "shop",
            GRAPH.revision(),
            Optional.empty(),
            List.of(impacts),
            List.of(),
            Plan.Cost.ZERO));
  }

  @Test
  void codeNeedsAnExplanationAndWhatIsMadeFromItToo() {
    Reach reach =
        reach(
            impact(
                Shop.CLEAN,
                new Reason(ChangeKind.LOGIC, JANUARY, ""),
                new Reason(ChangeKind.INPUT_DATA, FEBRUARY, "")),
            impact(Shop.TOTALS, new Reason(ChangeKind.UPSTREAM, months("2001-01..2001-02"), "")));

    assertThat(reach.needsExplanation(Shop.CLEAN)).isEqualTo(JANUARY);
    assertThat(reach.needsExplanation(Shop.TOTALS)).isEqualTo(months("2001-01"));
  }

  @Test
  void rowsThatCameLateAndSlicesThatAreNewNeedNone() {
    Reach reach =
        reach(
            impact(
                Shop.CLEAN,
                new Reason(ChangeKind.INPUT_DATA, JANUARY, ""),
                new Reason(ChangeKind.ADDED, FEBRUARY, ""),
                new Reason(ChangeKind.SCHEMA_COMPATIBLE, JANUARY, "")));

    assertThat(reach.needsExplanation(Shop.CLEAN).isEmpty()).isTrue();
  }

  @Test
  void onlyWhatHasNoOtherReasonMayBePassedOver() {
    Reach reach =
        reach(
            impact(
                Shop.TOTALS,
                new Reason(ChangeKind.UPSTREAM, months("2001-01..2001-03"), ""),
                new Reason(ChangeKind.LOGIC, months("2001-02"), ""),
                new Reason(ChangeKind.METADATA_ONLY, months("2001-01"), "")));

    assertThat(reach.onlyUpstream(Shop.TOTALS)).isEqualTo(months("2001-01,2001-03"));
  }

  @Test
  void anInputRangeReachesTheSlicesWhoseWindowItTouches() {
    assertThat(
            Reach.reached(
                months("2001-01..2001-12"),
                days("2001-02-28").ranges(),
                GRAPH.transformOf(Shop.TOTALS).orElseThrow()))
        .isEqualTo(months("2001-02"));
  }
}
