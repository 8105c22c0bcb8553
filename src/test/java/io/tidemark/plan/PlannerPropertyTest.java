package io.tidemark.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.Limits;
import io.tidemark.model.Facts;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.Plan.ChangeKind;
import io.tidemark.model.Plan.Impact;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.model.Transform;
import io.tidemark.model.Transform.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Random graphs and histories: what must hold of every plan. */
class PlannerPropertyTest {
  private static final int SOURCES = 2;
  private static final List<String> COLUMNS = List.of("a", "b", "c");

  /** A pipeline that grows and changes, and the tables that follow it. */
  private static final class History {
    final Random random;
    final World world = new World();
    final Map<String, Code> codes = new HashMap<>();
    final Pipeline pipeline = new Pipeline();
    final Map<String, Window> windows = new HashMap<>();
    final Map<String, List<String>> inputs = new HashMap<>();
    final List<String> derived = new ArrayList<>();
    final Set<String> timeless = new HashSet<>();

    History(long seed) {
      random = new Random(seed);
      List<String> all = new ArrayList<>();
      for (int i = 0; i < SOURCES; i++) {
        pipeline.source("s" + i, random.nextBoolean() ? Grain.MONTH : Grain.DAY, "a", "b", "c");
        all.add("s" + i);
      }
      for (int i = 0; i < 1 + random.nextInt(6); i++) {
        add("d" + i, all);
        all.add("d" + i);
      }
      load();
    }

    private void add(String name, List<String> upstream) {
      Set<String> read = new HashSet<>();
      for (int i = 0; i < 1 + random.nextInt(2); i++) {
        read.add(upstream.get(random.nextInt(upstream.size())));
      }
      Code code = Code.of("rows 1", "a", "b", "c");
      for (String input : read) {
        code = code.reading(input, COLUMNS.get(random.nextInt(3)), COLUMNS.get(random.nextInt(3)));
      }
      Window window = Pipeline.hours(random.nextInt(30), random.nextInt(30));
      codes.put(name, code);
      windows.put(name, window);
      inputs.put(name, List.copyOf(read));
      derived.add(name);
      // Slices come from the event time of inputs: without it there can be only one.
      Grain grain =
          timeless.containsAll(read)
              ? Grain.ALL
              : Grain.values()[1 + random.nextInt(Grain.values().length - 1)];
      if (grain == Grain.ALL) {
        timeless.add(name);
      }
      pipeline.derived(name, grain, window, code, inputs.get(name).toArray(String[]::new));
    }

    Graph graph() {
      return pipeline.graph();
    }

    /** Anything may happen: new rows, a new column's code, other rows, nothing. */
    void change() {
      String name = derived.get(random.nextInt(derived.size()));
      switch (random.nextInt(4)) {
        case 0 -> load();
        case 1 -> code(name, codes.get(name).withColumn(anyColumn(), "v" + random.nextInt()));
        case 2 -> code(name, codes.get(name).withRows("rows " + random.nextInt()));
        default -> {}
      }
    }

    void code(String name, Code code) {
      codes.put(name, code);
      pipeline.code(name, windows.get(name), code, inputs.get(name).toArray(String[]::new));
    }

    private String anyColumn() {
      return COLUMNS.get(random.nextInt(COLUMNS.size()));
    }

    void load() {
      Graph graph = graph();
      for (int i = 0; i < SOURCES; i++) {
        Dataset source = graph.dataset(DatasetId.of("s" + i));
        Grain grain = source.layout().slice();
        long first = (grain == Grain.DAY ? 11_000L : 370L) + random.nextInt(5);
        world.load(graph, "s" + i, SliceSet.range(grain, first, first + 1 + random.nextInt(4)));
      }
    }

    Plan plan(Selection selection) {
      return Planner.plan(graph(), world.facts(), selection);
    }

    /** Some plans applied, with changes between them. */
    History live() {
      for (int i = 0; i < random.nextInt(4); i++) {
        world.apply(graph(), plan(everything()));
        change();
      }
      return this;
    }
  }

  private static Selection everything() {
    return Selection.everything(World.LIMITS);
  }

  private static Impact impact(Plan plan, DatasetId dataset) {
    return plan.impacts().stream()
        .filter(i -> i.dataset().equals(dataset))
        .findFirst()
        .orElseThrow();
  }

  @Property(tries = 200)
  void aPlanThatIsAppliedLeavesNothingToDo(@ForAll long seed) {
    History history = new History(seed).live();
    history.world.apply(history.graph(), history.plan(everything()));

    assertThat(history.plan(everything()).impacts()).flatExtracting(Impact::reasons).isEmpty();
  }

  @Property(tries = 200)
  void everyStaleSliceHasAReasonAndEveryReasonIsStale(@ForAll long seed) {
    for (Impact impact : new History(seed).live().plan(everything()).impacts()) {
      SliceSet reasons =
          impact.reasons().stream()
              .map(Plan.Reason::slices)
              .reduce(SliceSet.empty(impact.stale().grain()), SliceSet::union);
      assertThat(reasons).isEqualTo(impact.stale());
      assertThat(impact.reused().overlaps(impact.stale())).isFalse();
      assertThat(impact.stage() > 0).isEqualTo(!impact.stale().isEmpty());
    }
  }

