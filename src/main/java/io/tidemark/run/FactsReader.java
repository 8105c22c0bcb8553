package io.tidemark.run;

import io.tidemark.lake.Lake;
import io.tidemark.model.Analysis;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Graph;
import io.tidemark.model.Pin;
import io.tidemark.model.RunState;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.Transform;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads, once and from metadata alone, all that planning needs to know of the world. */
public final class FactsReader {
  /** How many runs are looked at to find the newest published one. */
  private static final int RECENT = 20;

  private final Lake lake;
  private final Store store;

  public FactsReader(Lake lake, Store store) {
    this.lake = lake;
    this.store = store;
  }

  /**
   * Facts about every dataset of the graph whose table exists. Consumers are read before their
   * inputs, since what is asked of an input are the pins that its consumers' slices were made from.
   */
  public Facts read(Graph graph) {
    Map<DatasetId, TableFacts> tables = new HashMap<>();
    Map<Fingerprint, Analysis> analyses = new HashMap<>();
    List<Transform> order = new ArrayList<>(graph.transforms());
    Collections.reverse(order);
    for (Transform transform : order) {
      Dataset dataset = graph.dataset(transform.output());
      lake.facts(dataset, pins(graph, tables, dataset.id()))
          .ifPresent(
              facts -> {
                tables.put(dataset.id(), facts);
                analyses.putAll(lake.analyses(dataset.table()));
              });
    }
    for (Dataset dataset : graph.datasets()) {
      if (graph.transformOf(dataset.id()).isEmpty()) {
        lake.facts(dataset, pins(graph, tables, dataset.id()))
            .ifPresent(facts -> tables.put(dataset.id(), facts));
      }
    }
    Optional<Graph> previous = previous();
    return new Facts(tables, analyses, store.rates(), published(graph, tables, previous), previous);
  }

  /** What the slices of a dataset's consumers were made from, as far as they are read. */
  public static Set<Pin> pins(Graph graph, Map<DatasetId, TableFacts> tables, DatasetId input) {
    Set<Pin> pins = new HashSet<>();
    for (Transform consumer : graph.consumersOf(input)) {
      TableFacts facts = tables.get(consumer.output());
      if (facts != null) {
        for (SliceRecord slice : facts.ledger()) {
          Optional.ofNullable(slice.pins().get(input)).ifPresent(pins::add);
        }
      }
    }
    return pins;
  }

  private Optional<Graph> previous() {
    return store.runs(RECENT).stream()
        .filter(run -> run.state() == RunState.PUBLISHED)
        .findFirst()
        .map(RunRow::graph);
  }

  private List<DatasetId> published(
      Graph graph, Map<DatasetId, TableFacts> tables, Optional<Graph> previous) {
    Set<DatasetId> published = new TreeSet<>();
    tables.forEach(
        (id, facts) -> {
          if (!facts.ledger().isEmpty()) {
            published.add(id);
          }
        });
    previous.ifPresent(
        before ->
            before.transforms().stream()
                .map(t -> before.dataset(t.output()))
                .filter(d -> graph.find(d.id()).isEmpty())
                .filter(d -> lake.head(d.table(), "main").isPresent())
                .forEach(d -> published.add(d.id())));
    return List.copyOf(published);
  }
}
