package io.tidemark.live;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.RecordJson;
import io.tidemark.store.Store;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a live job was started with, as the store keeps it.
 *
 * @param graph the code that it runs
 * @param selected what it was asked for; empty for all that a topic reaches
 * @param change of a shadow, the expected change that differences are held against
 * @param offsets where it began to read each source's topic
 */
record Ran(
    Graph graph,
    List<DatasetId> selected,
    Optional<String> change,
    SortedMap<DatasetId, LiveMark.Ranges> offsets,
    Instant since) {
  Ran {
    Objects.requireNonNull(graph, "graph");
    selected = List.copyOf(selected);
    Objects.requireNonNull(change, "change");
    offsets = Collections.unmodifiableSortedMap(new TreeMap<>(offsets));
    Objects.requireNonNull(since, "since");
  }

  static Ran of(LiveJobs.Request request, LiveSpec order, Instant since) {
    TreeMap<DatasetId, LiveMark.Ranges> offsets = new TreeMap<>();
    for (LiveSpec.Source source : order.sources()) {
      TreeMap<Integer, LiveMark.Range> partitions = new TreeMap<>();
      source.offsets().forEach((p, o) -> partitions.put(p, new LiveMark.Range(o, o, 0, 0)));
      offsets.put(source.dataset().id(), new LiveMark.Ranges(partitions));
    }
    return new Ran(request.graph(), request.selected(), request.change(), offsets, since);
  }

  /** Whether both run the same code for the same datasets, held against the same change. */
  boolean isSame(LiveJobs.Request request) {
    return graph.transforms().equals(request.graph().transforms())
        && graph.datasets().equals(request.graph().datasets())
        && graph.changes().equals(request.graph().changes())
        && selected.equals(request.selected())
        && change.equals(request.change());
  }

  boolean isSame(Ran other) {
    return graph.equals(other.graph) && selected.equals(other.selected);
  }

  /** What was recorded of a live job last; one that another version wrote counts as none. */
  static Optional<Ran> find(Store store, String name) {
    try {
      return store.findLive(name).map(row -> RecordJson.read(row.document(), Ran.class));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Records it in place of what was there; only who holds the job's claim may. */
  void keep(Store store, String name, Instant now) {
    long before = store.findLive(name).map(Store.LiveRow::version).orElse(0L);
    store.putLive(new Store.LiveRow(name, before + 1, RecordJson.write(this, Ran.class)), now);
  }

  static void forget(Store store, String name) {
    store.findLive(name).ifPresent(row -> store.dropLive(name, row.version()));
  }
}
