package io.tidemark.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cluster.Cluster;
import io.tidemark.job.JobMain;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Plan;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.TidemarkException;
import io.tidemark.release.Publisher;
import io.tidemark.release.Reverter;
import io.tidemark.store.Store.RunRow;
import io.tidemark.testing.Faults;
import io.tidemark.testing.RunScene;
import io.tidemark.testing.Shop;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Builds that the job jar made by hand become candidates of runs. */
class AdoptionIT {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final Graph OLD = Shop.graph("amount >= 0");
  private static final Graph NEW =
      Shop.graph("amount >= 0", "amount * 2", List.of(Shop.amountsMayChange("doubled")));
  private static final Optional<String> DOUBLED = Optional.of("doubled");

  private static Cluster cluster;

  @TempDir Path folder;
  private final List<String> jobs = new ArrayList<>();
  private RunScene scene;
  private Runner runner;
  private Publisher publisher;

  @BeforeAll
  static void startCluster() {
    cluster = RunScene.cluster();
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @BeforeEach
  void publishesWhatTheOldCodeMakes() {
    scene = new RunScene(folder);
    Faults.Harm none =
        (call, moment) -> {
          if (moment == Faults.Moment.BEFORE && call.startsWith("Cluster.run")) {
            jobs.add(call);
          }
        };
    runner =
        new Runner(
            scene.lake(),
            scene.store(),
            Faults.wrap(Cluster.class, cluster, none),
            scene.catalog(),
            CLOCK);
    publisher = new Publisher(scene.lake(), scene.store(), CLOCK);
    scene.sell(OLD, Shop.sales(2, 3));
    publish(run(runner.submit(OLD, scene.plan(OLD))));
    jobs.clear();
  }

  @AfterEach
  void close() {
    scene.close();
  }

  private RunRow run(RunId id) {
    return runner.run(id, RunListener.NONE);
  }

  private void publish(RunRow run) {
    assertThat(run.state()).as(run.reason()).isEqualTo(RunState.READY);
    publisher.publish(run.id());
  }

  /** As a person does, on Flink's command line. */
  private void backfill(Graph graph, String from, String to, String branch) throws Exception {
    Path jobs = folder.resolve("graph.json");
    Files.writeString(jobs, RecordJson.write(graph, Graph.class));
    JobSpec.CatalogSpec catalog = scene.catalog();
    Path properties =
        Files.writeString(
            folder.resolve("catalog.properties"),
            catalog.properties().entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue())
                .collect(Collectors.joining("\n", "name=" + catalog.name() + "\n", "\n")));
    JobMain.main(
        new String[] {
          "backfill",
          "--jobs",
          jobs.toString(),
          "--catalog",
          properties.toString(),
          "--transform",
          "clean",
          "--from",
          from,
          "--to",
          to,
          "--branch",
          branch
        });
  }

  private Adoption find(Graph graph, String branch) {
    return Adoption.find(scene.lake(), graph, branch, Optional.empty());
  }

  private Plan plan(Adoption found, Optional<String> change) {
    return found.plan(scene.plan(NEW, change));
  }

  private RunId adopt(String branch, Optional<String> change) {
    Adoption found = find(NEW, branch);
    return runner.adopt(NEW, plan(found, change), found);
  }

  private List<String> clean() {
    return scene.fixture().rows(NEW.dataset(Shop.CLEAN).table());
  }

