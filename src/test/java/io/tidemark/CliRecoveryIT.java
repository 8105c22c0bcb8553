package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Environment.StoreSpec;
import io.tidemark.model.RunId;
import io.tidemark.store.Store;
import io.tidemark.store.Stores;
import io.tidemark.testing.ChildJvm;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.VisitsProject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A command that is killed, and a control database that is lost; each step needs the last. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CliRecoveryIT {
  private static final Pattern RUN = Pattern.compile("Run (\\S+) is ");

  private Path project;
  private CommandLineSession user;
  private String fixed;

  @BeforeAll
  void writesAProjectAndLoadsIt(@TempDir Path folder) throws IOException {
    project = folder;
    user = new CommandLineSession(Wiring::open, project);
    VisitsProject.write(project);
    Files.writeString(project.resolve("visits.csv"), VisitsProject.csv());
    succeeds("load", "visits", project.resolve("visits.csv").toString());
  }

  private Result succeeds(String... arguments) {
    Result result = user.run(arguments);
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    return result;
  }

  @Test
  @Order(1)
  void aKilledRunIsSaidByTheNextCommandThatLooksAndResumedByTheNextThatWorks() throws Exception {
    Path log = project.resolve("killed.log");
    Process command = ChildJvm.tidemark(project, log, List.of("-Xmx1g"), "run", "--publish");
    try {
      Awaitility.await()
          .atMost(Duration.ofMinutes(5))
          .until(() -> !command.isAlive() || Files.readString(log).contains("done prepare branch"));
      assertThat(command.isAlive()).as(Files.readString(log)).isTrue();
    } finally {
      command.destroyForcibly().waitFor();
    }

    assertThat(succeeds("status").err())
        .contains("was interrupted while slices were being built")
        .contains("resumes it");
    assertThat(succeeds("plan").err()).contains("resumes it");
    Result next = succeeds("run", "--publish");

    assertThat(next.err()).contains("it is resumed").contains("is ready");
    assertThat(succeeds("runs").out().lines().filter(l -> l.contains("city_day"))).hasSize(1);
    assertThat(succeeds("status").out()).contains("Everything is up to date.");
    assertThat(succeeds("query", "SELECT SUM(visits) AS n FROM city_day").out()).contains("300");
    assertThat(succeeds("status").err()).doesNotContain("interrupted");
  }

  @Test
  @Order(2)
  void whatALostControlDatabaseKnewOfPublishedRunsIsReadBackFromTheTables() throws IOException {
    Files.writeString(project.resolve("jobs/shop/changes/cents.yaml"), VisitsProject.CHANGE);
    Files.writeString(
        project.resolve("jobs/shop/city_day.sql"),
        VisitsProject.SQL.replace("amount AS BIGINT)", "amount AS BIGINT) * 100"));
    Result run = succeeds("run", "--change", "cents", "--publish");
    Matcher matcher = RUN.matcher(run.out());
    assertThat(matcher.find()).as(run.out()).isTrue();
    fixed = matcher.group(1);
    String diff = differences(fixed);
    String history = succeeds("history", "city_day").out();
    assertThat(diff).contains("amount");

    loseTheControlDatabase();

    Result runs = succeeds("runs");
    assertThat(runs.err()).contains("did not know 2 runs");
    assertThat(runs.out().lines().filter(l -> l.contains("published"))).hasSize(2);
    assertThat(runs.out()).contains(fixed);
    assertThat(differences(fixed)).isEqualTo(diff);
    assertThat(succeeds("history", "city_day").out()).isEqualTo(history);
    assertThat(succeeds("status").out()).contains("Everything is up to date.");
    assertThat(succeeds("run").out()).contains("Nothing to do");
  }

  @Test
  @Order(3)
  void aRunThatWasReadBackCanBeReverted() throws IOException {
    loseTheControlDatabase();

    succeeds("revert", fixed, "--yes");

    assertThat(succeeds("query", "SELECT SUM(amount) AS n FROM city_day").out()).contains("44850");
    assertThat(succeeds("runs").out().lines().filter(l -> l.contains(fixed)))
        .singleElement()
        .asString()
        .contains("reverted");
    loseTheControlDatabase();
    assertThat(succeeds("runs").out().lines().filter(l -> l.contains(fixed)))
        .singleElement()
        .asString()
        .contains("reverted");
  }

  /** As a process that is killed between recording a run and its first step. */
  @Test
  @Order(4)
  void aRunThatWasNeverBegunIsSaidUntilItIsGivenUp() {
    String id = "r-20260101-000000-never";
    String database = "jdbc:sqlite:" + project.resolve(".tidemark/control.db");
    try (Store store = Stores.open(new StoreSpec(database, Optional.empty(), Optional.empty()))) {
      Store.RunRow any = store.runs(1).get(0);
      store.createRun(new RunId(id), any.plan(), any.graph(), Instant.now());
    }

    assertThat(succeeds("status").err()).contains("Run " + id + " was recorded and never begun");
    assertThat(succeeds("runs").err()).contains("tidemark runs --abandon " + id);
    succeeds("runs", "--abandon", id, "--yes");
    assertThat(succeeds("status").err()).doesNotContain("never begun");
  }

  /** The diff without the lines that tell when. */
  private String differences(String run) {
    return succeeds("diff", run).out().lines().skip(1).reduce("", (a, b) -> a + b + "\n");
  }

  private void loseTheControlDatabase() throws IOException {
    for (String file : List.of("control.db", "control.db-wal", "control.db-shm")) {
      Files.deleteIfExists(project.resolve(".tidemark").resolve(file));
    }
    assertThat(project.resolve(".tidemark/catalog.db")).exists();
  }
}
