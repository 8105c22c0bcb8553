package io.tidemark.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Changes;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveMark.Doubt;
import io.tidemark.model.Plan;
import io.tidemark.model.Plan.ChangeKind;
import io.tidemark.model.Plan.Impact;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Transform.Window;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Plans beside live jobs. */
class LiveTablesTest {
  private static final long JAN_5 = Grain.DAY.parseLabel("2001-01-05").ordinals().min().orElse(0);
  private static final Code CLEAN = Code.of("filter 1", "ts", "delay").reading("events", "delay");
  private static final Code TOTALS = Code.of("group by day", "ts", "sum").reading("clean", "delay");

  private final World world = new World();

  private static Pipeline pipeline(Code clean, Window window) {
    return new Pipeline()
        .source("events", Grain.DAY, "delay", "km")
        .derived("clean", Grain.DAY, window, clean, "events")
        .derived("totals", Grain.DAY, Window.EXACT, TOTALS, "clean");
  }

  private static SliceSet days(String text) {
    return SliceSet.parse(Grain.DAY, text);
  }

  /** Events of seven days; the live job of clean has closed the first four. */
  private Graph live(Code code, Doubt... doubts) {
    Graph graph = pipeline(code, Window.EXACT).graph();
    world.load(graph, "events", days("2001-01-01..2001-01-07"));
    world.checkpoint(graph, "clean", days("2001-01-01..2001-01-07"), JAN_5, doubts);
    return graph;
  }

  private Plan plan(Graph graph) {
    return Planner.plan(graph, world.facts(), Selection.everything(World.LIMITS));
  }

  private static Impact impact(Plan plan, String dataset) {
    return plan.impacts().stream()
        .filter(i -> i.dataset().value().equals(dataset))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void openSlicesAreNobodysBusinessButTheLiveJobs() {
    Graph graph = live(CLEAN);

    Impact clean = impact(plan(graph), "clean");

    assertThat(clean.stale()).isEqualTo(days(""));
    assertThat(clean.reused()).isEqualTo(days("2001-01-01..2001-01-04"));
  }

  @Test
  void newCodeRebuildsClosedSlicesOnly() {
    live(CLEAN);
    Graph fixed = pipeline(CLEAN.withRows("filter 2"), Window.EXACT).graph();

    assertThat(impact(plan(fixed), "clean").stale()).isEqualTo(days("2001-01-01..2001-01-04"));
  }

  @Test
  void whatIsMadeFromOpenSlicesWaitsUntilTheyClose() {
    Graph graph = live(CLEAN);

    assertThat(impact(plan(graph), "totals").stale()).isEqualTo(days("2001-01-01..2001-01-04"));
    world.apply(graph, plan(graph));
    world.checkpoint(graph, "clean", days("2001-01-05..2001-01-08"), JAN_5 + 1);
    assertThat(impact(plan(graph), "totals").stale()).isEqualTo(days("2001-01-05"));
  }

  /**
   * The gate closes a slice only when everything within its lookahead has closed too, so what a
   * closed slice reads is closed by definition: here a day is read around each slice, and the job
   * says it is open from the 5th because its input is complete up to the end of that day.
   */
  @Test
  void whatAClosedSliceReadsIsClosedSoItsRunReadsNothingOpen() {
    Window aroundADay = Pipeline.hours(24, 24);
    Graph graph = pipeline(CLEAN, aroundADay).graph();
    world.load(graph, "events", days("2001-01-01..2001-01-07"));
    world.checkpoint(graph, "clean", days("2001-01-01..2001-01-07"), JAN_5);
    Graph fixed = pipeline(CLEAN.withRows("filter 2"), aroundADay).graph();

    Impact clean = impact(plan(fixed), "clean");

    assertThat(clean.stale()).isEqualTo(days("2000-12-31..2001-01-04"));
    long readTo = clean.stale().ordinals().max().orElseThrow() + 1;
    assertThat(readTo).isEqualTo(JAN_5).isLessThan(days("2001-01-07").ordinals().min().orElse(0));
  }

  @Test
  void aLateEventMakesItsClosedSliceStaleAndNoOpenOne() {
    Graph graph = live(CLEAN);
    world.late(graph, "events", days("2001-01-02,2001-01-06"));

    Impact clean = impact(plan(graph), "clean");

    assertThat(clean.stale()).isEqualTo(days("2001-01-02"));
    assertThat(clean.reasons())
        .extracting(Plan.Reason::kind, Plan.Reason::detail)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(ChangeKind.LATE_DATA, "events: " + Changes.LATE));
  }

  @Test
  void aDoubtedSliceIsStaleForTheDoubtsReason() {
    Graph graph = live(CLEAN, new Doubt(days("2001-01-03,2001-01-06"), "a late row reached it"));

    Impact clean = impact(plan(graph), "clean");

    assertThat(clean.stale()).isEqualTo(days("2001-01-03"));
    assertThat(clean.reasons())
        .extracting(Plan.Reason::kind, Plan.Reason::detail)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(ChangeKind.DOUBT, "a late row reached it"));
  }

  @Test
  void aReleasedTableBelongsToRunsAltogether() {
    Graph graph = live(CLEAN);
    world.release("clean", JAN_5);

    assertThat(impact(plan(graph), "clean").stale()).isEqualTo(days("2001-01-05..2001-01-07"));
    assertThat(impact(plan(graph), "totals").stale()).isEqualTo(days("2001-01-01..2001-01-07"));
  }

  @Property(tries = 200)
  void noPlanEverTouchesAnOpenSliceOrReadsOneThatIsOpen(
      @ForAll @IntRange(min = 0, max = 9) int openFrom,
      @ForAll @IntRange(min = 0, max = 30) int lookback,
      @ForAll @IntRange(min = 0, max = 30) int lookahead,
      @ForAll @IntRange(min = 0, max = 9) int late) {
    Pipeline pipeline =
        new Pipeline()
            .source("events", Grain.DAY, "delay", "km")
            .derived("clean", Grain.DAY, Pipeline.hours(lookback, lookahead), CLEAN, "events")
            .derived("totals", Grain.DAY, Pipeline.hours(lookahead, lookback), TOTALS, "clean");
    Graph graph = pipeline.graph();
    World here = new World();
    long first = JAN_5 - 4;
    here.load(graph, "events", SliceSet.range(Grain.DAY, first, first + 9));
    here.checkpoint(graph, "clean", SliceSet.range(Grain.DAY, first, first + 9), first + openFrom);
    here.late(graph, "events", SliceSet.range(Grain.DAY, first + late, first + late + 1));
    SliceSet open = SliceSet.range(Grain.DAY, first + openFrom, first + 100);

    Plan plan = Planner.plan(graph, here.facts(), Selection.everything(World.LIMITS));

    assertThat(impact(plan, "clean").stale().overlaps(open)).isFalse();
    for (long slice : impact(plan, "totals").stale().ordinals().toArray()) {
      SliceSet read =
          SliceSet.covering(
              Grain.DAY,
              SliceSet.range(Grain.DAY, slice, slice + 1)
                  .ranges()
                  .widen(
                      java.time.Duration.ofHours(lookahead), java.time.Duration.ofHours(lookback)));
      assertThat(read.overlaps(open)).isFalse();
    }
    here.apply(graph, plan);
    assertThat(Planner.plan(graph, here.facts(), Selection.everything(World.LIMITS)).isEmpty())
        .isTrue();
  }
}
