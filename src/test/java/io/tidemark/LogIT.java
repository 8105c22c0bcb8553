package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.tidemark.testing.ChildJvm;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.VisitsProject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a command and the Flink jobs that it has done say in the log. */
class LogIT {
  private static final Pattern LINE =
      Pattern.compile("\\S+ \\[.*] (?:INFO|WARN) io\\.tidemark\\.(\\S+) - (event=.*)");
  private static final Pattern VALUE =
      Pattern.compile("(\\w+)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|(\\S+))");

  private static List<Map<String, String>> events(Path log) throws IOException {
    List<Map<String, String>> events = new ArrayList<>();
    for (String text : Files.readAllLines(log)) {
      Matcher line = LINE.matcher(text);
      if (line.matches()) {
        Map<String, String> event = new LinkedHashMap<>(Map.of("logger", line.group(1)));
        Matcher value = VALUE.matcher(line.group(2));
        while (value.find()) {
          event.put(value.group(1), value.group(2) == null ? value.group(3) : value.group(2));
        }
        events.add(event);
      }
    }
    return events;
  }

  private static List<Map<String, String>> named(List<Map<String, String>> events, String name) {
    return events.stream().filter(e -> e.get("event").equals(name)).toList();
  }

  @Test
  void oneRunIsFollowedByItsIdFromTheCommandThroughFlinkToMain(@TempDir Path project)
      throws Exception {
    VisitsProject.write(project);
    Files.writeString(project.resolve("visits.csv"), VisitsProject.csv());
    CommandLineSession user = new CommandLineSession(Wiring::open, project);
    Result loaded = user.run("load", "visits", project.resolve("visits.csv").toString());
    assertThat(loaded.exitCode()).as(loaded.err()).isZero();
    Path log = project.resolve("events.log");

    Process command =
        ChildJvm.tidemark(
            project,
            project.resolve("out.log"),
            List.of(
                "-Xmx1g",
                "-Dorg.slf4j.simpleLogger.logFile=" + log,
                "-Dorg.slf4j.simpleLogger.log.io.tidemark=info"),
            "run",
            "--publish");

    assertThat(command.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(command.exitValue()).as(Files.readString(project.resolve("out.log"))).isZero();
    List<Map<String, String>> events = events(log);
    assertThat(named(events, "operation"))
        .extracting(e -> e.get("operation") + " " + e.get("phase"))
        .startsWith("StartRun began")
        .contains("StartRun done");
    String run = named(events, "run-moved").get(0).get("run");
    assertThat(named(events, "run-moved"))
        .allSatisfy(e -> assertThat(e).containsEntry("run", run))
        .extracting(e -> e.get("to"))
        .containsExactly("RUNNING", "READY", "PUBLISHING", "PUBLISHED");
    assertThat(named(events, "step-started")).hasSameSizeAs(named(events, "step-finished"));
    List<Map<String, String>> commits = named(events, "committed");
    assertThat(commits)
        .extracting(e -> e.get("kind"), e -> e.get("dataset"), e -> e.get("run"))
        .contains(tuple("BUILD", "city_day", run), tuple("PUBLISH", "city_day", run));
    assertThat(commits)
        .filteredOn(e -> e.get("kind").equals("BUILD"))
        .allSatisfy(
            e -> {
              assertThat(e.get("logger")).startsWith("job.");
              assertThat(e.get("slices")).isNotEmpty();
              assertThat(e.get("branch")).contains(run);
            });
    String published =
        commits.stream()
            .filter(e -> e.get("kind").equals("PUBLISH"))
            .findFirst()
            .orElseThrow()
            .get("snapshot");
    assertThat(user.run("history", "city_day", "--format", "json").out()).contains(published);
  }
}
