package io.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Column;
import io.tidemark.model.ContentHash;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.StoreSpec;
import io.tidemark.model.Evidence;
import io.tidemark.model.Expectation;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Layout;
import io.tidemark.model.Plan;
import io.tidemark.model.RecordJson;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.SliceStats;
import io.tidemark.model.Step;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.doctor.Finding;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store must do, whatever database is behind it. */
abstract class StoreContract {
  private static final Instant NOW = Instant.parse("2001-02-03T04:05:06.789012Z");
  private static final DatasetId DAYS = DatasetId.of("days");

  private StoreSpec spec;
  private Store store;

  /** An empty database. */
  abstract StoreSpec emptyDatabase() throws Exception;

  @BeforeEach
  void open() throws Exception {
    spec = emptyDatabase();
    store = Stores.open(spec);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void aRunIsReadBackAsItWasRecorded() {
    RunId id = new RunId("r1");
    store.createRun(id, plan("a"), graph(), NOW);

    Store.RunRow row = store.findRun(id).orElseThrow();

    assertThat(row)
        .isEqualTo(new Store.RunRow(id, RunState.PLANNED, plan("a"), graph(), "", NOW, NOW));
    assertThat(store.findRun(new RunId("r2"))).isEmpty();
  }

  @Test
  void recordingARunTwiceKeepsTheFirstAndRefusesAnotherPlan() {
    RunId id = new RunId("r1");
    store.createRun(id, plan("a"), graph(), NOW);
    store.createRun(id, plan("a"), graph(), NOW.plusSeconds(9));

    assertThat(store.findRun(id).orElseThrow().created()).isEqualTo(NOW);
    assertThatThrownBy(() -> store.createRun(id, plan("b"), graph(), NOW))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aDatabaseOfAnOlderVersionIsBroughtUpToDateWithAllThatItHolds() throws Exception {
    StoreSpec old = ofTheFirstVersion();

    assertThat(Stores.examine(old, Clock.systemUTC()))
        .filteredOn(f -> f.what().contains("version"))
        .extracting(Finding::level, Finding::what)
        .containsExactly(
            tuple(
                Finding.Level.OK,
                "it is of version 1; the next command brings it to " + Migrations.NEWEST));
    try (Store now = Stores.open(old)) {
      assertHolds(now);
      assertThat(now.move(new RunId("r1"), RunState.RUNNING, RunState.FAILED, "", NOW)).isTrue();
      assertThat(now.transitions(new RunId("r1"))).hasSize(1);
    }
  }

  @Test
  void aMigrationThatFailsLeavesTheDatabaseAsItWas() throws Exception {
    StoreSpec old = ofTheFirstVersion();
    Tables.execute(old, "CREATE TABLE tidemark_live_job (of_somebody TEXT)");
    Map<String, List<String>> before = Tables.contents(old);

    assertThatThrownBy(() -> Stores.open(old)).isInstanceOf(TidemarkException.class);

    assertThat(Tables.contents(old)).isEqualTo(before);
    Tables.execute(old, "DROP TABLE tidemark_live_job");
    try (Store now = Stores.open(old)) {
      assertHolds(now);
    }
  }

  @Test
  void aDatabaseOfANewerVersionIsRefusedAndNotTouched() throws Exception {
    store.createRun(new RunId("r1"), plan("a"), graph(), NOW);
    Tables.execute(
        spec, "UPDATE " + Migrations.HISTORY + " SET \"version\" = '99' WHERE \"version\" = '1'");
    Map<String, List<String>> before = Tables.contents(spec);

    assertThatThrownBy(() -> Stores.open(spec))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.problems().get(0).code()).isEqualTo("TM-STORE-017"));
    assertThat(Stores.examine(spec, Clock.systemUTC()))
        .filteredOn(f -> f.level() == Finding.Level.FAIL)
        .singleElement()
        .satisfies(
            f -> {
              assertThat(f.what()).contains("is of version 99", "knows versions up to");
              assertThat(f.fix()).isNotEmpty();
            });
    assertThat(Tables.contents(spec)).isEqualTo(before).containsKey("tidemark_run");
  }

