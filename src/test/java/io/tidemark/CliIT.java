package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.json.Json;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.VisitsProject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A user's way through the commands on a small project of their own; each step needs the last. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CliIT {
  private static final Pattern RUN = Pattern.compile("Run (\\S+) is ");
  private Path project;
  private CommandLineSession user;
  private String good;

  @BeforeAll
  void writesAProject(@TempDir Path folder) throws IOException {
    project = folder;
    user = new CommandLineSession(Wiring::open, project);
    VisitsProject.write(project);
    write("visits.csv", VisitsProject.csv() + "300,never,Oslo,1\n");
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(project.resolve(file), text);
  }

  private static String runId(Result result) {
    Matcher matcher = RUN.matcher(result.out());
    assertThat(matcher.find()).as(result.out() + result.err()).isTrue();
    return matcher.group(1);
  }

  private Result succeeds(String... arguments) {
    Result result = user.run(arguments);
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    return result;
  }

  private Result fails(int code, String... arguments) {
    Result result = user.run(arguments);
    assertThat(result.exitCode()).as(result.out() + result.err()).isEqualTo(code);
    assertThat(result.err()).contains("error TM-").doesNotContain("\tat ");
    return result;
  }

  @Test
  @Order(0)
  void aFolderThatIsNoProjectIsLeftAsItWas(@TempDir Path empty) {
    Result result = new CommandLineSession(Wiring::open, empty).run("status");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).startsWith("error TM-SPEC-001");
    assertThat(empty).isEmptyDirectory();
  }

  @Test
  @Order(1)
  void brokenFilesAreToldAllAtOnceWithTheirPlaces() throws IOException {
    write(
        "jobs/shop/pipeline.yaml",
        VisitsProject.PIPELINE.replace("event_time: day", "event_tiem: day"));
    write("jobs/shop/changes/bad.yaml", "datasets: [\n");
    Result result = fails(1, "validate");
    assertThat(result.err())
        .contains("jobs/shop/pipeline.yaml:")
        .contains("event_time")
        .contains("jobs/shop/changes/bad.yaml:")
        .containsPattern("\\d+ problems");
    Files.delete(project.resolve("jobs/shop/changes/bad.yaml"));
    write("jobs/shop/pipeline.yaml", VisitsProject.PIPELINE);
    succeeds("validate");
  }

  @Test
  @Order(2)
  void whatIsMistypedIsToldItsNearestName() {
    assertThat(fails(1, "load", "visist", "visits.csv").err()).contains("did you mean 'visits'?");
    assertThat(fails(1, "load", "city_day", "visits.csv").err()).contains("TM-LOAD-001");
    assertThat(fails(1, "load", "visits", "no.csv", "what.txt").err())
        .contains("no.csv")
        .contains("what.txt");
    assertThat(fails(1, "plan", "--env", "nowhere").err()).contains("config/nowhere.yaml");
    assertThat(fails(1, "diff", "latest").err()).contains("tidemark run");
    fails(2, "loda", "visits");
  }

  @Test
  @Order(3)
  void loadsFilesOnceAndSetsUnreadableRowsAside() {
    String file = project.resolve("visits.csv").toString();
    fails(1, "load", "visits", file, "--max-bad", "0");
    Result first = succeeds("load", "visits", file);
    assertThat(first.out())
        .contains("300 rows into visits (shop.visits)")
        .contains("1 unreadable row into shop.visits_dead_letters")
        .contains("visits.csv:302");
    Result again = succeeds("load", "visits", file);
    assertThat(again.out()).contains("loaded before").contains("0 rows");
  }

  @Test
  @Order(11)
  void aFileOfWhichNothingCanBeReadLoadsNothingAndLosesNothing() throws IOException {
    write("broken.parquet", "PAR1 and then nothing that a reader knows");
    String file = project.resolve("broken.parquet").toString();
    String before = succeeds("query", "SELECT COUNT(*) AS n FROM visits").out();

    Result result = fails(1, "load", "visits", file, "--max-bad", "1");

    assertThat(result.err())
        .contains("TM-LOAD-008")
        .contains("broken.parquet: it is no Parquet file, or its footer is damaged");
    assertThat(succeeds("query", "SELECT COUNT(*) AS n FROM visits").out()).isEqualTo(before);
    assertThat(project.resolve("broken.parquet")).exists();
  }

  @Test
  @Order(4)
  void plansRunsAndPublishesTheFirstBuild() throws IOException {
    assertThat(succeeds("status").out()).contains("Next: tidemark plan");
    Path file = project.resolve("plan.json");
    Result plan = succeeds("plan", "--out", file.toString(), "--explain");
    assertThat(plan.out()).contains("city_day").contains("recompute 3 slices (2001-01..2001-03)");
    Result run = succeeds("run", file.toString(), "--publish");
    assertThat(run.out()).contains("is published").contains("first build");
    assertThat(run.err()).contains("done build city_day");
    assertThat(succeeds("status").out()).contains("Everything is up to date.");
    assertThat(succeeds("plan").out()).contains("Nothing to do");
    assertThat(succeeds("run").out()).contains("Nothing to do");
    assertThat(succeeds("query", "SELECT SUM(visits) AS n FROM city_day").out()).contains("300");
  }

  @Test
  @Order(5)
  void aPlanOfAnotherRevisionIsRefused() throws IOException {
    write(
        "jobs/shop/city_day.sql",
        VisitsProject.SQL.replace("amount AS BIGINT)", "amount AS BIGINT) * 99"));
    assertThat(fails(1, "run", project.resolve("plan.json").toString()).err())
        .contains("TM-CONTROL-009");
    assertThat(fails(1, "run", project.resolve("jobs/shop/city_day.sql").toString()).err())
        .contains("TM-PLAN");
  }

  @Test
  @Order(6)
  void anUnexplainedChangeIsBlockedAndMainStays() throws IOException {
    write("jobs/shop/changes/cents.yaml", VisitsProject.CHANGE);
    Result run = user.run("run", "--change", "cents");
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(4);
    assertThat(run.out()).contains("is blocked").contains("unexplained");
    String blocked = runId(run);
    assertThat(fails(4, "publish", blocked).err()).contains("TM-GATE-003");
    Path page = project.resolve("diff.html");
    Result diff = succeeds("diff", blocked, "--html", page.toString());
    assertThat(diff.out()).contains("unexplained changed").contains("amount");
    assertThat(Files.readString(page)).contains("Unexplained samples").contains("Łódź");
    Map<?, ?> json =
        (Map<?, ?>) Json.parse(succeeds("diff", "latest", "--format", "json").out().strip());
    assertThat(json.get("type")).isEqualTo("DiffShown");
    assertThat(succeeds("runs", "--abandon", blocked, "--yes").out()).contains("is abandoned");
    assertThat(succeeds("query", "SELECT SUM(amount) AS n FROM city_day").out()).contains("44850");
  }

  @Test
  @Order(7)
  void theDeclaredChangeIsPublished() throws IOException {
    write(
        "jobs/shop/city_day.sql",
        VisitsProject.SQL.replace("amount AS BIGINT)", "amount AS BIGINT) * 100"));
    Result run = succeeds("run", "--change", "changes/cents.yaml");
    assertThat(run.out()).contains("is ready").contains("explained");
    good = runId(run);
    assertThat(succeeds("publish", good).out())
        .startsWith("Published run " + good)
        .contains("3 slices (2001-01..2001-03)");
    assertThat(succeeds("publish", good).out())
        .startsWith("Already published, so nothing was done: run " + good)
        .contains("3 slices (2001-01..2001-03)");
    assertThat(succeeds("query", "SELECT SUM(amount) AS n FROM city_day").out())
        .contains("4485000");
    assertThat(succeeds("history", "city_day").out()).contains("publish").contains(good);
  }

  @Test
  @Order(8)
  void oneMonthIsRevertedAndTheTableRolledBack() {
    String before = succeeds("status", "city_day").out();
    String head = head("city_day");
    assertThat(fails(2, "revert", good, "--slice", "2001-02").err()).contains("add --yes");
    assertThat(fails(1, "revert", good, "--slice", "february").err()).contains("TM-REVERT-003");
    assertThat(fails(1, "runs", "--abandon", "r-none").err()).doesNotContain("add --yes");
    succeeds("revert", good, "--slice", "2001-02", "--yes");
    String after = succeeds("status", "city_day").out();
    assertThat(line(after, "2001-02")).isNotEqualTo(line(before, "2001-02"));
    assertThat(line(after, "2001-01")).isEqualTo(line(before, "2001-01"));
    assertThat(fails(1, "revert", good, "--slice", "2001-02-30", "--yes").err())
        .contains("2001-02-30");
    assertThat(fails(4, "rollback", "city_day", "--to", head, "--expect-head", "1", "--yes").err())
        .contains("head");
    succeeds("rollback", "city_day", "--to", head, "--expect-head", head("city_day"), "--yes");
    assertThat(succeeds("status", "city_day").out()).isEqualTo(before);
  }

  private String head(String dataset) {
    Map<?, ?> json =
        (Map<?, ?>) Json.parse(succeeds("history", dataset, "--format", "json").out().strip());
    return json.get("head").toString();
  }

  private static String line(String table, String slice) {
    return table.lines().filter(l -> l.startsWith(slice)).findFirst().orElseThrow();
  }

  @Test
  @Order(9)
  void queriesOnlyRead() {
    fails(1, "query", "INSERT INTO city_day SELECT * FROM city_day");
    fails(1, "query", "DROP TABLE city_day");
    fails(1, "query", "SELECT nothing FROM city_day");
    assertThat(succeeds("query", "SELECT * FROM city_day", "--limit", "2").out())
        .contains("the first 2 rows");
    assertThat(succeeds("lineage", "city_day.amount").out()).contains("visits.amount");
  }

  @Test
  @Order(10)
  void aWarehouseThatCannotBeWrittenIsAnotherMachinesFault() throws IOException {
    Files.createDirectories(project.resolve("config"));
    write("not-a-folder", "");
    write(
        "config/broken.yaml",
        """
        catalog:
          name: broken
          type: hadoop
          properties:
            warehouse: ${PROJECT}/not-a-folder/warehouse
        store:
          url: jdbc:sqlite:${HOME}/broken.db
        """);
    Result result =
        fails(3, "load", "visits", project.resolve("visits.csv").toString(), "--env", "broken");
    assertThat(result.out()).isEmpty();
  }
}