  @Property(tries = 200)
  void whatReadsAStaleSliceIsRebuiltToo(@ForAll long seed) {
    History history = new History(seed);
    history.world.apply(history.graph(), history.plan(everything()));
    String changed = history.derived.get(history.random.nextInt(history.derived.size()));
    history.code(changed, history.codes.get(changed).withRows("other rows"));
    Plan plan = history.plan(everything());

    for (Transform transform : history.graph().transforms()) {
      for (DatasetId input : transform.inputs()) {
        if (input.value().startsWith("d")) {
          SliceSet reached =
              Touch.reached(
                  impact(plan, transform.output()).reused(),
                  impact(plan, input).stale().ranges(),
                  transform.window());
          assertThat(reached.isEmpty()).as(transform.output() + " after " + input).isTrue();
        }
      }
    }
  }

  @Property(tries = 200)
  void aColumnThatNobodyReadsRebuildsNobody(@ForAll long seed) {
    History history = new History(seed);
    history.world.apply(history.graph(), history.plan(everything()));
    String changed = history.derived.get(0);
    history.code(changed, history.codes.get(changed).withColumn("b", "v2"));
    Plan plan = history.plan(everything());

    Graph graph = history.graph();
    for (Transform reader : graph.consumersOf(DatasetId.of(changed))) {
      boolean reads = reader.analysis().reads().get(DatasetId.of(changed)).contains("b");
      boolean only =
          reader.inputs().stream()
              .allMatch(i -> i.value().equals(changed) || i.value().startsWith("s"));
      if (only) {
        assertThat(impact(plan, reader.output()).stale().isEmpty()).isEqualTo(!reads);
      }
    }
    assertThat(impact(plan, DatasetId.of(changed)).reasons())
        .extracting(Plan.Reason::kind)
        .containsExactly(ChangeKind.LOGIC);
  }

  @Property(tries = 200)
  void buildStepsPartitionTheStaleSlices(@ForAll long seed) {
    History history = new History(seed).live();
    long limit = 1L + history.random.nextInt(4000);
    Plan plan = history.plan(Selection.everything(new Limits(limit, 1_000_000)));

    Map<DatasetId, List<SliceSet>> builds = new HashMap<>();
    for (Step step : plan.steps()) {
      if (step instanceof Step.BuildV1 build) {
        builds.computeIfAbsent(build.dataset(), d -> new ArrayList<>()).add(build.slices());
      }
    }
    for (Impact impact : plan.impacts()) {
      List<SliceSet> batches = builds.getOrDefault(impact.dataset(), List.of());
      assertThat(batches.stream().flatMap(b -> b.ordinals().boxed()))
          .containsExactlyElementsOf(impact.stale().ordinals().boxed().toList());
    }
  }

  @Property(tries = 200)
  void inputsAreBuiltAndPublishedBeforeWhatReadsThem(@ForAll long seed) {
    History history = new History(seed).live();
    List<Step> steps = history.plan(everything()).steps();
    Set<DatasetId> built = new HashSet<>();
    Set<DatasetId> rebuilt = new HashSet<>();
    steps.forEach(
        s -> {
          if (s instanceof Step.PublishV1 p) rebuilt.add(p.dataset());
        });
    for (Step step : steps) {
      if (step instanceof Step.BuildV1 build) {
        build
            .inputs()
            .forEach(
                (input, ref) -> {
                  assertThat(ref instanceof Step.Candidate).isEqualTo(rebuilt.contains(input));
                  assertThat(ref instanceof Step.Candidate && !built.contains(input)).isFalse();
                });
        built.add(build.dataset());
      }
    }
    assertThat(steps.stream().map(Step::id)).doesNotHaveDuplicates();
  }

  @Property(tries = 100)
  void theOrderOfDeclarationDoesNotChangeThePlan(@ForAll long seed) {
    History history = new History(seed).live();
    Graph graph = history.graph();
    Facts facts = history.world.facts();
    List<Dataset> datasets = new ArrayList<>(graph.datasets());
    Collections.shuffle(datasets, history.random);
    Graph shuffled =
        new Graph(
            graph.name(),
            datasets,
            reordered(graph.transforms(), history.random),
            graph.changes(),
            graph.revision());

    assertThat(PlanJson.hash(Planner.plan(shuffled, facts, everything())))
        .isEqualTo(PlanJson.hash(Planner.plan(graph, facts, everything())));
  }

  /** Another topological order of the same transforms. */
  private static List<Transform> reordered(List<Transform> transforms, Random random) {
    List<Transform> left = new ArrayList<>(transforms);
    Set<DatasetId> made = new HashSet<>();
    List<Transform> order = new ArrayList<>();
    while (!left.isEmpty()) {
      List<Transform> ready =
          left.stream()
              .filter(
                  t ->
                      t.inputs().stream()
                          .allMatch(i -> i.value().startsWith("s") || made.contains(i)))
              .toList();
      Transform next = ready.get(random.nextInt(ready.size()));
      left.remove(next);
      made.add(next.output());
      order.add(next);
    }
    return order;
  }

  @Property(tries = 100)
  void aPlanIsReadBackAsItWas(@ForAll long seed) {
    Plan plan = new History(seed).live().plan(everything());

    assertThat(PlanJson.read(PlanJson.write(plan))).isEqualTo(plan);
  }
}