  /** As the first version made and filled it. */
  private StoreSpec ofTheFirstVersion() throws Exception {
    StoreSpec old = emptyDatabase();
    Stores.examine(old, Clock.systemUTC());
    Flyway.configure()
        .dataSource(old.url(), old.user().orElse(null), old.password().orElse(null))
        .locations("classpath:db/migration")
        .table(Migrations.HISTORY)
        .baselineOnMigrate(true)
        .baselineVersion("0")
        .target("1")
        .load()
        .migrate();
    Tables.execute(
        old,
        "INSERT INTO tidemark_run VALUES ('r1', 'RUNNING', '"
            + RecordJson.write(plan("a"), Plan.class).replace("'", "''")
            + "', '"
            + RecordJson.write(graph(), Graph.class).replace("'", "''")
            + "', '', 1, 1)");
    Tables.execute(old, "INSERT INTO tidemark_step VALUES ('r1', 's1', 1, '{}', 1)");
    Tables.execute(
        old,
        "INSERT INTO tidemark_evidence VALUES ('r1', 'days', '"
            + RecordJson.write(evidence(7), Evidence.class).replace("'", "''")
            + "')");
    Tables.execute(old, "INSERT INTO tidemark_lease VALUES ('table/a', 'one', 9000000000000000)");
    return old;
  }

  private static void assertHolds(Store store) {
    RunId id = new RunId("r1");
    assertThat(store.findRun(id).orElseThrow())
        .extracting(Store.RunRow::state, Store.RunRow::plan, Store.RunRow::graph)
        .containsExactly(RunState.RUNNING, plan("a"), graph());
    assertThat(store.steps(id)).extracting(Store.StepRow::stepId).containsExactly("s1");
    assertThat(store.evidence(id)).containsExactly(evidence(7));
    assertThat(store.leases(NOW)).extracting(Store.LeaseRow::holder).containsExactly("one");
  }

  @Test
  void runsAreListedNewestFirst() {
    store.createRun(new RunId("old"), plan("a"), graph(), NOW);
    store.createRun(new RunId("new"), plan("b"), graph(), NOW.plusSeconds(60));
    store.createRun(new RunId("newest"), plan("c"), graph(), NOW.plusSeconds(61));

    assertThat(store.runs(2)).extracting(row -> row.id().value()).containsExactly("newest", "new");
  }

  @Test
  void aRunIsRestoredInItsStateAndNeverOverOneThatIsThere() {
    Store.RunRow row =
        new Store.RunRow(
            new RunId("lost"), RunState.PUBLISHED, plan("a"), graph(), "from tables", NOW, NOW);
    store.createRun(new RunId("known"), plan("b"), graph(), NOW);

    store.restoreRun(row);
    store.restoreRun(
        new Store.RunRow(
            new RunId("known"), RunState.REVERTED, plan("c"), graph(), "from tables", NOW, NOW));

    assertThat(store.findRun(new RunId("lost"))).contains(row);
    assertThat(store.findRun(new RunId("known")).orElseThrow().state()).isEqualTo(RunState.PLANNED);
  }

  @Test
  void aMoveHappensOnceAndOnlyAlongAnEdge() {
    RunId id = new RunId("r1");
    store.createRun(id, plan("a"), graph(), NOW);

    assertThat(store.move(id, RunState.PLANNED, RunState.RUNNING, "", NOW)).isTrue();
    assertThat(store.move(id, RunState.PLANNED, RunState.RUNNING, "", NOW)).isFalse();
    assertThat(store.move(id, RunState.RUNNING, RunState.FAILED, "the disk is full", NOW)).isTrue();
    assertThat(store.findRun(id).orElseThrow())
        .extracting(Store.RunRow::state, Store.RunRow::reason)
        .containsExactly(RunState.FAILED, "the disk is full");
    assertThatThrownBy(() -> store.move(id, RunState.FAILED, RunState.PUBLISHED, "", NOW))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(store.move(new RunId("r2"), RunState.PLANNED, RunState.RUNNING, "", NOW)).isFalse();
  }

  @Test
  void whenARunCameIntoItsStatesIsKeptOncePerMove() {
    RunId id = new RunId("r1");
    store.createRun(id, plan("a"), graph(), NOW);

    store.move(id, RunState.PLANNED, RunState.RUNNING, "", NOW.plusSeconds(1));
    store.move(id, RunState.PLANNED, RunState.RUNNING, "", NOW.plusSeconds(2));
    store.move(id, RunState.RUNNING, RunState.FAILED, "the disk is full", NOW.plusSeconds(3));

    assertThat(store.transitions(id))
        .containsExactly(
            new Store.Transition(RunState.RUNNING, "", NOW.plusSeconds(1)),
            new Store.Transition(RunState.FAILED, "the disk is full", NOW.plusSeconds(3)));
    assertThat(store.transitions(new RunId("r2"))).isEmpty();
  }

