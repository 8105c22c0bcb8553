package io.tidemark.live.parts;

import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The live jobs of a pipeline, each as a graph of its own. What hands rows over in memory, or reads
 * the same topic, is one job. Jobs that follow no table are one as well, under the pipeline's name;
 * one that follows is called after the pipeline and the first dataset that it makes. Pure.
 */
public final class Parts {
  private final Graph graph;
  private final Map<DatasetId, DatasetId> leaders = new HashMap<>();

  private Parts(Graph graph) {
    this.graph = graph;
  }

  /**
   * First what follows nothing, then each after those that it follows; the whole graph alone where
   * no transform follows a table.
   *
   * @throws TidemarkException USER if two of them would wait for each other, or one for itself
   */
  public static List<Graph> of(Graph graph) {
    if (graph.transforms().stream().noneMatch(t -> t.following().isPresent())) {
      return List.of(graph);
    }
    return new Parts(graph).cut();
  }

  /** The part that makes a dataset, or reads its topic; the first for those of no live job. */
  public static Graph of(Graph graph, DatasetId dataset) {
    List<Graph> parts = of(graph);
    return parts.stream()
        .filter(p -> makes(p, dataset) || isTopicOf(p, dataset))
        .findFirst()
        .orElse(parts.get(0));
  }

  /** Those that follow the table of a dataset. */
  public static List<Graph> following(Graph graph, DatasetId dataset) {
    return of(graph).stream()
        .filter(p -> p.transforms().stream().anyMatch(t -> t.follows(dataset)))
        .toList();
  }

  /** The names that live jobs of a pipeline can have, however its transforms follow or do not. */
  public static List<String> names(Graph graph) {
    List<String> names = new ArrayList<>(List.of(graph.name()));
    graph.transforms().forEach(t -> names.add(name(graph, t)));
    return names;
  }

  /** Datasets of a part that other parts make. */
  public static List<DatasetId> followed(Graph part) {
    return part.datasets().stream()
        .filter(d -> d.kind() == Dataset.Kind.DERIVED && !makes(part, d.id()))
        .map(Dataset::id)
        .toList();
  }

  private static String name(Graph graph, Transform first) {
    return graph.name() + "." + first.output();
  }

  private static boolean makes(Graph part, DatasetId dataset) {
    return part.transformOf(dataset).isPresent();
  }

  private static boolean isTopicOf(Graph part, DatasetId dataset) {
    return part.find(dataset).filter(d -> d.topic().isPresent()).isPresent();
  }

  private List<Graph> cut() {
    for (Transform transform : graph.transforms()) {
      for (DatasetId input : transform.inputs()) {
        boolean flows = graph.dataset(input).kind() != Dataset.Kind.REFERENCE;
        if (flows && !transform.follows(input)) {
          leaders.put(leader(input), leader(transform.output()));
        }
      }
    }
    Map<DatasetId, List<Transform>> groups = new LinkedHashMap<>();
    for (Transform transform : graph.transforms()) {
      groups.computeIfAbsent(leader(transform.output()), l -> new ArrayList<>()).add(transform);
    }
    List<Transform> unfollowing = new ArrayList<>();
    List<List<Transform>> following = new ArrayList<>();
    groups
        .values()
        .forEach(
            group -> {
              if (group.stream().anyMatch(t -> t.following().isPresent())) {
                following.add(group);
              } else {
                unfollowing.addAll(group);
              }
            });
    requireNoCircle(following);
    List<Graph> parts = new ArrayList<>();
    parts.add(first(unfollowing, following));
    ordered(following).forEach(group -> parts.add(part(name(graph, group.get(0)), group)));
    return parts;
  }

  /** Each after those that it follows: a start may have to wait for their first commits. */
  private List<List<Transform>> ordered(List<List<Transform>> groups) {
    List<List<Transform>> left = new ArrayList<>(groups);
    List<List<Transform>> ordered = new ArrayList<>();
    while (!left.isEmpty()) {
      List<Transform> next =
          left.stream()
              .filter(group -> left.stream().noneMatch(other -> isFollowed(other, group)))
              .findFirst()
              .orElseThrow();
      left.remove(next);
      ordered.add(next);
    }
    return ordered;
  }

  private static boolean isFollowed(List<Transform> followed, List<Transform> by) {
    return by.stream().anyMatch(t -> followed.stream().anyMatch(f -> t.follows(f.output())));
  }

  private DatasetId leader(DatasetId dataset) {
    DatasetId above = leaders.getOrDefault(dataset, dataset);
    return above.equals(dataset) ? dataset : leader(above);
  }

  /** Slices of a job close when all that it reads is complete, also what it follows. */
  private void requireNoCircle(List<List<Transform>> following) {
    List<Problem> problems = new ArrayList<>();
    for (List<Transform> group : following) {
      for (Transform transform : group) {
        for (DatasetId followed : transform.following().map(f -> f.tables()).orElse(List.of())) {
          if (waitsFor(followed, new TreeSet<>()).contains(leader(transform.output()))) {
            problems.add(circle(transform, followed));
          }
        }
      }
    }
    if (!problems.isEmpty()) {
      throw TidemarkException.user(problems);
    }
  }

  /** The leaders of all jobs that must go on before slices of a dataset close. */
  private Set<DatasetId> waitsFor(DatasetId dataset, Set<DatasetId> known) {
    if (known.add(leader(dataset))) {
      for (Transform transform : graph.transforms()) {
        if (leader(transform.output()).equals(leader(dataset))) {
          transform.following().ifPresent(f -> f.tables().forEach(t -> waitsFor(t, known)));
        }
      }
    }
    return known;
  }

  private Problem circle(Transform transform, DatasetId followed) {
    boolean same = leader(followed).equals(leader(transform.output()));
    return Problem.at(
        transform.where(),
        "TM-LIVE-106",
        "'"
            + transform.output()
            + "' cannot follow '"
            + followed
            + "': "
            + (same ? "one live job makes both" : "their live jobs would wait for each other"),
        same
            ? "they read a topic or another dataset together without following it, and the job's"
                + " slices would close when they have closed"
            : "what one follows is made of what the other makes",
        "follow everything that both are made from, or nothing of it");
  }

  /** What follows nothing, with all datasets that no other job makes. */
  private Graph first(List<Transform> unfollowing, List<List<Transform>> following) {
    Set<DatasetId> elsewhere = new TreeSet<>();
    following.forEach(group -> group.forEach(t -> elsewhere.add(t.output())));
    Set<DatasetId> topics = new TreeSet<>();
    following.forEach(group -> group.forEach(t -> topics.addAll(t.inputs())));
    Set<DatasetId> read = new TreeSet<>();
    unfollowing.forEach(t -> read.addAll(t.inputs()));
    topics.removeAll(read);
    List<Dataset> datasets =
        graph.datasets().stream()
            .filter(d -> !elsewhere.contains(d.id()))
            .filter(d -> d.topic().isEmpty() || !topics.contains(d.id()))
            .toList();
    return new Graph(graph.name(), datasets, unfollowing, graph.changes(), graph.revision());
  }

  private Graph part(String name, List<Transform> transforms) {
    Set<DatasetId> used = new LinkedHashSet<>();
    for (Transform transform : transforms) {
      used.add(transform.output());
      used.addAll(transform.inputs());
    }
    return new Graph(
        name,
        graph.datasets().stream().filter(d -> used.contains(d.id())).toList(),
        transforms,
        graph.changes(),
        graph.revision());
  }
}
