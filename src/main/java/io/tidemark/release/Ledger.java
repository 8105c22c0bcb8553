package io.tidemark.release;

import io.tidemark.lake.Lake;
import io.tidemark.lake.Lake.Committed;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Graph;
import io.tidemark.model.RunId;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.Transform;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is published, read from the tables alone: works when the control database is new or lost.
 * Thread-safe.
 */
public final class Ledger {
  private final Lake lake;

  public Ledger(Lake lake) {
    this.lake = lake;
  }

  /** What main holds of each slice of a derived dataset, ordered by ordinal. */
  public List<SliceRecord> slices(Dataset dataset) {
    return lake.facts(dataset, Set.of()).map(Facts.TableFacts::ledger).orElse(List.of());
  }

  /**
   * A run as the snapshot summaries tell of it.
   *
   * @param plan the hash of its plan
   * @param published when its first table was switched
   * @param tables what it published, inputs before consumers
   */
  public record PublishedRun(
      RunId run, Optional<Fingerprint> plan, Instant published, List<PublishedTable> tables) {
    public PublishedRun {
      tables = List.copyOf(tables);
    }
  }

  /**
   * @param slices what the publish wrote
   * @param reverted those of them that were put back since
   */
  public record PublishedTable(
      DatasetId dataset, long snapshot, Instant at, SliceSet slices, SliceSet reverted) {}

  /** Every run that published to a table of the graph, newest first, as far as histories go. */
  public List<PublishedRun> runs(Graph graph) {
    Map<RunId, List<PublishedTable>> tables = new LinkedHashMap<>();
    Map<RunId, Stamp> stamps = new LinkedHashMap<>();
    for (Transform transform : graph.transforms()) {
      Dataset dataset = graph.dataset(transform.output());
      SliceSet nothing = SliceSet.empty(dataset.layout().slice());
      Map<String, SliceSet> reverted = new LinkedHashMap<>();
      for (Committed commit : lake.stamps(dataset.table(), "main")) {
        Stamp stamp = commit.stamp();
        if (stamp.kind() == Stamp.Kind.REVERT) {
          String run = stamp.key().substring(0, Math.max(0, stamp.key().indexOf('/')));
          reverted.merge(run, stamp.content().sliceSet(), SliceSet::union);
        } else if (stamp.kind() == Stamp.Kind.PUBLISH && stamp.origin().run().isPresent()) {
          RunId run = stamp.origin().run().get();
          SliceSet slices = stamp.content().sliceSet();
          // An undone attempt of the same run lies below a later publish of it.
          List<PublishedTable> known = tables.computeIfAbsent(run, r -> new ArrayList<>());
          if (known.stream().noneMatch(t -> t.dataset().equals(dataset.id()))) {
            known.add(
                new PublishedTable(
                    dataset.id(),
                    commit.snapshot(),
                    commit.at(),
                    slices,
                    slices.intersect(reverted.getOrDefault(run.value(), nothing))));
          }
          stamps.put(run, stamp);
        }
      }
    }
    return tables.entrySet().stream()
        .map(
            entry ->
                new PublishedRun(
                    entry.getKey(),
                    stamps.get(entry.getKey()).origin().plan(),
                    entry.getValue().stream()
                        .map(PublishedTable::at)
                        .min(Comparator.naturalOrder())
                        .orElseThrow(),
                    entry.getValue()))
        .sorted(Comparator.comparing(PublishedRun::published).reversed())
        .toList();
  }
}
