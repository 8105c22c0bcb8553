package io.tidemark.testing;

import io.tidemark.cluster.Cluster;
import io.tidemark.cluster.Clusters;
import io.tidemark.job.JobMain;
import io.tidemark.lake.Lake;
import io.tidemark.lake.Lakes;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.FlinkEndpoint;
import io.tidemark.model.Environment.StoreSpec;
import io.tidemark.model.Facts;
import io.tidemark.model.Graph;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Plan;
import io.tidemark.model.SliceRecord;
import io.tidemark.plan.Planner;
import io.tidemark.plan.Selection;
import io.tidemark.run.FactsReader;
import io.tidemark.store.Store;
import io.tidemark.store.Stores;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A folder with a warehouse and a control database, and what a pipeline does to them. */
public final class RunScene implements AutoCloseable {
  private final CatalogSpec catalog;
  private final LakeFixture fixture;
  private final Lake lake;
  private final Store store;

  public RunScene(Path folder) {
    this(folder, LakeFixture.sqlite(folder));
  }

  /** With tables in any catalog; the control database lies in the folder. */
  public RunScene(Path folder, CatalogSpec catalog) {
    this.catalog = catalog;
    fixture = new LakeFixture(catalog);
    lake = Lakes.open(catalog);
    store = Stores.open(storeSpec(folder));
  }

  public static StoreSpec storeSpec(Path folder) {
    return new StoreSpec(
        "jdbc:sqlite:" + folder.resolve("control.db"), Optional.empty(), Optional.empty());
  }

  /** A MiniCluster of two slots; start one per test class. */
  public static Cluster cluster() {
    return Clusters.open(
        new FlinkEndpoint(Optional.empty(), 2, Optional.empty()), JobMain::compose);
  }

  public CatalogSpec catalog() {
    return catalog;
  }

  public LakeFixture fixture() {
    return fixture;
  }

  public Lake lake() {
    return lake;
  }

  public Store store() {
    return store;
  }

  /** Appends sales as a foreign writer does. */
  public void sell(Graph graph, List<List<Object>> rows) {
    Dataset sales = graph.dataset(Shop.SALES);
    lake.ensure(sales);
    fixture.append(sales.table(), rows);
  }

  public Facts facts(Graph graph) {
    return new FactsReader(lake, store).read(graph);
  }

  public Plan plan(Graph graph) {
    return plan(graph, Optional.empty());
  }

  public Plan plan(Graph graph, Optional<String> change) {
    return Planner.plan(
        graph, facts(graph), new Selection(new TreeSet<>(), Optional.empty(), change, Shop.LIMITS));
  }

  /** Every row of main of every derived dataset, and what the ledger says of it, but for runs. */
  public Map<String, Object> content(Graph graph) {
    Map<String, Object> content = new TreeMap<>();
    for (DatasetId id : List.of(Shop.CLEAN, Shop.TOTALS)) {
      Dataset dataset = graph.dataset(id);
      content.put(id + " rows", fixture.rows(dataset.table()));
      content.put(
          id + " slices",
          ledger(dataset).stream()
              .map(r -> r.ordinal() + " " + r.rows() + " " + r.hash())
              .toList());
    }
    return content;
  }

  public List<SliceRecord> ledger(Dataset dataset) {
    return lake.facts(dataset, Set.of()).map(Facts.TableFacts::ledger).orElse(List.of());
  }

  @Override
  public void close() {
    store.close();
    lake.close();
    fixture.close();
  }
}
