package io.tidemark.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.tidemark.cluster.Cluster;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetDiff.Counts;
import io.tidemark.model.Evidence;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.Plan.ChangeKind;
import io.tidemark.model.Problem;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.SliceSet;
import io.tidemark.model.SliceStats;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.release.Ledger;
import io.tidemark.release.Patience;
import io.tidemark.release.Publisher;
import io.tidemark.release.Reverter;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import io.tidemark.store.Stores;
import io.tidemark.testing.Faults;
import io.tidemark.testing.LakeFixture;
import io.tidemark.testing.RunScene;
import io.tidemark.testing.Shop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.TableIdentifier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main path on real tables and a real Flink cluster: plan, run, prove, publish, take back. */
class RunIT {
  private static final Clock CLOCK = Clock.systemUTC();
  private static Cluster cluster;

  @TempDir Path folder;
  private RunScene scene;
  private Runner runner;
  private Publisher publisher;
  private Reverter reverter;

  @BeforeAll
  static void startCluster() {
    cluster = RunScene.cluster();
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @BeforeEach
  void open() {
    scene = new RunScene(folder);
    runner = new Runner(scene.lake(), scene.store(), cluster, scene.catalog(), CLOCK);
    publisher = new Publisher(scene.lake(), scene.store(), CLOCK);
    reverter = new Reverter(scene.lake(), scene.store(), CLOCK);
  }

  @AfterEach
  void close() {
    scene.close();
  }

  private RunRow run(Graph graph, Plan plan) {
    return runner.run(runner.submit(graph, plan), RunListener.NONE);
  }

  private RunId build(Graph graph) {
    RunRow run = run(graph, scene.plan(graph));
    assertThat(run.state()).as(run.reason()).isEqualTo(RunState.READY);
    publisher.publish(run.id());
    return run.id();
  }

  private Evidence evidence(RunId run, io.tidemark.model.DatasetId dataset) {
    return scene.store().evidence(run).stream()
        .filter(e -> e.dataset().equals(dataset))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aFirstBuildIsPublishedAndNothingIsStaleAfterIt() {
    Graph graph = Shop.graph("amount >= 0");
    scene.sell(graph, Shop.sales(2, 3));

    RunId run = build(graph);

    assertThat(scene.fixture().rows(graph.dataset(Shop.CLEAN).table())).hasSize(18);
    assertThat(scene.fixture().rows(graph.dataset(Shop.TOTALS).table())).hasSize(18);
    assertThat(scene.store().findRun(run).orElseThrow().state()).isEqualTo(RunState.PUBLISHED);
    assertThat(scene.plan(graph).isEmpty()).isTrue();
    assertThat(scene.lake().head(graph.dataset(Shop.CLEAN).table(), run.branch())).isEmpty();
    assertThat(scene.store().rates()).containsKeys(Shop.CLEAN, Shop.TOTALS);
  }

  /** Another writer, or a sink gone wrong, puts a copy of a file on the run's branch. */
  @Test
  void rowsThatAreCommittedTwiceStopThePublish() {
    Graph graph = Shop.graph("amount >= 0");
    scene.sell(graph, Shop.sales(1, 3));
    TableRef clean = graph.dataset(Shop.CLEAN).table();
    Faults.Harm doubling =
        (call, moment) -> {
          if (moment == Faults.Moment.AFTER && call.contains("build-clean")) {
            appendCopyOfAFile(scene.fixture().table(clean));
          }
        };
    Runner doubled =
        new Runner(
            scene.lake(),
            scene.store(),
            Faults.wrap(Cluster.class, cluster, doubling),
            scene.catalog(),
            CLOCK);

    RunRow run = doubled.run(doubled.submit(graph, scene.plan(graph)), RunListener.NONE);

    assertThat(evidence(run.id(), Shop.CLEAN).checks())
        .filteredOn(c -> !c.passed())
        .extracting(CheckOutcome::expectation, CheckOutcome::violations)
        .containsExactly(tuple("conservation", 3L));
    assertThat(run.state()).isEqualTo(RunState.BLOCKED);
    assertThatThrownBy(() -> publisher.publish(run.id()))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.REFUSED);
              assertThat(e.problems()).extracting(Problem::code).contains("TM-GATE-006");
            });
  }

  @Test
  void aTableThatIsRenamedUnderARunIsSaidToBeGoneAndTheRunGoesOnWhenItIsBack() {
    Graph graph = Shop.graph("amount >= 0");
    scene.sell(graph, Shop.sales(1, 2));
    TableIdentifier sales = LakeFixture.identifier(graph.dataset(Shop.SALES).table());
    TableIdentifier away = TableIdentifier.of(sales.namespace(), "sales_away");
    Plan plan = scene.plan(graph);
    Faults.Harm renaming =
        (call, moment) -> {
          if (moment == Faults.Moment.BEFORE && call.startsWith("Cluster.run")) {
            scene.fixture().catalog().renameTable(sales, away);
          }
        };
    Runner harmed =
        new Runner(
            scene.lake(),
            scene.store(),
            Faults.wrap(Cluster.class, cluster, renaming),
            new JobSpecs(scene.catalog(), scene.lake()),
            CLOCK,
            new Patience(1, Duration.ZERO));
    RunId run = harmed.submit(graph, plan);

    assertThatThrownBy(() -> harmed.run(run, RunListener.NONE))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
              assertThat(e.getMessage()).contains("shop.sales");
            });

    scene.fixture().catalog().renameTable(away, sales);
    RunRow mended = run(graph, plan);
    assertThat(mended.id()).isEqualTo(run);
    assertThat(mended.state()).as(mended.reason()).isEqualTo(RunState.READY);
    publisher.publish(run);
    assertThat(scene.fixture().rows(graph.dataset(Shop.CLEAN).table())).hasSize(6);
  }

  @Test
  void aSliceThatComesOutEmptyIsPublishedAndTakenBack() {
    Graph before = Shop.graph("amount >= 0");
    scene.sell(before, Shop.sales(2, 2));
    build(before);
    Map<String, Object> original = scene.content(before);
    Graph after = Shop.graph("MONTH(`at`) <> 2", "amount", List.of(FaultsIT.anything()));

    RunRow run = run(after, scene.plan(after, Optional.of("anything")));

    assertThat(run.state()).as(run.reason()).isEqualTo(RunState.READY);
    assertThat(evidence(run.id(), Shop.TOTALS).diff().counts().removed()).isEqualTo(6);
    assertThat(evidence(run.id(), Shop.CLEAN).slices())
        .extracting(SliceStats::rows)
        .containsExactly(3L, 3L, 0L, 0L);
    publisher.publish(run.id());
    assertThat(scene.fixture().rows(after.dataset(Shop.TOTALS).table())).hasSize(6);
    assertThat(scene.plan(after).isEmpty()).isTrue();

    reverter.revert(after, run.id(), Reverter.Scope.ALL);
    assertThat(scene.content(before)).isEqualTo(original);
  }

  private static void appendCopyOfAFile(Table table) {
    String branch =
        table.refs().keySet().stream()
            .filter(r -> r.startsWith("tidemark-run"))
            .findFirst()
            .orElseThrow();
    DataFile file = LakeFixture.files(table, table.snapshot(branch).snapshotId()).get(0);
    String copy = file.location() + ".copy.parquet";
    try {
      Files.copy(Path.of(file.location()), Path.of(copy));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    table
        .newAppend()
        .appendFile(DataFiles.builder(table.spec()).copy(file).withPath(copy).build())
        .toBranch(branch)
        .commit();
  }

  @Test
  void aFixIsExplainedPublishedAndTakenBack() {
    Graph before = Shop.graph("amount >= 0");
    scene.sell(before, Shop.sales(2, 3));
    build(before);
    Map<String, Object> original = scene.content(before);

    Graph after =
        Shop.graph("amount >= 0", "amount * 100", List.of(Shop.amountsMayChange("cents")));
    Plan plan = scene.plan(after, Optional.of("cents"));
    assertThat(plan.impacts())
        .allSatisfy(
            impact ->
                assertThat(impact.reasons())
                    .extracting(Plan.Reason::kind)
                    .containsAnyOf(ChangeKind.LOGIC, ChangeKind.UPSTREAM));
    RunRow run = run(after, plan);
    assertThat(run.state()).as(run.reason()).isEqualTo(RunState.READY);
    assertThat(evidence(run.id(), Shop.CLEAN).diff().counts())
        .isEqualTo(new Counts(0, 0, 18, 0, 0));
    assertThat(evidence(run.id(), Shop.CLEAN).diff().columns()).containsOnlyKeys("amount");
    assertThat(scene.content(before)).as("main before the publish").isEqualTo(original);

    publisher.publish(run.id());
    assertThat(scene.content(after)).isNotEqualTo(original);
    assertThat(scene.plan(after).isEmpty()).isTrue();

    reverter.revert(after, run.id(), Reverter.Scope.ALL);
    assertThat(scene.content(before)).isEqualTo(original);
    assertThat(scene.store().findRun(run.id()).orElseThrow().state()).isEqualTo(RunState.REVERTED);
    assertThat(scene.plan(before).isEmpty()).isTrue();
    assertThat(scene.plan(after).isEmpty()).isFalse();
  }

  @Test
  void oneMonthIsTakenBackAndTheRestStays() {
    Graph before = Shop.graph("amount >= 0");
    scene.sell(before, Shop.sales(3, 2));
    build(before);
    Dataset totals = before.dataset(Shop.TOTALS);
    List<io.tidemark.model.SliceRecord> old = scene.ledger(totals);
    Graph after =
        Shop.graph("amount >= 0", "amount * 100", List.of(Shop.amountsMayChange("cents")));
    RunRow run = run(after, scene.plan(after, Optional.of("cents")));
    publisher.publish(run.id());
    List<io.tidemark.model.SliceRecord> fixed = scene.ledger(totals);

    reverter.revert(
        after, run.id(), new Reverter.Scope(Optional.of(Shop.TOTALS), Optional.of("2001-02")));

    List<io.tidemark.model.SliceRecord> now = scene.ledger(totals);
    assertThat(now).containsExactly(fixed.get(0), old.get(1), fixed.get(2));
    assertThat(scene.store().findRun(run.id()).orElseThrow().state()).isEqualTo(RunState.PUBLISHED);
    Plan plan = scene.plan(after);
    assertThat(plan.impacts())
        .filteredOn(impact -> !impact.stale().isEmpty())
        .singleElement()
        .satisfies(
            impact -> {
              assertThat(impact.dataset()).isEqualTo(Shop.TOTALS);
              assertThat(impact.stale()).isEqualTo(SliceSet.parse(Grain.MONTH, "2001-02"));
            });
  }

  @Test
  void aDifferenceThatNobodyDeclaredIsBlockedAndMainStaysAsItIs() {
    Graph before = Shop.graph("amount >= 0");
    scene.sell(before, Shop.sales(1, 2));
    build(before);
    Map<String, Object> original = scene.content(before);
    Graph wrong =
        Shop.graph("amount > 11", "amount * 100", List.of(Shop.amountsMayChange("cents")));

    RunRow run = run(wrong, scene.plan(wrong, Optional.of("cents")));

    assertThat(run.state()).isEqualTo(RunState.BLOCKED);
    assertThat(run.reason()).contains("differ without explanation");
    assertThatThrownBy(() -> publisher.publish(run.id()))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.category()).isEqualTo(TidemarkException.Category.REFUSED));
    assertThat(scene.content(before)).isEqualTo(original);

    assertThat(runner.abandon(run.id()).state()).isEqualTo(RunState.ABANDONED);
    assertThat(scene.lake().head(wrong.dataset(Shop.CLEAN).table(), run.id().branch())).isEmpty();
    assertThat(scene.fixture().table(wrong.dataset(Shop.SALES).table()).refs().keySet())
        .noneMatch(ref -> ref.contains(run.id().value()));
  }

  @Test
  void anEqualResultIsNotPublishedAndStopsTheWorkBehindIt() {
    Graph before = Shop.graph("amount >= 0");
    scene.sell(before, Shop.sales(2, 2));
    build(before);
    Dataset clean = before.dataset(Shop.CLEAN);
    Dataset totals = before.dataset(Shop.TOTALS);
    long totalsHead = scene.fixture().head(totals.table());
    List<String> files = files(clean);

    Graph rewritten = Shop.graph("NOT (amount < 0)");
    Plan plan = scene.plan(rewritten);
    assertThat(plan.impacts()).filteredOn(i -> !i.stale().isEmpty()).hasSize(2);
    List<String> passedOver = new ArrayList<>();
    RunRow run =
        runner.run(
            runner.submit(rewritten, plan),
            new Recorder() {
              @Override
              public void finished(
                  RunId id, io.tidemark.model.Step step, SliceSet done, SliceSet over) {
                if (step.id().startsWith("build-totals")) {
                  passedOver.add(done.count() + " done, " + over.count() + " passed over");
                }
              }
            });
    publisher.publish(run.id());

    assertThat(passedOver).containsExactly("0 done, 2 passed over");
    assertThat(files(clean)).isEqualTo(files);
    assertThat(scene.fixture().head(totals.table())).isEqualTo(totalsHead);
    assertThat(scene.plan(rewritten).isEmpty()).isTrue();
  }

  private List<String> files(Dataset dataset) {
    return io.tidemark.testing.LakeFixture.files(
            scene.fixture().table(dataset.table()), scene.fixture().head(dataset.table()))
        .stream()
        .map(f -> f.location())
        .sorted()
        .toList();
  }

  @Test
  void lateRowsNeedNoExplanationAndTouchTheirSlicesOnly() {
    Graph graph = Shop.graph("amount >= 0");
    scene.sell(graph, Shop.sales(3, 2));
    build(graph);

    scene.sell(graph, List.of(Shop.sale(2, 1, 7, 70), Shop.sale(2, 9, 0, 5)));
    Plan plan = scene.plan(graph);
    RunRow run = run(graph, plan);

    assertThat(run.state()).as(run.reason()).isEqualTo(RunState.READY);
    assertThat(evidence(run.id(), Shop.CLEAN).diff().counts()).isEqualTo(new Counts(2, 0, 0, 3, 0));
    assertThat(evidence(run.id(), Shop.TOTALS).slices()).hasSize(1);
    publisher.publish(run.id());
    assertThat(scene.plan(graph).isEmpty()).isTrue();
    assertThat(scene.fixture().rows(graph.dataset(Shop.TOTALS).table())).hasSize(20);
  }

  @Test
  void aConflictSwitchesNoTableAndARebaseDoesTheRestAgain() {
    Graph graph = Shop.graph("amount >= 0");
    scene.sell(graph, Shop.sales(3, 2));
    build(graph);
    Graph fixed =
        Shop.graph("amount >= 0", "amount * 100", List.of(Shop.amountsMayChange("cents")));
    RunRow run = run(fixed, scene.plan(fixed, Optional.of("cents")));
    Dataset clean = fixed.dataset(Shop.CLEAN);
    long totalsHead = scene.fixture().head(fixed.dataset(Shop.TOTALS).table());

    // Somebody else publishes late rows to one of the days meanwhile.
    scene.sell(graph, List.of(Shop.sale(2, 1, 7, 70)));
    RunRow other = run(graph, scene.plan(graph));
    publisher.publish(other.id());
    long totalsAfterOther = scene.fixture().head(fixed.dataset(Shop.TOTALS).table());
    assertThat(totalsAfterOther).isNotEqualTo(totalsHead);

    assertThatThrownBy(() -> publisher.publish(run.id()))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("2001-02-01");
    assertThat(scene.fixture().head(fixed.dataset(Shop.TOTALS).table()))
        .isEqualTo(totalsAfterOther);

    List<String> built = new ArrayList<>();
    RunRow rebased =
        runner.rebase(
            run.id(),
            new Recorder() {
              @Override
              public void finished(
                  RunId id, io.tidemark.model.Step step, SliceSet done, SliceSet over) {
                if (step instanceof io.tidemark.model.Step.BuildV1 && !done.isEmpty()) {
                  built.add(step.id() + ": " + done);
                }
              }
            });
    assertThat(built).containsExactly("build-clean-1: 2001-02-01", "build-totals-1: 2001-02");
    assertThat(rebased.state()).as(rebased.reason()).isEqualTo(RunState.READY);
    publisher.publish(run.id());

    assertThat(scene.fixture().rows(clean.table())).hasSize(19);
    assertThat(scene.fixture().rows(clean.table())).anyMatch(row -> row.contains("7000"));
    assertThat(scene.plan(fixed).isEmpty()).isTrue();
  }

  @Test
  void aLostControlDatabaseLosesNothingThatIsPublished() {
    Graph graph = Shop.graph("amount >= 0");
    scene.sell(graph, Shop.sales(1, 2));
    RunId first = build(graph);
    Graph fixed =
        Shop.graph("amount >= 0", "amount * 100", List.of(Shop.amountsMayChange("cents")));
    Map<String, Object> original = scene.content(graph);
    RunRow second = run(fixed, scene.plan(fixed, Optional.of("cents")));
    publisher.publish(second.id());

    try (Store fresh = Stores.open(RunScene.storeSpec(folder.resolve("fresh")))) {
      assertThat(new Ledger(scene.lake()).runs(fixed))
          .extracting(Ledger.PublishedRun::run)
          .containsExactly(second.id(), first);
      assertThat(new FactsReader(scene.lake(), fresh).read(fixed).published())
          .containsExactly(Shop.CLEAN, Shop.TOTALS);
      new Reverter(scene.lake(), fresh, CLOCK).revert(fixed, second.id(), Reverter.Scope.ALL);
    }

    assertThat(scene.content(graph)).isEqualTo(original);
  }

  @Test
  void aTransformThatCannotRunFailsTheRunAndTheCandidateStaysInvisible() {
    Graph graph = Shop.graph("1 / (amount - amount) > 0");
    scene.sell(graph, Shop.sales(1, 1));

    RunId id = runner.submit(graph, scene.plan(graph));
    Runner impatient =
        new Runner(
            scene.lake(),
            scene.store(),
            cluster,
            new JobSpecs(scene.catalog(), scene.lake()),
            CLOCK,
            new Patience(1, java.time.Duration.ZERO));
    assertThatThrownBy(() -> impatient.run(id, RunListener.NONE))
        .isInstanceOf(TidemarkException.class);

    RunRow failed = scene.store().findRun(id).orElseThrow();
    assertThat(failed.state()).isEqualTo(RunState.FAILED);
    assertThat(failed.reason()).isNotEmpty();
    assertThat(scene.fixture().rows(graph.dataset(Shop.CLEAN).table())).isEmpty();
  }

  /** Hears what it is not asked to override. */
  private abstract static class Recorder implements RunListener {
    @Override
    public void started(RunId run, io.tidemark.model.Step step) {}

    @Override
    public void progress(RunId run, io.tidemark.model.Step step, double fraction, long rows) {}

    @Override
    public void retrying(
        RunId run,
        io.tidemark.model.Step step,
        TidemarkException cause,
        java.time.Duration pause) {}
  }
}
