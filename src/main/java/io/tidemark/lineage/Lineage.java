package io.tidemark.lineage;

import io.tidemark.model.Analysis.ColumnRef;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.NearestName;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Lineage of one graph. Immutable and thread-safe.
 *
 * <p>A column is made from the columns that its value is computed from. A column that only decides
 * which rows come out (a filter, a join) leads to the output dataset as a whole, and so does every
 * input of code that cannot be taken apart.
 */
public final class Lineage {
  /**
   * {@code to} is made directly from {@code from}.
   *
   * @param distance how many transforms away from the traced node; 1 for the nearest
   */
  public record Edge(Node from, Node to, int distance) {}

  /**
   * Everything that a node is made from, and everything that is made from it, through any number of
   * transforms.
   *
   * @param upstream nearest first
   * @param downstream nearest first
   */
  public record Trace(Node node, List<Edge> upstream, List<Edge> downstream) {
    public Trace {
      upstream = List.copyOf(upstream);
      downstream = List.copyOf(downstream);
    }
  }

  private final Graph graph;

  public Lineage(Graph graph) {
    this.graph = graph;
  }

  /**
   * Traces a dataset or a column both ways.
   *
   * @param column empty for the dataset as a whole
   * @throws TidemarkException USER if the graph has no such dataset or column
   */
  public Trace trace(DatasetId dataset, Optional<String> column) {
    require(dataset, column);
    Node node = new Node(dataset, column);
    return new Trace(node, upstream(node), downstream(node));
  }

  private List<Edge> upstream(Node start) {
    return walk(start, this::sources, (node, source, n) -> new Edge(source, node, n));
  }

  private List<Edge> downstream(Node start) {
    return walk(start, this::uses, (node, use, n) -> new Edge(node, use, n));
  }

  private interface Join {
    Edge edge(Node node, Node next, int distance);
  }

  private static List<Edge> walk(Node start, Function<Node, SortedSet<Node>> step, Join join) {
    List<Edge> edges = new ArrayList<>();
    Map<Node, Integer> distances = new HashMap<>(Map.of(start, 0));
    Deque<Node> open = new ArrayDeque<>(List.of(start));
    while (!open.isEmpty()) {
      Node node = open.remove();
      int distance = distances.get(node) + 1;
      for (Node next : step.apply(node)) {
        edges.add(join.edge(node, next, distance));
        if (distances.putIfAbsent(next, distance) == null) {
          open.add(next);
        }
      }
    }
    return edges;
  }

  /** What a node is made from, one transform back. */
  private SortedSet<Node> sources(Node node) {
    SortedSet<Node> sources = new TreeSet<>();
    for (Transform transform : graph.transformOf(node.dataset()).stream().toList()) {
      Optional<SortedSet<ColumnRef>> columns =
          node.column().map(transform.analysis().lineage()::get);
      if (columns.isPresent()) {
        columns.get().forEach(c -> sources.add(Node.of(c.dataset(), c.column())));
      } else {
        transform.inputs().forEach(input -> sources.add(Node.of(input)));
      }
    }
    return sources;
  }

  /** What is made from a node, one transform on. */
  private SortedSet<Node> uses(Node node) {
    SortedSet<Node> uses = new TreeSet<>();
    for (Transform transform : graph.consumersOf(node.dataset())) {
      uses.addAll(uses(node, transform));
    }
    return uses;
  }

  private static Set<Node> uses(Node node, Transform transform) {
    Map<String, SortedSet<ColumnRef>> lineage = transform.analysis().lineage();
    Node whole = Node.of(transform.output());
    if (node.column().isEmpty() || lineage.isEmpty()) {
      return Set.of(whole);
    }
    ColumnRef column = new ColumnRef(node.dataset(), node.column().get());
    Set<Node> columns =
        lineage.entrySet().stream()
            .filter(e -> e.getValue().contains(column))
            .map(e -> Node.of(transform.output(), e.getKey()))
            .collect(Collectors.toSet());
    SortedSet<String> reads = transform.analysis().reads().get(node.dataset());
    boolean read = reads == null || reads.contains(column.column());
    return columns.isEmpty() && read ? Set.of(whole) : columns;
  }

  private void require(DatasetId id, Optional<String> column) {
    Dataset dataset =
        graph
            .find(id)
            .orElseThrow(
                () ->
                    TidemarkException.user(
                        Problem.of(
                            "TM-LINEAGE-001",
                            "unknown dataset '" + id + "'",
                            "pipeline '" + graph.name() + "' does not name it",
                            NearestName.hint(id.value(), datasets()))));
    if (column.filter(c -> dataset.schema().find(c).isEmpty()).isPresent()) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LINEAGE-002",
              "dataset '" + id + "' has no column '" + column.get() + "'",
              "",
              NearestName.hint(column.get(), dataset.schema().names())));
    }
  }

  private List<String> datasets() {
    return graph.datasets().stream().map(d -> d.id().value()).sorted().toList();
  }
}
