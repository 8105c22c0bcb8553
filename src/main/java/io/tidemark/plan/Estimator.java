package io.tidemark.plan;

import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts;
import io.tidemark.model.Facts.SliceFiles;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan.Cost;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TimeRange;
import io.tidemark.model.Transform.Window;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Sizes the work. What main holds is known from manifests; a slice that was never built is taken to
 * be as large as what it is made from.
 */
final class Estimator {
  /** The build steps of one dataset and what they cost. */
  record Sized(List<Batches.Batch> batches, Cost cost) {}

  private final Map<DatasetId, Volume> volumes = new HashMap<>();
  private final Map<DatasetId, Grain> grains = new HashMap<>();
  private final Facts facts;
  private final long batchBytes;

  Estimator(Graph graph, Facts facts, long batchBytes) {
    for (Dataset dataset : graph.datasets()) {
      grains.put(dataset.id(), dataset.layout().slice());
    }
    this.facts = facts;
    this.batchBytes = batchBytes;
  }

  /** Call in topological order, for every derived dataset. */
  Sized size(Work work) {
    DatasetId id = work.dataset().id();
    if (!work.isRebuilt()) {
      return new Sized(List.of(), Cost.ZERO);
    }
    List<Volume> inputs = work.transform().inputs().stream().distinct().map(this::volume).toList();
    Window window = work.transform().window();
    Batches cutter = new Batches(work.stale(), window, inputs);
    List<Batches.Batch> batches = cutter.cut(batchBytes);
    volumes.put(id, planned(work, cutter));

    double bytes = batches.stream().mapToDouble(Batches.Batch::bytes).sum();
    Optional<Double> seconds =
        Optional.ofNullable(facts.bytesPerSecond().get(id))
            .filter(rate -> rate > 0)
            .map(rate -> bytes / rate);
    return new Sized(
        batches,
        new Cost(
            work.stale().count(),
            files(work.stale(), window, inputs, batches.size()),
            Math.round(bytes),
            seconds));
  }

  private static long files(SliceSet stale, Window window, List<Volume> inputs, int batches) {
    long files = 0;
    for (Volume volume : inputs) {
      if (!volume.isSliced()) {
        files += volume.files() * batches;
      } else if (stale.grain() == Grain.ALL) {
        files += volume.files();
      } else {
        List<TimeRange> read = stale.ranges().widen(window.lookback(), window.lookahead()).ranges();
        files += volume.files(read);
      }
    }
    return files;
  }

  private Volume volume(DatasetId id) {
    return volumes.computeIfAbsent(id, i -> Volume.of(grains.get(i), inventory(i)));
  }

  private Volume planned(Work work, Batches cutter) {
    List<SliceFiles> inventory = new ArrayList<>(inventory(work.dataset().id()));
    SliceSet held =
        SliceSet.ofOrdinals(
            work.stale().grain(), inventory.stream().mapToLong(SliceFiles::ordinal));
    work.stale()
        .minus(held)
        .minus(work.built())
        .forEach(o -> inventory.add(new SliceFiles(o, 1, 0, Math.round(cutter.bytesOf(o)))));
    return Volume.of(work.stale().grain(), inventory);
  }

  private List<SliceFiles> inventory(DatasetId id) {
    return Optional.ofNullable(facts.tables().get(id)).map(TableFacts::inventory).orElse(List.of());
  }
}
