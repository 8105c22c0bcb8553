package io.tidemark.plan;

import io.tidemark.model.Analysis;
import io.tidemark.model.Changes;
import io.tidemark.model.Changes.Touched;
import io.tidemark.model.ContentHash;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.Limits;
import io.tidemark.model.Facts;
import io.tidemark.model.Facts.Refusal;
import io.tidemark.model.Facts.SliceFiles;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveMark.Doubt;
import io.tidemark.model.Pin;
import io.tidemark.model.Plan;
import io.tidemark.model.RunId;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.model.Transform;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Tables as a planner sees them, with their histories: snapshots follow each other by number, every
 * plan that is applied publishes all its slices, and facts are read off as a lake would.
 */
final class World {
  static final Limits LIMITS = new Limits(1_000_000, 1_000_000);

  private static final class Table {
    Schema schema;
    long head;
    final SortedMap<Long, SliceFiles> inventory = new TreeMap<>();
    final SortedMap<Long, SliceRecord> ledger = new TreeMap<>();
    final SortedMap<Long, List<Touched>> history = new TreeMap<>();
    final Map<Long, RunId> publishes = new HashMap<>();
    final List<Refusal> refusals = new ArrayList<>();
    Optional<LiveMark> live = Optional.empty();
  }

  private final Map<DatasetId, Table> tables = new HashMap<>();
  private final Map<Fingerprint, Analysis> analyses = new HashMap<>();
  private final Map<DatasetId, Double> rates = new HashMap<>();
  private Optional<Graph> previous = Optional.empty();
  private long snapshots;
  private int runs;

  /** Appends rows to a source or reference, 1000 bytes per slice. */
  World load(Graph graph, String dataset, SliceSet slices) {
    return touch(graph, dataset, slices, List.of("*"));
  }

  /** A commit that somebody made to some columns. */
  World touch(Graph graph, String dataset, SliceSet slices, List<String> columns) {
    return touch(graph, dataset, slices, columns, "snapshot " + (snapshots + 1) + " (append)");
  }

  /** Events that a live job brought. */
  World late(Graph graph, String dataset, SliceSet slices) {
    return touch(graph, dataset, slices, List.of("*"), Changes.LATE);
  }

  private World touch(
      Graph graph, String dataset, SliceSet slices, List<String> columns, String cause) {
    Table table = table(graph, DatasetId.of(dataset));
    table.head = ++snapshots;
    slices.forEach(o -> table.inventory.put(o, new SliceFiles(o, 1, 10, 1000)));
    table.history.put(
        table.head,
        slices.ranges().ranges().stream().map(r -> new Touched(r, columns, cause)).toList());
    return this;
  }

  World rate(String dataset, double bytesPerSecond) {
    rates.put(DatasetId.of(dataset), bytesPerSecond);
    return this;
  }

  World refuse(String dataset, Refusal refusal) {
    tables.get(DatasetId.of(dataset)).refusals.add(refusal);
    return this;
  }

  /**
   * A live job's checkpoint: the slices from {@code openFrom} on are its own, those before closed
   * with it, made of what the inputs hold now.
   */
  World checkpoint(Graph graph, String dataset, SliceSet holding, long openFrom, Doubt... doubts) {
    DatasetId id = DatasetId.of(dataset);
    Transform transform = graph.transformOf(id).orElseThrow();
    analyses.put(transform.analysis().fingerprint(), transform.analysis());
    SortedMap<DatasetId, Pin> pins = new TreeMap<>();
    transform.inputs().forEach(i -> pins.put(i, Pin.main(table(graph, i).head)));
    Table table = table(graph, id);
    table.head = ++snapshots;
    table.history.put(
        table.head,
        holding.ranges().ranges().stream()
            .map(r -> new Touched(r, List.of("*"), Changes.LATE))
            .toList());
    SliceSet doubted = SliceSet.empty(holding.grain());
    for (Doubt doubt : doubts) {
      doubted = doubted.union(doubt.slices());
    }
    SliceSet unsure = doubted;
    holding.forEach(
        o -> {
          table.inventory.put(o, new SliceFiles(o, 1, 10, 500));
          if (o < openFrom && !unsure.contains(o)) {
            table.ledger.put(
                o,
                new SliceRecord(
                    o,
                    transform.analysis().fingerprint(),
                    pins,
                    10,
                    new ContentHash(o, 0),
                    new SliceRecord.ByLive("job-1")));
          }
        });
    table.live = Optional.of(mark(LiveMark.Phase.RUNNING, openFrom, doubts));
    return this;
  }

  /** The live job is stopped for good. */
  World release(String dataset, long openFrom) {
    tables.get(DatasetId.of(dataset)).live = Optional.of(mark(LiveMark.Phase.RELEASED, openFrom));
    return this;
  }

  private LiveMark mark(LiveMark.Phase phase, long openFrom, Doubt... doubts) {
    return new LiveMark(
        "job-1",
        1,
        snapshots,
        phase,
        Optional.of(openFrom),
        new TreeMap<>(),
        LiveMark.Counts.NONE,
        List.of(doubts));
  }

