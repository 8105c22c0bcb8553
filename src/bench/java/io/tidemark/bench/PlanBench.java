package io.tidemark.bench;

import io.tidemark.model.Analysis;
import io.tidemark.model.Changes;
import io.tidemark.model.Column;
import io.tidemark.model.ContentHash;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.Limits;
import io.tidemark.model.Facts;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Layout;
import io.tidemark.model.Location;
import io.tidemark.model.Pin;
import io.tidemark.model.Plan;
import io.tidemark.model.RunId;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.TableRef;
import io.tidemark.model.Transform;
import io.tidemark.plan.Planner;
import io.tidemark.plan.Selection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** P13: how long planning takes when the facts are at hand. */
final class PlanBench {
  private static final int DATASETS = 1_000;
  private static final int SLICES = 1_000;
  private static final int ROUNDS = 5;

  /** Each dataset reads the one this many before it, so that the graph is wide and ten deep. */
  private static final int WIDTH = 100;

  private static final long FIRST_DAY = 11_323;
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              Column.required("id", "BIGINT"),
              Column.required("at", "TIMESTAMP(6)"),
              Column.required("value", "INT")));
  private static final Layout DAYS = new Layout(Optional.of("at"), Grain.DAY, Grain.DAY);

  void run(Report report) {
    Graph graph = graph();
    Facts facts = facts(graph);
    Selection selection = Selection.everything(new Limits(Long.MAX_VALUE / 4, Long.MAX_VALUE / 4));
    double[] seconds = new double[ROUNDS];
    Plan plan = null;
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      plan = Planner.plan(graph, facts, selection);
      seconds[round] = (System.nanoTime() - start) / 1e9;
    }
    report.line(
        "planned %d datasets of %d slices, %d of them stale: first %.2f s",
        DATASETS, SLICES, plan.cost().slices(), seconds[0]);
    Arrays.sort(seconds);
    report.goal("P13", "plan 1,000 datasets × 1,000 slices", seconds[ROUNDS / 2], 1, 5, " s");
  }

  private static Graph graph() {
    List<Dataset> datasets = new ArrayList<>();
    List<Transform> transforms = new ArrayList<>();
    for (int i = 0; i < DATASETS; i++) {
      DatasetId id = DatasetId.of("d" + i);
      boolean source = i < WIDTH;
      datasets.add(
          new Dataset(
              id,
              source ? Dataset.Kind.SOURCE : Dataset.Kind.DERIVED,
              new TableRef("bench", id.value()),
              SCHEMA,
              List.of("id"),
              DAYS,
              new Governance(Governance.Tier.STANDARD, "", "", List.of())));
      if (!source) {
        DatasetId input = DatasetId.of("d" + (i - WIDTH));
        transforms.add(
            new Transform(
                id,
                new Transform.Sql("SELECT * FROM " + input),
                List.of(input),
                Transform.Window.EXACT,
                "",
                analysis(input),
                new Location("pipeline.yaml", 1, 1)));
      }
    }
    return new Graph("bench", datasets, transforms, List.of(), Fingerprint.of("bench"));
  }

  private static Analysis analysis(DatasetId input) {
    return new Analysis(
        Fingerprint.of("logic"),
        Fingerprint.of("rows"),
        new TreeMap<>(),
        new TreeMap<>(Map.of(input, new TreeSet<>(SCHEMA.names()))),
        new TreeMap<>(),
        List.of(),
        Analysis.Locality.PRESERVED);
  }

  /** Everything is fresh but for one day of every source, which reach all that is below them. */
  private static Facts facts(Graph graph) {
    Pin pin = Pin.main(1);
    Changes some =
        new Changes(
            List.of(
                new Changes.Touched(
                    Grain.DAY.range(FIRST_DAY + 500), List.of("*"), "snapshot 2 (append)")),
            "");
    Map<DatasetId, Facts.TableFacts> tables = new HashMap<>();
    for (Dataset dataset : graph.datasets()) {
      List<Facts.SliceFiles> files = new ArrayList<>();
      List<SliceRecord> ledger = new ArrayList<>();
      Optional<Transform> transform = graph.transformOf(dataset.id());
      for (long o = FIRST_DAY; o < FIRST_DAY + SLICES; o++) {
        files.add(new Facts.SliceFiles(o, 2, 10_000, 200_000));
        if (transform.isPresent()) {
          ledger.add(
              new SliceRecord(
                  o,
                  transform.get().analysis().fingerprint(),
                  new TreeMap<>(Map.of(transform.get().inputs().get(0), pin)),
                  10_000,
                  new ContentHash(o, o),
                  new RunId("run-1")));
        }
      }
      boolean source = dataset.kind() == Dataset.Kind.SOURCE;
      tables.put(
          dataset.id(),
          new Facts.TableFacts(
              Optional.of(source ? 2L : 1L),
              SCHEMA,
              files,
              ledger,
              Map.of(pin, source ? some : Changes.NONE),
              List.of()));
    }
    Map<Fingerprint, Analysis> analyses = new HashMap<>();
    graph.transforms().forEach(t -> analyses.putIfAbsent(t.analysis().fingerprint(), t.analysis()));
    return new Facts(
        tables, analyses, Map.of(), graph.transforms().stream().map(Transform::output).toList());
  }
}
