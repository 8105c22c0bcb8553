package io.tidemark.control.handlers;

import io.tidemark.live.LiveJobs;
import io.tidemark.live.parts.Parts;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A live job that a command is about.
 *
 * @param graph that it is all of
 * @param selected datasets of it; empty for all
 */
record LivePart(Graph graph, List<DatasetId> selected) {
  LivePart {
    selected = List.copyOf(selected);
  }

  /** The live jobs that datasets belong to; all of the pipeline if none are named. */
  static List<LivePart> of(Graph graph, List<String> datasets) {
    if (datasets.isEmpty()) {
      return Parts.of(graph).stream().map(part -> new LivePart(part, List.of())).toList();
    }
    Map<Graph, List<DatasetId>> selected = new LinkedHashMap<>();
    for (String name : datasets) {
      DatasetId id = Resolve.dataset(graph, name).id();
      selected.computeIfAbsent(Parts.of(graph, id), part -> new ArrayList<>()).add(id);
    }
    return selected.entrySet().stream().map(e -> new LivePart(e.getKey(), e.getValue())).toList();
  }

  /**
   * What a shadow is asked for of: the one that follows no table, unless datasets of another are
   * among those named, which then is refused as such.
   */
  static LivePart ofShadow(Graph graph, List<String> datasets) {
    List<LivePart> parts = of(graph, datasets);
    return parts.stream()
        .filter(p -> !datasets.isEmpty() && !Parts.followed(p.graph()).isEmpty())
        .findFirst()
        .orElse(parts.get(0));
  }

  /** The one that follows no table. */
  static Graph first(Graph graph) {
    return Parts.of(graph).get(0);
  }

  /**
   * What its start is asked for.
   *
   * @param from the slice that what never ran live begins with
   * @param acceptedGaps of all parts, as TOPIC/PARTITION
   */
  LiveJobs.Request request(Optional<String> from, List<String> acceptedGaps) {
    return new LiveJobs.Request(
        graph,
        selected,
        from,
        Optional.empty(),
        gaps(acceptedGaps),
        transforms -> LiveHandler.queries(graph, transforms));
  }

  /** Of accepted gaps, as TOPIC/PARTITION, its own; one that follows no table looks at all. */
  private List<String> gaps(List<String> accepted) {
    return accepted.stream()
        .filter(
            gap ->
                Parts.followed(graph).isEmpty()
                    || graph.datasets().stream()
                        .flatMap(d -> d.topic().stream())
                        .anyMatch(topic -> gap.startsWith(topic.name() + "/")))
        .toList();
  }
}