  @Test
  void leasesThatHoldAreListed() {
    store.acquire("table/b", "one", Duration.ofSeconds(60), NOW);
    store.acquire("table/a", "two", Duration.ofSeconds(10), NOW);

    assertThat(store.leases(NOW))
        .extracting(Store.LeaseRow::lease)
        .containsExactly("table/a", "table/b");
    assertThat(store.leases(NOW.plusSeconds(10)))
        .containsExactly(new Store.LeaseRow("table/b", "one", NOW.plusSeconds(60)));
  }

  @Test
  void ofManyThatMoveARunAtOnceOneWins() throws Exception {
    RunId id = new RunId("r1");
    store.createRun(id, plan("a"), graph(), NOW);

    List<Boolean> moved =
        eachOnItsOwnConnection(8, own -> own.move(id, RunState.PLANNED, RunState.RUNNING, "", NOW));

    assertThat(moved).filteredOn(won -> won).hasSize(1);
  }

  @Test
  void stepsKeepTheirOrderAndTheirFirstResult() {
    RunId id = new RunId("r1");
    store.createRun(id, plan("a"), graph(), NOW);
    store.finishStep(id, "z", "{\"n\":1}", NOW);
    store.finishStep(id, "a", "", NOW);
    store.finishStep(id, "z", "{\"n\":2}", NOW.plusSeconds(5));

    assertThat(store.steps(id))
        .containsExactly(new Store.StepRow("z", "{\"n\":1}", NOW), new Store.StepRow("a", "", NOW));
    assertThat(store.steps(new RunId("r2"))).isEmpty();
  }

  @Test
  void evidenceIsReplacedPerDataset() {
    RunId id = new RunId("r1");
    store.createRun(id, plan("a"), graph(), NOW);
    store.putEvidence(id, evidence(7));
    store.putEvidence(id, evidence(8));

    assertThat(store.evidence(id)).containsExactly(evidence(8));
  }

  @Test
  void aLeaseHasOneHolderUntilItExpiresOrIsGivenUp() {
    Duration ttl = Duration.ofSeconds(60);
    assertThat(store.acquire("table/a", "one", ttl, NOW)).isEmpty();
    assertThat(store.acquire("table/a", "two", ttl, NOW.plusSeconds(59)))
        .contains(new Store.LeaseRow("table/a", "one", NOW.plusSeconds(60)));
    assertThat(store.acquire("table/a", "one", ttl, NOW.plusSeconds(59))).isEmpty();
    assertThat(store.acquire("table/a", "two", ttl, NOW.plusSeconds(61))).isPresent();
    assertThat(store.acquire("table/a", "two", ttl, NOW.plusSeconds(119))).isEmpty();

    store.release("table/a", "one");
    assertThat(store.acquire("table/a", "three", ttl, NOW.plusSeconds(120))).isPresent();
    store.release("table/a", "two");
    assertThat(store.acquire("table/a", "three", ttl, NOW.plusSeconds(120))).isEmpty();
  }

  @Test
  void aLeaseIsRenewedByWhoHasItAlsoWhenItIsOver() {
    Duration ttl = Duration.ofSeconds(60);
    assertThat(store.renew("table/a", "one", ttl, NOW)).isFalse();
    store.acquire("table/a", "one", ttl, NOW);

    assertThat(store.renew("table/a", "one", ttl, NOW.plusSeconds(100))).isTrue();
    assertThat(store.acquire("table/a", "two", ttl, NOW.plusSeconds(159))).isPresent();
    assertThat(store.acquire("table/a", "two", ttl, NOW.plusSeconds(160))).isEmpty();
    assertThat(store.renew("table/a", "one", ttl, NOW.plusSeconds(300))).isFalse();
    store.release("table/a", "two");
    assertThat(store.renew("table/a", "one", ttl, NOW.plusSeconds(300))).isFalse();
  }

