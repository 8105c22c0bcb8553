package io.tidemark.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Column;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.Limits;
import io.tidemark.model.Facts.Refusal;
import io.tidemark.model.Governance.Tier;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.Plan.ChangeKind;
import io.tidemark.model.Plan.Impact;
import io.tidemark.model.Plan.Reason;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.model.Transform.Window;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PlannerTest {
  private static final Code CLEAN =
      Code.of("filter 1", "ts", "delay", "km")
          .reading("flights", "ts", "delay", "km")
          .reading("airports", "tz");
  private static final Code DAILY =
      Code.of("group by day", "ts", "late").reading("clean", "ts", "delay");
  private static final Code ROUTES =
      Code.of("group by month", "ts", "km").reading("clean", "ts", "km");

  private final World world = new World();

  private static Pipeline flights(Code clean) {
    return new Pipeline()
        .source("flights", Grain.MONTH, "delay", "km")
        .reference("airports", "tz")
        .derived("clean", Grain.DAY, Pipeline.hours(14, 14), clean, "flights", "airports")
        .derived("daily", Grain.MONTH, Window.EXACT, DAILY, "clean")
        .derived("routes", Grain.MONTH, Window.EXACT, ROUTES, "clean");
  }

  private Graph loaded(Pipeline pipeline) {
    Graph graph = pipeline.graph();
    world.load(graph, "flights", months("2001-01..2001-02"));
    world.load(graph, "airports", SliceSet.range(Grain.ALL, 0, 1));
    return graph;
  }

  private Graph built(Pipeline pipeline) {
    Graph graph = loaded(pipeline);
    world.apply(graph, plan(graph));
    return graph;
  }

  private Plan plan(Graph graph) {
    return Planner.plan(graph, world.facts(), Selection.everything(World.LIMITS));
  }

  private Plan plan(Graph graph, Selection selection) {
    return Planner.plan(graph, world.facts(), selection);
  }

  private static SliceSet months(String text) {
    return SliceSet.parse(Grain.MONTH, text);
  }

  private static SliceSet days(String text) {
    return SliceSet.parse(Grain.DAY, text);
  }

  private static Impact impact(Plan plan, String dataset) {
    return plan.impacts().stream()
        .filter(i -> i.dataset().value().equals(dataset))
        .findFirst()
        .orElseThrow();
  }

  private static List<ChangeKind> kinds(Plan plan, String dataset) {
    return impact(plan, dataset).reasons().stream().map(Reason::kind).toList();
  }

  private static Selection select(String... datasets) {
    TreeSet<DatasetId> ids = new TreeSet<>();
    for (String dataset : datasets) {
      ids.add(DatasetId.of(dataset));
    }
    return new Selection(ids, Optional.empty(), Optional.empty(), World.LIMITS);
  }

  private static Selection between(String from, String to) {
    TimeRange range = new TimeRange(Instant.parse(from), Instant.parse(to));
    return new Selection(new TreeSet<>(), Optional.of(range), Optional.empty(), World.LIMITS);
  }

  private List<String> codes(Graph graph, Selection selection) {
    return Planner.assess(graph, world.facts(), selection).problems().stream()
        .map(Problem::code)
        .toList();
  }

  @Test
  void theFirstPlanBuildsAllThatTheInputsReach() {
    Plan plan = plan(loaded(flights(CLEAN)));

    assertThat(impact(plan, "clean").stale()).isEqualTo(days("2000-12-31..2001-03-01"));
    assertThat(impact(plan, "daily").stale()).isEqualTo(months("2000-12..2001-03"));
    assertThat(kinds(plan, "clean")).containsExactly(ChangeKind.ADDED);
    assertThat(impact(plan, "clean").stage()).isEqualTo(1);
    assertThat(impact(plan, "daily").stage()).isEqualTo(2);
    assertThat(impact(plan, "routes").stage()).isEqualTo(2);
  }

  @Test
  void stepsPrepareThenBuildThenVerifyThenPublishInputsFirst() {
    Plan plan = plan(loaded(flights(CLEAN).tier("routes", Tier.CRITICAL)));

    assertThat(plan.steps().stream().map(Step::id))
        .containsExactly(
            "prepare",
            "build-clean-1",
            "build-routes-1",
            "build-daily-1",
            "verify-clean",
            "verify-routes",
            "verify-daily",
            "publish-clean",
            "publish-routes",
            "publish-daily");
    assertThat(((Step.PrepareV2) plan.steps().get(0)).pins())
        .containsOnlyKeys(DatasetId.of("flights"), DatasetId.of("airports"));
    assertThat(((Step.BuildV1) plan.steps().get(1)).inputs())
        .containsEntry(DatasetId.of("flights"), new Step.MainSnapshot(1));
    assertThat(((Step.BuildV1) plan.steps().get(2)).inputs())
        .containsEntry(DatasetId.of("clean"), new Step.Candidate());
  }

  @Test
  void anUnchangedGraphPlansToNothing() {
    Plan plan = plan(built(flights(CLEAN)));

    assertThat(plan.isEmpty()).isTrue();
    assertThat(impact(plan, "clean").reused()).isEqualTo(days("2000-12-31..2001-03-01"));
    assertThat(impact(plan, "clean").reasons()).isEmpty();
  }

  @Test
  void aChangedColumnRebuildsOnlyConsumersThatReadIt() {
    built(flights(CLEAN));
    Plan plan = plan(flights(CLEAN.withColumn("km", "v2")).graph());

    assertThat(impact(plan, "clean").stale()).isEqualTo(days("2000-12-31..2001-03-01"));
    assertThat(kinds(plan, "clean")).containsExactly(ChangeKind.LOGIC);
    assertThat(impact(plan, "clean").reasons().get(0).detail()).startsWith("column km (");
    assertThat(kinds(plan, "routes")).containsExactly(ChangeKind.UPSTREAM);
    assertThat(impact(plan, "routes").reasons().get(0).detail()).isEqualTo("clean: column km");
    assertThat(impact(plan, "daily").stale().isEmpty()).isTrue();
    assertThat(impact(plan, "daily").reused()).isEqualTo(months("2000-12..2001-03"));
  }

  @Test
  void aChangedEventTimeMovesRowsSoEveryConsumerIsStale() {
    built(flights(CLEAN));
    Plan plan = plan(flights(CLEAN.withColumn("ts", "v2")).graph());

    assertThat(impact(plan, "clean").reasons().get(0).detail()).startsWith("column ts (");
    assertThat(kinds(plan, "routes")).containsExactly(ChangeKind.UPSTREAM);
    assertThat(kinds(plan, "daily")).containsExactly(ChangeKind.UPSTREAM);
  }

  @Test
  void changedRowsMakeEveryConsumerStale() {
    built(flights(CLEAN));
    Plan plan = plan(flights(CLEAN.withRows("filter 2")).graph());

    assertThat(impact(plan, "clean").reasons().get(0).detail()).startsWith("which rows come out");
    assertThat(kinds(plan, "daily")).containsExactly(ChangeKind.UPSTREAM);
  }

  @Test
  void codeThatIsNoLongerKnownIsTakenAsChangedInAllColumns() {
    built(flights(CLEAN));
    world.forgetCode();
    Plan plan = plan(flights(CLEAN.withColumn("km", "v2")).graph());

    assertThat(impact(plan, "clean").reasons().get(0).detail()).startsWith("unknown code -> ");
    assertThat(kinds(plan, "daily")).containsExactly(ChangeKind.UPSTREAM);
  }

  @Test
  void newInputDataReachesTheSlicesAroundItAndNoOthers() {
    Graph graph = built(flights(CLEAN));
    world.touch(graph, "flights", months("2001-02"), List.of("*"));
    Plan plan = plan(graph);

    assertThat(impact(plan, "clean").stale()).isEqualTo(days("2001-01-31..2001-03-01"));
    assertThat(kinds(plan, "clean")).containsExactly(ChangeKind.INPUT_DATA);
    assertThat(impact(plan, "clean").reused()).isEqualTo(days("2000-12-31..2001-01-30"));
    assertThat(impact(plan, "daily").stale()).isEqualTo(months("2001-01..2001-03"));
    assertThat(impact(plan, "daily").reused()).isEqualTo(months("2000-12"));
  }

  @Test
  void inputColumnsThatAreNotReadDoNotCount() {
    Graph graph = built(flights(CLEAN));
    world.touch(graph, "flights", months("2001-02"), List.of("gate"));

    assertThat(plan(graph).isEmpty()).isTrue();
  }

  @Test
  void aChangedReferenceReachesEverySlice() {
    Graph graph = built(flights(CLEAN));
    world.touch(graph, "airports", SliceSet.range(Grain.ALL, 0, 1), List.of("*"));

    assertThat(impact(plan(graph), "clean").stale()).isEqualTo(days("2000-12-31..2001-03-01"));
  }

  @Test
  void aNewColumnIsACompatibleChangeThatTouchesNoReader() {
    built(flights(CLEAN));
    Code wider = CLEAN.withColumn("gate", "v1");
    Plan plan = plan(flights(wider).graph());

    assertThat(kinds(plan, "clean")).containsExactly(ChangeKind.SCHEMA_COMPATIBLE);
    assertThat(impact(plan, "clean").reasons().get(0).detail()).isEqualTo("adds column gate");
    assertThat(impact(plan, "daily").stale().isEmpty()).isTrue();
    assertThat(impact(plan, "routes").stale().isEmpty()).isTrue();
  }

  @Test
  void aRetypedDroppedOrRequiredColumnIsRefusedWithAllProblems() {
    built(flights(CLEAN));
    Graph graph =
        flights(CLEAN.withRows("filter 2"))
            .schema(
                "clean",
                Column.nullable("ts", "TIMESTAMP(6)"),
                Column.nullable("delay", "DOUBLE"),
                Column.required("gate", "BIGINT"))
            .graph();

    assertThatThrownBy(() -> plan(graph))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.USER);
              assertThat(e.problems()).extracting(Problem::code).containsOnly("TM-PLAN-004");
              assertThat(e.problems())
                  .extracting(Problem::what)
                  .containsExactly(
                      "table lake.clean does not fit 'clean': column 'delay' is BIGINT in the table"
                          + " and would be DOUBLE",
                      "table lake.clean does not fit 'clean': column 'gate' is new and may not be"
                          + " missing",
                      "table lake.clean does not fit 'clean': column 'km' is in the table and not"
                          + " declared");
            });
  }

  @Test
  void aDatasetThatLeftTheGraphIsNamedAndLeftAlone() {
    built(flights(CLEAN));
    Plan plan = plan(flights(CLEAN).without("routes").graph());

    assertThat(kinds(plan, "routes")).containsExactly(ChangeKind.REMOVED);
    assertThat(plan.isEmpty()).isTrue();
  }

  @Test
  void newWordsRebuildNothing() {
    built(flights(CLEAN));
    Plan plan = plan(flights(CLEAN).described("daily", "for the board").graph());

    assertThat(kinds(plan, "daily")).containsExactly(ChangeKind.METADATA_ONLY);
    assertThat(impact(plan, "daily").reasons().get(0).detail()).isEqualTo("description");
    assertThat(plan.isEmpty()).isTrue();
  }

  @Test
  void aSelectionByNameReadsOtherInputsFromMain() {
    built(flights(CLEAN));
    Graph graph = flights(CLEAN.withColumn("km", "v2")).graph();
    Plan routes = plan(graph, select("routes"));
    Plan clean = plan(graph, select("clean"));

    assertThat(routes.isEmpty()).isTrue();
    assertThat(clean.impacts()).extracting(i -> i.dataset().value()).containsExactly("clean");
    assertThat(clean.impacts().get(0).stale()).isEqualTo(days("2000-12-31..2001-03-01"));
  }

  @Test
  void aSelectionByTimeTakesTheSlicesThatOverlapIt() {
    built(flights(CLEAN));
    Graph graph = flights(CLEAN.withRows("filter 2")).graph();
    Plan plan = plan(graph, between("2001-02-10T12:00:00Z", "2001-02-12T00:00:00Z"));

    assertThat(impact(plan, "clean").stale()).isEqualTo(days("2001-02-10..2001-02-11"));
    assertThat(impact(plan, "clean").reused().isEmpty()).isTrue();
    assertThat(impact(plan, "daily").stale()).isEqualTo(months("2001-02"));
    assertThat(impact(plan, "daily").reused()).isEqualTo(months("2000-12,2001-01,2001-03"));
  }

  @Test
  void aSelectionMayBeOpenEnded() {
    built(flights(CLEAN));
    Graph graph = flights(CLEAN.withRows("filter 2")).graph();
    TimeRange since = new TimeRange(Instant.parse("2001-02-20T00:00:00Z"), Instant.MAX);
    Selection selection =
        new Selection(new TreeSet<>(), Optional.of(since), Optional.empty(), World.LIMITS);

    assertThat(impact(plan(graph, selection), "clean").stale())
        .isEqualTo(days("2001-02-20..2001-03-01"));
  }

  @Test
  void unknownNamesInTheSelectionAreProblemsAllAtOnce() {
    Graph graph = loaded(flights(CLEAN).change("fix"));
    Selection selection =
        new Selection(
            new TreeSet<>(List.of(DatasetId.of("flights"), DatasetId.of("nothing"))),
            Optional.empty(),
            Optional.of("fxi"),
            World.LIMITS);

    assertThatThrownBy(() -> plan(graph, selection))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e ->
                assertThat(e.problems())
                    .extracting(Problem::code)
                    .containsExactly("TM-PLAN-002", "TM-PLAN-001", "TM-PLAN-003"));
  }

  @Test
  void anInputThatHoldsNothingIsNamed() {
    Graph graph = flights(CLEAN).graph();
    world.load(graph, "flights", months("2001-01"));

    assertThat(codes(graph, Selection.everything(World.LIMITS))).containsExactly("TM-PLAN-005");
  }

  @Test
  void nothingLoadedPlansToNothing() {
    assertThat(plan(flights(CLEAN).graph()).isEmpty()).isTrue();
  }

  @Test
  void refusalsCountOnlyWhereSlicesAreStale() {
    Graph graph = built(flights(CLEAN));
    Problem straddles = Problem.of("TM-LAKE-001", "a file straddles slices", "", "compact it");
    world.refuse("clean", new Refusal(days("2001-01-10"), straddles));
    world.touch(graph, "flights", months("2001-02"), List.of("*"));

    assertThat(codes(graph, between("2001-02-01T00:00:00Z", "2001-03-01T00:00:00Z"))).isEmpty();
    world.touch(graph, "flights", months("2001-01"), List.of("*"));
    assertThat(codes(graph, Selection.everything(World.LIMITS))).containsExactly("TM-LAKE-001");
  }

  @Test
  void aPlanOverTheSliceLimitIsRefused() {
    Graph graph = loaded(flights(CLEAN));
    assertThat(codes(graph, Selection.everything(new Limits(1000, 10))))
        .containsExactly("TM-PLAN-006");
  }

  @Test
  void slicesWithoutEventTimeInAnyInputAreRefused() {
    Graph graph =
        new Pipeline()
            .reference("airports", "tz")
            .derived("zones", Grain.DAY, Window.EXACT, Code.of("1", "ts"), "airports")
            .graph();
    world.load(graph, "airports", SliceSet.range(Grain.ALL, 0, 1));

    assertThat(codes(graph, Selection.everything(World.LIMITS))).containsExactly("TM-PLAN-007");
  }

  @Test
  void batchesAreBoundedByTheBytesTheyRead() {
    Graph graph =
        new Pipeline()
            .source("s", Grain.DAY, "v")
            .derived("d", Grain.DAY, Window.EXACT, Code.of("1", "ts"), "s")
            .graph();
    world.load(graph, "s", days("2001-01-01..2001-01-05,2001-01-07"));
    Plan plan = plan(graph, Selection.everything(new Limits(2500, 100)));

    assertThat(
            plan.steps().stream()
                .filter(Step.BuildV1.class::isInstance)
                .map(s -> ((Step.BuildV1) s).slices().toString()))
        .containsExactly(
            "2001-01-01..2001-01-02", "2001-01-03..2001-01-04", "2001-01-05,2001-01-07");
    assertThat(plan.cost().bytes()).isEqualTo(6000);
    assertThat(plan.cost().files()).isEqualTo(6);
    assertThat(plan.cost().seconds()).isEmpty();
  }

  @Test
  void costComesFromInventoryAndMeasuredRates() {
    Graph graph = loaded(flights(CLEAN));
    world.rate("clean", 100).rate("daily", 50).rate("routes", 50);
    Plan plan = plan(graph);

    assertThat(impact(plan, "clean").cost().bytes()).isEqualTo(3000);
    assertThat(impact(plan, "clean").cost().files()).isEqualTo(3);
    assertThat(impact(plan, "clean").cost().seconds()).hasValue(30.0);
    assertThat(plan.cost().seconds()).isPresent();
  }
}
