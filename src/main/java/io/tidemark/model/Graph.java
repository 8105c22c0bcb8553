package io.tidemark.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The validated, immutable DAG of datasets and transforms at one revision of jobs/.
 *
 * @param datasets in the order they were declared
 * @param transforms in topological order: a transform comes after those that make its inputs
 * @param revision hash of every file it was read from, for people and caches; never decides work
 */
public record Graph(
    String name,
    List<Dataset> datasets,
    List<Transform> transforms,
    List<ExpectedChange> changes,
    Fingerprint revision) {

  public Graph {
    Objects.requireNonNull(name, "name");
    datasets = List.copyOf(datasets);
    transforms = List.copyOf(transforms);
    changes = List.copyOf(changes);
    Objects.requireNonNull(revision, "revision");
    Map<DatasetId, Dataset> byId = new HashMap<>();
    for (Dataset dataset : datasets) {
      if (byId.put(dataset.id(), dataset) != null) {
        throw new IllegalArgumentException("Cannot have dataset " + dataset.id() + " twice");
      }
    }
    List<DatasetId> made = new ArrayList<>();
    for (Transform transform : transforms) {
      for (DatasetId input : transform.inputs()) {
        Dataset dataset = byId.get(input);
        if (dataset == null) {
          throw new IllegalArgumentException("Cannot read unknown dataset " + input);
        }
        boolean elsewhere =
            transform.follows(input)
                && transforms.stream().noneMatch(t -> t.output().equals(input));
        if (dataset.kind() == Dataset.Kind.DERIVED && !made.contains(input) && !elsewhere) {
          throw new IllegalArgumentException(
              "Cannot order " + transform.output() + " before its input " + input);
        }
      }
      made.add(transform.output());
    }
  }

  public Optional<Dataset> find(DatasetId id) {
    return datasets.stream().filter(d -> d.id().equals(id)).findFirst();
  }

  /**
   * @throws IllegalArgumentException if there is none
   */
  public Dataset dataset(DatasetId id) {
    return find(id).orElseThrow(() -> new IllegalArgumentException("Cannot find dataset " + id));
  }

  /** The transform that writes a dataset; empty for sources and references. */
  public Optional<Transform> transformOf(DatasetId output) {
    return transforms.stream().filter(t -> t.output().equals(output)).findFirst();
  }

  /** The sources with topics that a dataset is made from, or is. */
  public Set<DatasetId> topicsBehind(DatasetId id) {
    Set<DatasetId> sources = new TreeSet<>();
    if (dataset(id).topic().isPresent()) {
      sources.add(id);
    }
    transformOf(id).ifPresent(t -> t.inputs().forEach(i -> sources.addAll(topicsBehind(i))));
    return sources;
  }

  /** The transforms that read a dataset directly, in topological order. */
  public List<Transform> consumersOf(DatasetId input) {
    return transforms.stream().filter(t -> t.inputs().contains(input)).toList();
  }
}
