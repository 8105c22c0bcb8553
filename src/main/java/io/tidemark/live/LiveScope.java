package io.tidemark.live;

import io.tidemark.live.parts.Parts;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Problem;
import io.tidemark.model.Transform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a live job is made of: transforms with everything upstream of them, down to topics and to
 * tables that other live jobs make.
 *
 * @param sources with topics, in the order they were declared
 * @param followed whose tables are followed
 * @param references that transforms look up
 * @param transforms in topological order
 * @param problems all that keeps them from running live
 */
record LiveScope(
    List<Dataset> sources,
    List<Dataset> followed,
    List<Dataset> references,
    List<Transform> transforms,
    List<Problem> problems) {
  LiveScope {
    sources = List.copyOf(sources);
    followed = List.copyOf(followed);
    references = List.copyOf(references);
    transforms = List.copyOf(transforms);
    problems = List.copyOf(problems);
  }

  /**
   * @param selected datasets to bring up to date, with what they need; empty for all that a topic
   *     can reach
   */
  static LiveScope of(Graph graph, List<DatasetId> selected) {
    return new Finder(graph).find(selected);
  }

  /** Whatever brings rows: topics first, then tables. */
  List<Dataset> inflow() {
    return Stream.concat(sources.stream(), followed.stream()).toList();
  }

  /** The transforms that are given rows of such a dataset without another in between. */
  List<Transform> readers(Dataset source) {
    return transforms.stream().filter(t -> t.inputs().contains(source.id())).toList();
  }

  private static final class Finder {
    private final Graph graph;
    private final List<DatasetId> followed;
    private final Set<DatasetId> fed = new HashSet<>();
    private final List<Problem> problems = new ArrayList<>();

    Finder(Graph graph) {
      this.graph = graph;
      followed = Parts.followed(graph);
      fed.addAll(followed);
      for (Dataset dataset : graph.datasets()) {
        if (dataset.topic().isPresent()) {
          fed.add(dataset.id());
        }
      }
      for (Transform transform : graph.transforms()) {
        if (transform.inputs().stream().anyMatch(fed::contains)) {
          fed.add(transform.output());
        }
      }
    }

    LiveScope find(List<DatasetId> selected) {
      Set<DatasetId> wanted = new TreeSet<>(selected);
      if (selected.isEmpty()) {
        wanted.addAll(fed);
      }
      if (wanted.isEmpty()) {
        problems.add(
            Problem.of(
                "TM-LIVE-101",
                "nothing of pipeline '" + graph.name() + "' can run live",
                "none of its sources names a topic",
                "add 'topic:' to a source in pipeline.yaml"));
      }
      for (DatasetId id : wanted) {
        if (!fed.contains(id)) {
          problems.add(notFed(graph.dataset(id)));
        }
      }
      List<Transform> reversed = new ArrayList<>(graph.transforms());
      java.util.Collections.reverse(reversed);
      List<Transform> transforms = new ArrayList<>();
      for (Transform transform : reversed) {
        if (wanted.contains(transform.output()) && fed.contains(transform.output())) {
          transforms.add(0, transform);
          check(transform);
          wanted.addAll(transform.inputs());
        }
      }
      List<Dataset> used = graph.datasets().stream().filter(d -> wanted.contains(d.id())).toList();
      return new LiveScope(
          used.stream().filter(d -> d.topic().isPresent()).toList(),
          used.stream().filter(d -> followed.contains(d.id())).toList(),
          used.stream().filter(d -> d.kind() == Dataset.Kind.REFERENCE).toList(),
          transforms,
          problems);
    }

    private static Problem notFed(Dataset dataset) {
      return Problem.of(
          "TM-LIVE-102",
          "dataset '" + dataset.id() + "' cannot run live",
          dataset.kind() == Dataset.Kind.DERIVED
              ? "no topic is upstream of it"
              : "it is a "
                  + (dataset.kind() == Dataset.Kind.SOURCE ? "source" : "reference")
                  + " without a topic",
          dataset.kind() == Dataset.Kind.REFERENCE
              ? "a reference is loaded: tidemark load"
              : "add 'topic:' to its source in pipeline.yaml, or leave it out");
    }

    private void check(Transform transform) {
      Dataset output = graph.dataset(transform.output());
      for (DatasetId input : transform.inputs()) {
        if (!fed.contains(input) && graph.dataset(input).kind() == Dataset.Kind.DERIVED) {
          problems.add(
              Problem.at(
                  transform.where(),
                  "TM-LIVE-103",
                  "transform '"
                      + transform.output()
                      + "' cannot run live: no topic feeds its input '"
                      + input
                      + "'",
                  "rows that do not flow would never move the time at which slices close",
                  "give a source of it a topic, or leave both to tidemark run"));
        }
      }
      if (output.layout().slice() == Grain.ALL) {
        problems.add(
            Problem.at(
                transform.where(),
                "TM-LIVE-104",
                "transform '" + transform.output() + "' cannot run live: it has no slices",
                "a table that is one slice never closes",
                "give the dataset an event_time and a slice, or leave it to tidemark run"));
      }
      if (transform.logic() instanceof Transform.JavaClass java) {
        for (String place : java.classpath()) {
          if (Files.notExists(Path.of(place))) {
            problems.add(
                Problem.at(
                    transform.where(),
                    "TM-LIVE-105",
                    "the classes of transform '" + transform.output() + "' are not at " + place,
                    "",
                    "build them, or mend 'classpath'"));
          }
        }
      }
    }
  }
}