  @Test
  void whatWasBuiltByHandIsVerifiedPublishedAndRevertedWithoutBeingBuiltAgain() throws Exception {
    List<String> before = clean();
    backfill(NEW, "2001-01-02", "2001-02-02", "fix");

    RunId id = adopt("fix", DOUBLED);
    RunRow run = run(id);

    assertThat(jobs).isNotEmpty().noneMatch(job -> job.contains("build-"));
    assertThat(scene.store().evidence(id))
        .singleElement()
        .satisfies(
            e -> {
              assertThat(e.dataset()).isEqualTo(Shop.CLEAN);
              assertThat(e.diff().counts().changed()).isEqualTo(9);
              assertThat(e.diff().counts().unexplained()).isZero();
            });
    assertThat(adopt("fix", DOUBLED)).isEqualTo(id);
    publish(run);
    assertThat(clean()).hasSize(18).isNotEqualTo(before);
    assertThat(clean().stream().filter(before::contains)).hasSize(9);
    refused("TM-RUN-037", () -> adopt("fix", DOUBLED));

    new Reverter(scene.lake(), scene.store(), CLOCK).revert(NEW, id, Reverter.Scope.ALL);
    assertThat(clean()).isEqualTo(before);
  }

  @Test
  void differencesThatNobodyDeclaredBlockIt() throws Exception {
    backfill(NEW, "2001-01-02", "2001-01-03", "fix");

    RunRow run = run(adopt("fix", Optional.empty()));

    assertThat(run.state()).isEqualTo(RunState.BLOCKED);
    assertThat(run.reason()).contains("3 rows of clean differ without explanation");
  }

  /** The process ends after the run was recorded; after that, when its branch was cut besides. */
  @Test
  void whatAKilledAdoptionLeavesEndsInTheSameContent() throws Exception {
    backfill(NEW, "2001-01-02", "2001-01-03", "fix");
    Adoption found = find(NEW, "fix");
    List<String> contents = new ArrayList<>();
    for (boolean cut : List.of(false, true)) {
      RunId id = runner.submit(NEW, plan(found, DOUBLED));
      if (cut) {
        scene.lake().branch(NEW.dataset(Shop.CLEAN).table(), id.branch(), found.candidate());
      }
      publish(run(id));
      contents.add(clean().toString());
      new Reverter(scene.lake(), scene.store(), CLOCK).revert(NEW, id, Reverter.Scope.ALL);
    }
    assertThat(jobs).anyMatch(job -> job.contains("build-"));
    RunId id = runner.submit(NEW, plan(found, DOUBLED));
    assertThat(adopt("fix", DOUBLED)).isEqualTo(id);
    publish(run(id));
    contents.add(clean().toString());

    assertThat(contents).hasSize(3).containsOnly(contents.get(0));
  }

  @Test
  void whatWouldComeOutDifferentlyNowIsRefused() throws Exception {
    refused("TM-RUN-030", () -> find(NEW, "fix"));
    refused("TM-RUN-030", () -> find(NEW, "main"));
    backfill(OLD, "2001-01-02", "2001-01-03", "old");
    refused("TM-RUN-035", () -> find(NEW, "old"));

    backfill(NEW, "2001-01-02", "2001-01-03", "fix");
    scene.lake().branch(NEW.dataset(Shop.TOTALS).table(), "fix", 0);
    refused("TM-RUN-031", () -> find(NEW, "fix"));
    refused("TM-RUN-032", () -> Adoption.find(scene.lake(), NEW, "fix", Optional.of(Shop.TOTALS)));
    Optional<DatasetId> clean = Optional.of(Shop.CLEAN);
    assertThat(Adoption.find(scene.lake(), NEW, "fix", clean).dataset()).isEqualTo(Shop.CLEAN);

    scene.sell(NEW, List.of(Shop.sale(3, 1, 0, 10)));
    assertThat(Adoption.find(scene.lake(), NEW, "fix", clean).built().slices()).hasSize(1);
    scene.sell(NEW, List.of(Shop.sale(1, 2, 3, 10)));
    refused("TM-RUN-036", () -> Adoption.find(scene.lake(), NEW, "fix", clean));

    backfill(NEW, "2001-01-02", "2001-01-03", "fix2");
    backfill(NEW, "2001-02-02", "2001-02-03", "fix2");
    refused("TM-RUN-033", () -> find(NEW, "fix2"));
  }

  private static void refused(String code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.problems()).extracting(Problem::code).containsExactly(code);
              assertThat(e.category()).isEqualTo(TidemarkException.Category.USER);
            });
  }
}
