package io.tidemark.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Governance.Tier;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.model.Transform.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Whole plans, held against files in src/test/resources/golden/plan. Run with -Dgolden.update=true
 * to write them anew. Plans that were once written, in src/test/resources/plans, are only added to.
 */
class PlanGoldenTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/plan");
  private static final Path WRITTEN = Path.of("src/test/resources/plans/v1");
  private static final Code CLEAN =
      Code.of("filter 1", "ts", "delay", "km")
          .reading("flights", "ts", "delay", "km")
          .reading("airports", "tz");
  private static final Selection ALL = Selection.everything(World.LIMITS);

  private final World world = new World();

  private static Graph graph(Code clean) {
    return new Pipeline()
        .source("flights", Grain.MONTH, "delay", "km")
        .reference("airports", "tz")
        .derived("clean", Grain.DAY, Pipeline.hours(14, 14), clean, "flights", "airports")
        .derived(
            "daily",
            Grain.MONTH,
            Window.EXACT,
            Code.of("by day", "ts", "late").reading("clean", "ts", "delay"),
            "clean")
        .derived(
            "routes",
            Grain.MONTH,
            Window.EXACT,
            Code.of("by route", "ts", "km").reading("clean", "ts", "km"),
            "clean")
        .tier("routes", Tier.CRITICAL)
        .change("shorter")
        .graph();
  }

  private Graph built() {
    Graph graph = graph(CLEAN);
    world.load(graph, "flights", SliceSet.parse(Grain.MONTH, "2001-01..2001-02"));
    world.load(graph, "airports", SliceSet.parse(Grain.ALL, "all"));
    world.rate("clean", 100).rate("daily", 1000).rate("routes", 1000);
    world.apply(graph, Planner.plan(graph, world.facts(), ALL));
    return graph;
  }

  private Plan firstBuild() {
    Graph graph = graph(CLEAN);
    world.load(graph, "flights", SliceSet.parse(Grain.MONTH, "2001-01..2001-02"));
    world.load(graph, "airports", SliceSet.parse(Grain.ALL, "all"));
    return Planner.plan(graph, world.facts(), ALL);
  }

  private Plan columnFix() {
    built();
    Graph fixed = graph(CLEAN.withColumn("km", "v2"));
    Selection selection =
        new Selection(new TreeSet<>(), Optional.empty(), Optional.of("shorter"), World.LIMITS);
    return Planner.plan(fixed, world.facts(), selection);
  }

  private Plan lateRows() {
    Graph graph = built();
    world.load(graph, "flights", SliceSet.parse(Grain.MONTH, "2001-02..2001-03"));
    return Planner.plan(graph, world.facts(), ALL);
  }

  private Plan oneDay() {
    built();
    TimeRange day =
        new TimeRange(Instant.parse("2001-02-10T00:00:00Z"), Instant.parse("2001-02-11T00:00:00Z"));
    Selection selection =
        new Selection(new TreeSet<>(), Optional.of(day), Optional.empty(), World.LIMITS);
    return Planner.plan(graph(CLEAN.withRows("filter 2")), world.facts(), selection);
  }

  private Plan nothing() {
    return Planner.plan(built(), world.facts(), ALL);
  }

  private Map<String, Plan> cases() {
    Map<String, Plan> cases = new TreeMap<>();
    cases.put("first-build", new PlanGoldenTest().firstBuild());
    cases.put("column-fix", new PlanGoldenTest().columnFix());
    cases.put("late-rows", new PlanGoldenTest().lateRows());
    cases.put("one-day", new PlanGoldenTest().oneDay());
    cases.put("nothing", new PlanGoldenTest().nothing());
    return cases;
  }

  private static String text(Plan plan) {
    StringBuilder out = new StringBuilder();
    for (Plan.Impact impact : plan.impacts()) {
      out.append(impact.dataset()).append(" stage ").append(impact.stage()).append('\n');
      out.append("  stale  ").append(impact.stale()).append('\n');
      out.append("  reused ").append(impact.reused()).append('\n');
      impact.reasons().forEach(r -> out.append("  because ").append(r).append('\n'));
      out.append("  ").append(impact.cost()).append('\n');
    }
    for (Step step : plan.steps()) {
      out.append(step).append('\n');
    }
    return out.append(plan.cost()).append('\n').toString().replaceAll(" +\n", "\n");
  }

  @TestFactory
  Stream<DynamicTest> plansAreAsTheyWere() {
    return cases().entrySet().stream()
        .map(
            e ->
                DynamicTest.dynamicTest(e.getKey(), () -> compare(e.getKey(), text(e.getValue()))));
  }

  private static void compare(String name, String text) throws IOException {
    Path file = GOLDEN.resolve(name + ".txt");
    if (Boolean.getBoolean("golden.update")) {
      Files.createDirectories(GOLDEN);
      Files.writeString(file, text);
    }
    assertThat(text).isEqualTo(Files.readString(file));
  }

  @Test
  void everyGoldenFileHasItsCase() throws IOException {
    try (Stream<Path> files = Files.list(GOLDEN)) {
      assertThat(files.map(f -> f.getFileName().toString().replace(".txt", "")))
          .containsExactlyInAnyOrderElementsOf(cases().keySet());
    }
  }

  @TestFactory
  Stream<DynamicTest> plansWrittenByEarlierVersionsAreStillRead() throws IOException {
    if (Boolean.getBoolean("golden.update")) {
      Files.createDirectories(WRITTEN);
      for (Map.Entry<String, Plan> e : cases().entrySet()) {
        Path file = WRITTEN.resolve(e.getKey() + ".json");
        if (!Files.exists(file)) {
          Files.writeString(file, PlanJson.write(e.getValue()));
        }
      }
    }
    List<Path> written;
    try (Stream<Path> files = Files.list(WRITTEN)) {
      written = files.sorted().toList();
    }
    assertThat(written).isNotEmpty();
    return written.stream()
        .map(
            file ->
                DynamicTest.dynamicTest(
                    file.getFileName().toString(),
                    () -> {
                      String json = Files.readString(file);
                      assertThat(PlanJson.write(PlanJson.read(json))).isEqualTo(json);
                    }));
  }

  @Test
  void plansOfAnotherFormatOrNoneAreTheUsersMistake() {
    for (String json : List.of("{\"version\":2}", "{\"version\":1}", "{", "[]", "null", "")) {
      assertThatThrownBy(() -> PlanJson.read(json))
          .as(json)
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> assertThat(e.category()).isEqualTo(TidemarkException.Category.USER));
    }
  }
}