  @Test
  void ofManyThatWantALeaseAtOnceOneGetsIt() throws Exception {
    List<Boolean> got =
        eachOnItsOwnConnection(
            8,
            own ->
                own.acquire(
                        "run",
                        Integer.toString(System.identityHashCode(own)),
                        Duration.ofHours(1),
                        NOW)
                    .isEmpty());

    assertThat(got).filteredOn(won -> won).hasSize(1);
  }

  @Test
  void aLiveJobsDocumentIsReplacedByWhoReadTheNewest() {
    assertThat(store.findLive("shop")).isEmpty();
    assertThat(store.putLive(new Store.LiveRow("shop", 1, "{}"), NOW)).isTrue();
    assertThat(store.putLive(new Store.LiveRow("shop", 1, "{\"a\":1}"), NOW)).isFalse();
    assertThat(store.putLive(new Store.LiveRow("shop", 2, "{\"b\":2}"), NOW)).isTrue();
    assertThat(store.putLive(new Store.LiveRow("shop", 2, "{\"c\":3}"), NOW)).isFalse();
    assertThat(store.findLive("shop")).contains(new Store.LiveRow("shop", 2, "{\"b\":2}"));
    assertThat(store.dropLive("shop", 1)).isFalse();
    assertThat(store.dropLive("shop", 2)).isTrue();
    assertThat(store.findLive("shop")).isEmpty();
  }

  @Test
  void ratesAreAveragedTowardsTheNewest() {
    store.recordRate(DAYS, 100);
    assertThat(store.rates()).containsEntry(DAYS, 100.0);
    store.recordRate(DAYS, 200);

    assertThat(store.rates().get(DAYS)).isBetween(101.0, 199.0);
  }

  @Test
  void whatWasRecordedIsThereForTheNextProcess() {
    store.createRun(new RunId("r1"), plan("a"), graph(), NOW);
    store.close();

    store = Stores.open(spec);

    assertThat(store.runs(10)).hasSize(1);
  }

  private List<Boolean> eachOnItsOwnConnection(int count, StoreCall call) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(count);
    try {
      List<Callable<Boolean>> calls =
          IntStream.range(0, count)
              .<Callable<Boolean>>mapToObj(
                  i ->
                      () -> {
                        try (Store own = Stores.open(spec)) {
                          return call.on(own);
                        }
                      })
              .toList();
      List<Boolean> results = new java.util.ArrayList<>();
      for (Future<Boolean> future : threads.invokeAll(calls)) {
        results.add(future.get());
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }

  private interface StoreCall {
    boolean on(Store store);
  }

  private static Graph graph() {
    return new Graph(
        "p",
        List.of(
            new Dataset(
                DAYS,
                Dataset.Kind.SOURCE,
                TableRef.parse("db.days"),
                new Schema(List.of(Column.required("a \"quoted\" name", "BIGINT"))),
                List.of(),
                Layout.unsliced(),
                new Governance(
                    Governance.Tier.STANDARD,
                    "",
                    "ümlaut ' and \" and \\",
                    List.of(
                        new Expectation(
                            "positive",
                            Expectation.Severity.ERROR,
                            new Expectation.SqlPredicate("a > 0")))))),
        List.of(),
        List.of(),
        Fingerprint.of("revision"));
  }

  private static Plan plan(String name) {
    TreeMap<DatasetId, Step.InputRef> inputs = new TreeMap<>();
    inputs.put(DAYS, new Step.MainSnapshot(5));
    return new Plan(
        Plan.VERSION,
        name,
        Fingerprint.of(name),
        Optional.empty(),
        List.of(),
        List.of(new Step.BuildV1("build-days-1", DAYS, SliceSet.range(Grain.DAY, -3, 5), inputs)),
        Plan.Cost.ZERO);
  }

  private static Evidence evidence(long candidate) {
    return new Evidence(
        DAYS,
        1,
        candidate,
        List.of(
            new SliceStats(
                3,
                10,
                new ContentHash(-1, 2),
                Optional.of(NOW),
                Optional.of(NOW),
                List.of(new SliceStats.ColumnMetric("a", 0, 1.5)))),
        SliceSet.empty(Grain.DAY),
        new DatasetDiff(
            new DatasetDiff.Counts(1, 2, 3, 4, 5),
            new TreeMap<>(),
            List.of(),
            List.of(),
            List.of("too many")),
        List.of(new CheckOutcome("positive", Expectation.Severity.ERROR, 2, "", List.of(3L))));
  }
}
