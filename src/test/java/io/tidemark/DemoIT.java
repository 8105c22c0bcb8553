package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole story, and what it leaves behind. */
class DemoIT {
  @Test
  void tellsTheStoryAndLeavesAWarehouseToWorkOn(@TempDir Path folder) throws Exception {
    Path project = folder.resolve("demo");
    CommandLineSession user = new CommandLineSession(Wiring::open, project);
    Result demo = user.run("demo", "--dir", project.toString());
    assertThat(demo.exitCode()).as(demo.out() + demo.err()).isZero();
    assertThat(demo.out())
        .contains("is published")
        .contains("flights_utc: logic")
        .contains("is ready")
        .contains("is blocked")
        .contains("(exit code 4)")
        .contains("proved the content hash of 2001-03 is what it was before the fix")
        .contains("proved the same from the rows themselves")
        .contains("proved every other table is at the very snapshot it was at")
        .contains("Everything is up to date.");
    assertThat(Files.readString(project.resolve("diff.html"))).contains("flights_utc");

    Result status = user.run("status");
    assertThat(status.exitCode()).as(status.err()).isZero();
    assertThat(status.out()).contains("Everything is up to date.");
    assertThat(user.run("diff", "latest").exitCode()).isZero();
    assertThat(user.run("lineage", "airport_month.on_time_rate").out())
        .contains("airport_day.delayed")
        .contains("flights.delay");

    Result again = user.run("demo", "--dir", project.toString());
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err()).contains("TM-DEMO-002");
  }
}