  World forgetCode() {
    analyses.clear();
    return this;
  }

  /** Publishes every slice of a plan. */
  World apply(Graph graph, Plan plan) {
    RunId run = new RunId("run-" + ++runs);
    Map<DatasetId, Long> bases = new HashMap<>();
    Map<DatasetId, List<String>> columns = new HashMap<>();
    for (Plan.Impact impact : plan.impacts()) {
      columns.put(impact.dataset(), changedColumns(graph, impact));
    }
    for (Step step : plan.steps()) {
      if (step instanceof Step.PrepareV2 prepare) {
        prepare.outputs().forEach(o -> bases.put(o, table(graph, o).head));
      } else if (step instanceof Step.BuildV1 build) {
        build(graph, build, bases, run);
      } else if (step instanceof Step.PublishV1 publish) {
        Table table = tables.get(publish.dataset());
        table.head = ++snapshots;
        table.publishes.put(table.head, run);
        table.history.put(
            table.head,
            publish.slices().ranges().ranges().stream()
                .map(r -> new Touched(r, columns.get(publish.dataset()), "publish of run " + run))
                .toList());
      }
    }
    previous = Optional.of(graph);
    return this;
  }

  /** What the diff of a publish finds: where only column logic differs, those columns. */
  private List<String> changedColumns(Graph graph, Plan.Impact impact) {
    SortedSet<String> differing = new TreeSet<>();
    for (Plan.Reason reason : impact.reasons()) {
      if (reason.kind() != Plan.ChangeKind.LOGIC) {
        return List.of("*");
      }
    }
    for (SliceRecord record : table(graph, impact.dataset()).ledger.values()) {
      Analysis before = analyses.get(record.fingerprint());
      Analysis after = graph.transformOf(impact.dataset()).orElseThrow().analysis();
      if (before == null || !before.rows().equals(after.rows())) {
        return List.of("*");
      }
      after
          .columns()
          .forEach(
              (c, f) -> {
                if (!f.equals(before.columns().get(c))) {
                  differing.add(c);
                }
              });
    }
    return List.copyOf(differing);
  }

  private void build(Graph graph, Step.BuildV1 step, Map<DatasetId, Long> bases, RunId run) {
    Transform transform = graph.transformOf(step.dataset()).orElseThrow();
    analyses.put(transform.analysis().fingerprint(), transform.analysis());
    SortedMap<DatasetId, Pin> pins = new TreeMap<>();
    step.inputs()
        .forEach(
            (input, ref) ->
                pins.put(
                    input,
                    ref instanceof Step.MainSnapshot main
                        ? Pin.main(main.snapshot())
                        : Pin.candidate(1_000_000 + runs, bases.get(input), run)));
    Table table = tables.get(step.dataset());
    table.schema = graph.dataset(step.dataset()).schema();
    step.slices()
        .forEach(
            o -> {
              table.inventory.put(o, new SliceFiles(o, 1, 10, 500));
              table.ledger.put(
                  o,
                  new SliceRecord(
                      o,
                      transform.analysis().fingerprint(),
                      pins,
                      10,
                      new ContentHash(o, runs),
                      run));
            });
  }

  Facts facts() {
    Map<DatasetId, List<Pin>> pins = new HashMap<>();
    for (Table table : tables.values()) {
      for (SliceRecord record : table.ledger.values()) {
        record.pins().forEach((d, p) -> pins.computeIfAbsent(d, x -> new ArrayList<>()).add(p));
      }
    }
    Map<DatasetId, TableFacts> facts = new HashMap<>();
    tables.forEach((id, t) -> facts.put(id, facts(t, pins.getOrDefault(id, List.of()))));
    List<DatasetId> published =
        tables.entrySet().stream()
            .filter(e -> !e.getValue().ledger.isEmpty())
            .map(Map.Entry::getKey)
            .toList();
    return new Facts(facts, analyses, rates, published, previous);
  }

  private static TableFacts facts(Table table, Collection<Pin> pins) {
    Map<Pin, Changes> changes = new HashMap<>();
    for (Pin pin : pins) {
      List<Touched> touched = new ArrayList<>();
      table
          .history
          .tailMap(pin.base() + 1)
          .forEach(
              (snapshot, what) -> {
                if (pin.run().isEmpty()
                    || !pin.run().equals(Optional.ofNullable(table.publishes.get(snapshot)))) {
                  touched.addAll(what);
                }
              });
      changes.put(pin, new Changes(touched, ""));
    }
    return new TableFacts(
        table.head == 0 ? Optional.empty() : Optional.of(table.head),
        table.schema,
        List.copyOf(table.inventory.values()),
        List.copyOf(table.ledger.values()),
        changes,
        table.refusals,
        table.live);
  }

  private Table table(Graph graph, DatasetId id) {
    Dataset dataset = graph.dataset(id);
    Table table = tables.computeIfAbsent(id, i -> new Table());
    if (table.schema == null) {
      table.schema = dataset.schema();
    }
    return table;
  }
}
