package io.tidemark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cli.text.Paint;
import io.tidemark.control.Corrected;
import io.tidemark.control.Generated;
import io.tidemark.control.Maintained;
import io.tidemark.control.Ordered;
import io.tidemark.control.Report;
import io.tidemark.control.RunsWatched;
import io.tidemark.control.Served;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Location;
import io.tidemark.model.Problem;
import io.tidemark.model.RunState;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.rollback.Terms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every report looks like, held against files in src/test/resources/golden/cli. Run with
 * -Dgolden.update=true to write them anew.
 */
class RenderingTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/cli");

  static Map<String, String> cases() {
    Map<String, String> cases = new TreeMap<>();
    Map<String, Report> reports = reports();
    reports.forEach((name, r) -> cases.put(name + ".txt", TextRenderer.text(r, Paint.PLAIN)));
    for (String name :
        List.of(
            "diff",
            "status",
            "planned",
            "query",
            "graph",
            "verified-not",
            "corrected",
            "live",
            "live-following",
            "examined")) {
      cases.put(name + ".json", JsonText.text(reports.get(name)) + "\n");
    }
    cases.put("planned-explained.txt", PlanText.steps(Samples.plan(), Paint.PLAIN));
    cases.put("graph.dot", GraphText.dot(Samples.graph()));
    cases.put("graph.mermaid", GraphText.mermaid(Samples.graph()));
    cases.put("diff.html", DiffHtml.text(Samples.diffShown()));
    cases.put("errors.txt", ErrorText.text(errors(), Paint.PLAIN));
    cases.put("errors.json", JsonText.error(errors()) + "\n");
    cases.put("coloured.txt", TextRenderer.text(Samples.status(), Paint.COLOURED));
    cases.put(
        "bug.txt",
        ErrorText.bug(new IllegalStateException("[BUG] odd"), Path.of("a.log"), Paint.PLAIN));
    return cases;
  }

  private static Map<String, Report> reports() {
    Map<String, Report> reports = new TreeMap<>();
    reports.put("live", new Report.LiveShown(Report.LiveEvent.LOOKED_AT, LiveSamples.live()));
    reports.put(
        "live-following",
        new Report.LiveShown(
            Report.LiveEvent.NOT_RUNNING,
            LiveSamples.quiet(),
            List.of(),
            List.of(
                new Report.LiveShown.Other(Report.LiveEvent.STOPPED, LiveSamples.following()))));
    reports.put(
        "live-uncommitted",
        new Report.LiveShown(Report.LiveEvent.UNCOMMITTED, LiveSamples.quiet()));
    reports.put(
        "live-stopped", new Report.LiveShown(Report.LiveEvent.STOPPED, LiveSamples.quiet()));
    reports.put(
        "live-shadow", new Report.LiveShown(Report.LiveEvent.LOOKED_AT, LiveSamples.shadowed()));
    reports.put(
        "validated",
        new Report.Validated(
            "cities",
            Samples.graph().revision(),
            List.of(Samples.EVENTS),
            List.of(Samples.CITIES),
            List.of(Samples.DAYS, Samples.MONTHS),
            List.of("fix")));
    reports.put("graph", new Report.GraphShown(Samples.graph()));
    reports.put("initialised", new Report.Initialised("shop", List.of("jobs/shop/pipeline.yaml")));
    reports.put(
        "loaded",
        new Report.Loaded(
            Samples.EVENTS,
            "lake.events",
            List.of(
                new Report.FileLoaded("a.csv", Report.FileLoaded.Fate.LOADED),
                new Report.FileLoaded("b.csv", Report.FileLoaded.Fate.KNOWN)),
            1_234,
            2,
            "lake.events_dead_letters",
            List.of("a.csv:7: 'x' is no INT")));
    reports.put("status", Samples.status());
    reports.put("slices", Samples.slices());
    reports.put("history", Samples.history());
    reports.put("planned", Samples.planned());
    reports.put("planned-nothing", Samples.nothingPlanned());
    reports.put("run", Samples.runShown());
    reports.put("run-nothing", new Report.RunShown(Optional.empty(), List.of()));
    reports.put("runs", new Report.RunsListed(List.of(Samples.run(RunState.READY, ""))));
    reports.put("runs-none", new Report.RunsListed(List.of()));
    reports.put("diff", Samples.diffShown());
    reports.put(
        "published",
        new Report.Published(
            Samples.run(RunState.PUBLISHED, ""), Samples.tables(), Report.Published.When.NOW));
    reports.put(
        "published-before",
        new Report.Published(
            Samples.run(RunState.PUBLISHED, ""), Samples.tables(), Report.Published.When.BEFORE));
    reports.put(
        "reverted", new Report.Reverted(Samples.run(RunState.REVERTED, ""), Samples.tables()));
    reports.put(
        "generated",
        new Generated(
            "orders",
            new TreeMap<>(Map.of("orders", 1_234L, "payments", 987L)),
            7,
            Instant.parse("2026-01-31T08:00:00Z"),
            Instant.parse("2026-01-31T09:30:00Z")));
    reports.put(
        "ordered",
        new Ordered(
            "shop",
            3,
            List.of(DatasetId.of("visits"), DatasetId.of("prices")),
            List.of(DatasetId.of("city_day")),
            Path.of("order.json"),
            "0.1.0/1a2b3c"));
    reports.put("rolling-back", PlaceSamples.rolledBack(Terms.Act.LOOK));
    reports.put("rolled-back", PlaceSamples.rolledBack(Terms.Act.GO));
    reports.put(
        "lineage",
        new Report.LineageShown(
            "city_day.visits",
            List.of(
                new Report.Edge("events.id", "city_day.visits", 1),
                new Report.Edge("raw.id", "events.id", 2)),
            List.of()));
    reports.put(
        "query",
        new Report.QueryShown(
            List.of("city", "visits"),
            List.of(
                List.of(Optional.of("Oslo"), Optional.of("12")),
                List.of(Optional.of("a\nb\u001b[31m"), Optional.empty())),
            Report.Completeness.CUT_OFF));
    reports.put(
        "runs-watched",
        new RunsWatched(
            Samples.NOON,
            List.of(new RunsWatched.Watched(Samples.run(RunState.READY, ""), 0, List.of())),
            Optional.of(
                new RunsWatched.Progress(
                    32, new RunsWatched.Built(10, 4000, Optional.empty()), 10, 0)),
            List.of()));
    reports.put("served", new Served("http://localhost:9464/metrics"));
    reports.put("examined", PlaceSamples.examined());
    reports.put("verified", Samples.verified());
    reports.put("verified-not", Samples.verifiedNot());
    reports.put("corrected", Samples.corrected());
    reports.put("maintained", Samples.maintained());
    reports.put("maintained-nothing", new Maintained(List.of()));
    reports.put("corrected-nothing", new Corrected(Optional.empty(), List.of(), List.of()));
    return reports;
  }

  private static TidemarkException errors() {
    return TidemarkException.user(
        List.of(
            Problem.at(
                new Location("jobs/cities/pipeline.yaml", 12, 5),
                "TM-SPEC-012",
                "unknown key 'lookbak'",
                "unknown keys are never guessed",
                "did you mean 'lookback'?"),
            Problem.of("TM-GATE-003", "3 rows differ without explanation", "", "look\nat them")));
  }

  static Stream<String> names() {
    return cases().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("names")
  void rendersAsRecorded(String name) throws IOException {
    String rendered = cases().get(name);
    if (Boolean.getBoolean("golden.update")) {
      Files.createDirectories(GOLDEN);
      Files.writeString(GOLDEN.resolve(name), rendered);
    }
    assertThat(rendered).isEqualTo(Files.readString(GOLDEN.resolve(name)));
  }

  @Test
  void everyGoldenFileHasItsCase() throws IOException {
    try (Stream<Path> files = Files.list(GOLDEN)) {
      assertThat(files.map(f -> f.getFileName().toString()).collect(Collectors.toSet()))
          .isEqualTo(cases().keySet());
    }
  }

  @Test
  void everyReportHasACase() {
    List<String> rendered =
        reports().values().stream().map(r -> r.getClass().getSimpleName()).distinct().toList();
    assertThat(rendered)
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(Report.class.getPermittedSubclasses()).map(Class::getSimpleName).toList());
  }

  @Test
  void neitherDataNorNamesSteerATerminalOrAPage() {
    assertThat(TextRenderer.text(Samples.diffShown(), Paint.PLAIN)).doesNotContain("\u001b");
    assertThat(DiffHtml.text(Samples.diffShown()))
        .doesNotContain("<b>\u001b")
        .contains("&lt;b&gt;");
  }
}
