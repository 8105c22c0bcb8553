package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.job.JobMain;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.VisitsProject;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From 'tidemark graph' over the job jar's own command line to a publish, as a user does it. */
class AdoptIT {
  @TempDir Path project;

  private Result answers(int code, String... arguments) {
    Result result = new CommandLineSession(Wiring::open, project).run(arguments);
    assertThat(result.exitCode()).as(result.out() + result.err()).isEqualTo(code);
    return result;
  }

  @Test
  void aBackfillByHandIsHeldAgainstWhatWasDeclaredAndPublished() throws Exception {
    VisitsProject.write(project);
    Path visits = Files.writeString(project.resolve("visits.csv"), VisitsProject.csv());
    answers(0, "load", "visits", visits.toString());
    answers(0, "run", "--publish");
    Files.writeString(project.resolve("jobs/shop/changes/cents.yaml"), VisitsProject.CHANGE);
    Files.writeString(
        project.resolve("jobs/shop/city_day.sql"),
        VisitsProject.SQL.replace("amount AS BIGINT)", "amount AS BIGINT) * 100"));
    Path home = project.resolve(".tidemark");
    Path catalog =
        Files.writeString(
            project.resolve("catalog.properties"),
            "name=tidemark\ncatalog-impl=org.apache.iceberg.jdbc.JdbcCatalog\nuri=jdbc:sqlite:"
                + home.resolve("catalog.db")
                + "\nwarehouse="
                + home.resolve("warehouse")
                + "\njdbc.schema-version=V1\n");
    Path graph =
        Files.writeString(
            project.resolve("graph.json"), answers(0, "--format", "json", "graph").out());

    JobMain.main(
        new String[] {
          "backfill",
          "--jobs",
          graph.toString(),
          "--catalog",
          catalog.toString(),
          "--transform",
          "city_day",
          "--from",
          "2001-01-01",
          "--to",
          "2001-03-01",
          "--branch",
          "cents"
        });
    Result undeclared = answers(4, "adopt", "cents");
    assertThat(undeclared.out()).contains("differ without explanation");
    Result declared = answers(0, "adopt", "cents", "--change", "cents", "--publish");

    assertThat(declared.out()).contains("published");
    assertThat(undeclared.err() + declared.err()).contains("verify").doesNotContain("build city");
    // 0 + 3 + … + 297 in January, one more for each visit in February; times 100 in both.
    assertThat(answers(0, "query", "SELECT SUM(amount) AS n FROM city_day").out())
        .contains(String.valueOf(14_850L * 100 + 14_950L * 100 + 15_050L));
    assertThat(answers(0, "status").out()).contains("stale");
    assertThat(answers(1, "adopt", "cents").err()).contains("TM-RUN-037");
    assertThat(answers(1, "adopt", "dollars").err()).contains("TM-RUN-030").contains("city_day");
    answers(0, "revert", "latest", "--yes");
    assertThat(answers(0, "query", "SELECT SUM(amount) AS n FROM city_day").out())
        .contains("44850");
  }
}
