package io.tidemark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cli.text.Paint;
import io.tidemark.control.Control;
import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.control.RolledBack;
import io.tidemark.control.Watcher;
import io.tidemark.model.Problem;
import io.tidemark.model.RunState;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.json.Json;
import io.tidemark.model.rollback.Setback;
import io.tidemark.model.rollback.Terms;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Arguments in; operations, streams and exit codes out. */
class CliTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final List<Operation<?>> operations = new ArrayList<>();
  private final List<Place> places = new ArrayList<>();

  /** A door behind which one answer waits for every question. */
  private final class Answering implements Control {
    private final Object answer;

    Answering(Object answer) {
      this.answer = answer;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <R extends Report> R execute(Operation<R> operation, Watcher watcher) {
      operations.add(operation);
      watcher.note("noted");
      if (answer instanceof RuntimeException e) {
        throw e;
      }
      return (R) answer;
    }

    @Override
    public void close() {
      operations.add(null);
    }
  }

  private int run(Object answer, String... arguments) {
    return run(answer, Streams.Device.OTHER, "", arguments);
  }

  private int run(Object answer, Streams.Device device, String input, String... arguments) {
    Streams streams =
        new Streams(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            device,
            device);
    return Cli.run(
        place -> {
          places.add(place);
          return new Answering(answer);
        },
        streams,
        arguments);
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private Operation<?> operation() {
    assertThat(operations).hasSize(2).endsWith((Operation<?>) null);
    return operations.get(0);
  }

  @Test
  void dataGoesToStdoutAndProgressToStderr() {
    assertThat(run(Samples.status(), "status")).isZero();
    assertThat(out()).isEqualTo(TextRenderer.text(Samples.status(), Paint.PLAIN));
    assertThat(err()).isEqualTo("noted" + System.lineSeparator());
    assertThat(operation()).isEqualTo(new Operation.Status());
  }

  @Test
  void globalOptionsMayStandBeforeAndAfterTheCommand() {
    run(Samples.status(), "-C", "a", "status", "--env", "docker", "--format", "json");
    assertThat(places).containsExactly(new Place(Path.of("a"), "docker"));
    assertThat(out()).isEqualTo(JsonText.text(Samples.status()) + "\n");
  }

  @Test
  void eventsAreMadeUpAsAskedForAndElseAsTheyCome() {
    run(Samples.status(), "generate", "orders");
    assertThat(operation())
        .isEqualTo(
            new Operation.Generate(
                "orders", 300, 1, Optional.empty(), Optional.empty(), Optional.empty()));
    operations.clear();
    run(
        Samples.status(),
        "generate",
        "orders",
        "--rate=60",
        "--speed=2.5",
        "--events=9",
        "--seed=7",
        "--from=2026-01-31T08:00:00Z");
    assertThat(operation())
        .isEqualTo(
            new Operation.Generate(
                "orders",
                60,
                2.5,
                Optional.of(9L),
                Optional.of(7L),
                Optional.of("2026-01-31T08:00:00Z")));
  }

  @Test
  void aLiveJobIsCaredForUntilItRunsOrForGood() {
    run(Samples.status(), "live", "start", "revenue");
    assertThat(operation())
        .isEqualTo(
            new Operation.StartLive(
                List.of("revenue"), Optional.empty(), Operation.StartLive.Care.STARTED));
    operations.clear();
    run(Samples.status(), "live", "start", "--accept-gap", "t/0", "--accept-gap", "t/2");
    assertThat(operation())
        .isEqualTo(
            new Operation.StartLive(
                List.of(),
                Optional.empty(),
                List.of("t/0", "t/2"),
                Operation.StartLive.Care.STARTED));
    operations.clear();
    assertThat(run(Samples.status(), "live", "start", "--keep", "--accept-gap", "t/0"))
        .isEqualTo(2);
    assertThat(err()).contains("TM-CLI-004");
    assertThat(operations).isEmpty();
    run(Samples.status(), "live", "start", "--keep");
    assertThat(operation())
        .isEqualTo(
            new Operation.StartLive(List.of(), Optional.empty(), Operation.StartLive.Care.KEPT));
  }

  @Test
  void severalDatasetsAreVerifiedInOneGoAndOneThatIsNotCleanCounts() {
    assertThat(run(Samples.verified(), "verify", "hours", "days")).isZero();
    assertThat(operations.stream().filter(Objects::nonNull))
        .containsExactly(
            new Operation.Verify("hours", Optional.empty()),
            new Operation.Verify("days", Optional.empty()));
    assertThat(out().lines().filter(l -> l.startsWith("0 lost, "))).hasSize(2);
    assertThat(run(Samples.verifiedNot(), "verify", "hours", "days")).isEqualTo(4);
    operations.clear();
    assertThat(run(Samples.verified(), "verify", "hours", "days", "--slices", "2001-03"))
        .isEqualTo(2);
    assertThat(err()).contains("TM-CLI-005");
    assertThat(operations).isEmpty();
  }

  @Test
  void anOrderIsWrittenToAFile() {
    assertThat(run(Samples.status(), "live", "order")).isEqualTo(2);
    assertThat(operations).isEmpty();
    run(Samples.status(), "live", "order", "revenue", "--to", "o.json", "--accept-gap", "t/0");
    assertThat(operation())
        .isEqualTo(
            new Operation.OrderLive(
                List.of("revenue"), Optional.empty(), List.of("t/0"), Path.of("o.json")));
  }

  @Test
  void colourIsForTerminalsOrOnDemand() {
    run(Samples.status(), "status", "--color", "always");
    assertThat(out()).contains("\u001b[");
    out.reset();
    run(Samples.status(), Streams.Device.TERMINAL, "", "status", "--color", "never");
    assertThat(out()).doesNotContain("\u001b[");
  }

  @Test
  void argumentsBecomeAnOperation() {
    run(
        Samples.planned(),
        "plan",
        "--select",
        "a,b",
        "--from",
        "2001-01",
        "--to",
        "2001-03",
        "--change",
        "fix",
        "--out",
        "p.json",
        "--explain");
    assertThat(operation())
        .isEqualTo(
            new Operation.MakePlan(
                new Operation.Selection(
                    List.of("a", "b"),
                    Optional.of("2001-01"),
                    Optional.of("2001-03"),
                    Optional.of("fix")),
                Optional.of(Path.of("p.json"))));
    assertThat(out()).contains("STEP").contains("verify-city_day");
  }

  @Test
  void lineageTakesADatasetOrAColumn() {
    Report.LineageShown answer = new Report.LineageShown("a.b", List.of(), List.of());
    run(answer, "lineage", "a.b");
    assertThat(operation()).isEqualTo(new Operation.Lineage("a", Optional.of("b")));
    operations.clear();
    run(answer, "lineage", "a");
    assertThat(operation()).isEqualTo(new Operation.Lineage("a", Optional.empty()));
  }

  @Test
  void runTakesAPlanFileOrPlansNow() {
    run(Samples.runShown(), "run", "p.json", "--publish");
    assertThat(operation())
        .isEqualTo(
            new Operation.StartRun(
                new Operation.PlanFile(Path.of("p.json")), Operation.After.PUBLISH));
    operations.clear();
    run(Samples.runShown(), "run");
    assertThat(operation())
        .isEqualTo(
            new Operation.StartRun(
                new Operation.Fresh(Operation.Selection.ALL), Operation.After.KEEP_CANDIDATE));
  }

  @Test
  void aBlockedRunEndsInExitCode4AndAReadyOneIn0() {
    assertThat(run(Samples.runShown(), "run")).isEqualTo(4);
    Report.RunShown ready =
        new Report.RunShown(Optional.of(Samples.run(RunState.READY, "")), List.of());
    assertThat(run(ready, "run")).isZero();
    assertThat(run(new Report.RunShown(Optional.empty(), List.of()), "run")).isZero();
  }

  @ParameterizedTest
  @EnumSource(TidemarkException.Category.class)
  void theCategoryOfAnErrorIsTheExitCode(TidemarkException.Category category) {
    Problem problem = Problem.of("TM-X-001", "it broke", "because", "mend it");
    int code = run(new TidemarkException(category, List.of(problem), null), "status");
    assertThat(code).isEqualTo(category.exitCode());
    assertThat(out()).isEmpty();
    assertThat(err())
        .contains("error TM-X-001: it broke\n  why: because\n  fix: mend it\n")
        .doesNotContain("\tat ");
  }

  @Test
  void errorsAreJsonWhereJsonIsAskedFor() {
    Problem problem = Problem.of("TM-X-001", "it broke", "", "mend it");
    run(TidemarkException.user(problem), "status", "--format", "json");
    assertThat(err())
        .endsWith(JsonText.error(TidemarkException.user(problem)) + "\n")
        .contains("\"exitCode\":1");
  }

  @Test
  void aBugEndsInExitCode70WithItsTraceInAFile() throws Exception {
    assertThat(run(new IllegalStateException("[BUG] odd"), "status")).isEqualTo(70);
    assertThat(err()).contains("TM-BUG-001").doesNotContain("\tat ");
    String log = err().replaceAll("(?s).*with the log (\\S+);.*", "$1");
    assertThat(Files.readString(Path.of(log))).contains("[BUG] odd").contains("\tat ");
    Files.delete(Path.of(log));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"statsu", "status --colour", "plan --from", "load", "run --publish=x y z"})
  void whatCannotBeReadEndsInExitCode2(String arguments) {
    assertThat(run(Samples.status(), arguments.split(" "))).isEqualTo(2);
    assertThat(err()).startsWith("error TM-CLI-000: ").contains("--help");
    assertThat(operations).isEmpty();
  }

  @Test
  void aMistypedCommandIsToldItsNearestName() {
    run(Samples.status(), "rnu");
    assertThat(err())
        .startsWith("error TM-CLI-000: unknown command 'rnu'")
        .contains("did you mean 'run'?");
  }

  @Test
  void aMistypedOptionIsToldItsNearestName() {
    run(Samples.status(), "run", "--selct", "a");
    assertThat(err())
        .startsWith("error TM-CLI-000: unknown option '--selct'")
        .contains("did you mean '--select'?", "tidemark run --help")
        .containsOnlyOnce("fix:");
  }

  @Test
  void usageErrorsAreJsonWhereJsonIsAskedFor() {
    assertThat(run(Samples.status(), "status", "--form", "x", "--format", "json")).isEqualTo(2);
    assertThat(Json.parse(err()).toString())
        .contains("exitCode=2", "TM-CLI-000", "unknown option '--form'");
  }

  @Test
  void aMistypedValueIsToldTheValuesAsTheyAreWritten() {
    run(Samples.status(), "--format", "jsn", "status");
    assertThat(err()).contains("text, json").doesNotContain("TEXT", "case-insensitive");
  }

  @Test
  void aFolderInsideAProjectIsOfThatProject(@TempDir Path folder) throws Exception {
    Path pipeline = folder.resolve("jobs/shop/pipeline.yaml");
    Path inside = Files.createDirectories(pipeline.resolveSibling("data/old"));
    assertThat(Place.around(inside)).isEqualTo(inside);
    Files.createFile(pipeline);
    assertThat(Place.around(inside)).isEqualTo(folder);
    assertThat(Place.around(folder)).isEqualTo(folder);
    Files.createDirectory(inside.resolve("jobs"));
    assertThat(Place.around(inside)).isEqualTo(inside);
  }

  @Test
  void noCommandShowsTheHelp() {
    assertThat(run(Samples.status())).isEqualTo(2);
    assertThat(err()).contains("Usage: tidemark");
  }

  @Test
  void saysItsVersionAndThatOfJava() {
    assertThat(run(Samples.status(), "--version")).isZero();
    assertThat(out()).matches("tidemark \\S.*, Java 17\\..*\n");
    assertThat(operations).isEmpty();
  }

  @Test
  void everyCommandHasHelp() {
    for (String name : Cli.commandLine(p -> null, streams()).getSubcommands().keySet()) {
      out.reset();
      assertThat(run(Samples.status(), name, "--help")).as(name).isZero();
      assertThat(out()).contains("Usage: tidemark " + name);
    }
    assertThat(operations).isEmpty();
  }

  private Streams streams() {
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    return new Streams(System.in, stream, stream, Streams.Device.OTHER, Streams.Device.OTHER);
  }

  @Test
  void aPlanFileAndASelectionExcludeEachOther() {
    assertThat(run(Samples.runShown(), "run", "p.json", "--select", "a")).isEqualTo(2);
    assertThat(err()).contains("TM-CLI-002");
    assertThat(operations).isEmpty();
  }

  @Test
  void aRollbackListsWhatItTakesBeforeItAsks() {
    RolledBack report = PlaceSamples.rolledBack(Terms.Act.LOOK);
    String[] arguments = "rollback t --to v1 --expect-head 2 --why bad".split(" ");

    assertThat(run(report, arguments)).isEqualTo(2);
    assertThat(err()).contains("add --yes").doesNotContain("lost: ");
    operations.clear();
    assertThat(run(report, Streams.Device.TERMINAL, "no\n", arguments)).isEqualTo(2);

    assertThat(err()).contains("lost: publish of run r1").contains("[y/N]");
    assertThat(operation())
        .isInstanceOfSatisfying(
            Operation.Rollback.class,
            o -> {
              assertThat(o.terms().act()).isEqualTo(Terms.Act.LOOK);
              assertThat(o.terms().why()).isEqualTo("bad");
              assertThat(o.to()).isEqualTo("v1");
            });
  }

  @Test
  void aRollbackToWhereATableIsSaysSo() {
    Setback none = PlaceSamples.nothingToRollBack();

    assertThat(
            run(
                new RolledBack(Terms.Act.GO, none),
                "rollback lake.events --to 9 --expect-head 9 --yes".split(" ")))
        .isZero();
    assertThat(out()).isEqualTo("lake.events is at snapshot 9 already.\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"revert r", "runs --abandon r"})
  void whatTakesEffectOnMainNeedsAYes(String arguments) {
    Report.Reverted done = new Report.Reverted(Samples.run(RunState.REVERTED, ""), List.of());
    assertThat(run(done, arguments.split(" "))).isEqualTo(2);
    assertThat(err()).contains("add --yes");
    assertThat(run(done, Streams.Device.TERMINAL, "no\n", arguments.split(" "))).isEqualTo(2);
    assertThat(operations.stream().filter(Objects::nonNull))
        .as("nothing but looks")
        .hasSize(2)
        .allMatch(
            o ->
                o instanceof Operation.ShowRun
                    || (o instanceof Operation.Revert r && r.act() == Terms.Act.LOOK));
  }

  @ParameterizedTest
  @ValueSource(strings = {"revert r", "runs --abandon r", "rollback t --to v1 --expect-head 2"})
  void whatIsWrongIsSaidBeforeAnybodyIsAsked(String arguments) {
    RuntimeException wrong =
        TidemarkException.user(Problem.of("TM-X-001", "there is no such thing", "", "look"));
    assertThat(run(wrong, arguments.split(" "))).isEqualTo(1);
    assertThat(run(wrong, Streams.Device.TERMINAL, "y\n", arguments.split(" "))).isEqualTo(1);
    assertThat(err()).contains("TM-X-001").doesNotContain("--yes").doesNotContain("[y/N]");
  }

  @Test
  void aYesOnATerminalOrTheOptionIsEnough() {
    Report.Reverted done = new Report.Reverted(Samples.run(RunState.REVERTED, ""), List.of());
    assertThat(run(done, Streams.Device.TERMINAL, "y\n", "revert", "r")).isZero();
    assertThat(run(done, "revert", "r", "--yes", "--dataset", "d", "--slice", "2001-03")).isZero();
    assertThat(operations.stream().filter(Objects::nonNull))
        .containsExactly(
            new Operation.Revert("r", Optional.empty(), Optional.empty(), Terms.Act.LOOK),
            new Operation.Revert("r", Optional.empty(), Optional.empty(), Terms.Act.GO),
            new Operation.Revert("r", Optional.of("d"), Optional.of("2001-03"), Terms.Act.GO));
  }

  @Test
  void aDiffIsAlsoWrittenAsAPage(@org.junit.jupiter.api.io.TempDir Path folder) throws Exception {
    Path page = folder.resolve("new/diff.html");
    assertThat(run(Samples.diffShown(), "diff", "--html", page.toString())).isZero();
    assertThat(operation()).isEqualTo(new Operation.Diff("latest"));
    assertThat(Files.readString(page)).isEqualTo(DiffHtml.text(Samples.diffShown()));
  }

  @Test
  void graphIsDrawnInThreeForms() {
    Report.GraphShown graph = new Report.GraphShown(Samples.graph());
    run(graph, "graph", "--as", "dot");
    assertThat(out()).startsWith("digraph");
    out.reset();
    run(graph, "graph", "--as", "mermaid");
    assertThat(out()).startsWith("flowchart");
  }

  @Test
  void progressIsABarOnATerminalAndALinePerStepElsewhere() {
    Watcher.StepProgress half =
        new Watcher.StepProgress("s", "build a", Watcher.Phase.RUNNING, 0.5, "12 rows");
    Watcher.StepProgress done =
        new Watcher.StepProgress("s", "build a", Watcher.Phase.DONE, 1, "3 slices");
    Progress plain = new Progress(streams(), Paint.PLAIN);
    plain.step(half);
    plain.step(done);
    assertThat(out()).startsWith("  done build a, 3 slices (").hasLineCount(1);
    out.reset();
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    Progress bars =
        new Progress(
            new Streams(
                System.in, stream, stream, Streams.Device.TERMINAL, Streams.Device.TERMINAL),
            Paint.PLAIN);
    bars.step(half);
    assertThat(out()).contains("[############............] build a, 12 rows");
    bars.step(done);
    assertThat(out()).contains("\r\u001b[2K  done build a");
  }
}
