package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.cli.text.TextTable;
import io.tidemark.cli.text.Words;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.Transform;
import java.util.stream.Collectors;

/** The graph for people, for Graphviz and for Mermaid. */
final class GraphText {
  private GraphText() {}

  static String text(Graph graph, Paint paint) {
    TextTable table = new TextTable(paint).left("DATASET", "KIND", "TABLE", "SLICE", "KEY", "FROM");
    for (Dataset d : graph.datasets()) {
      table
          .row()
          .cell(d.id().value(), paint::name)
          .cell(Words.of(d.kind()), s -> s)
          .cell(d.table().toString(), s -> s)
          .cell(d.layout().slice().text(), s -> s)
          .cell(String.join(", ", d.key()), s -> s)
          .cell(graph.transformOf(d.id()).map(GraphText::inputs).orElse(""), s -> s);
    }
    StringBuilder out = new StringBuilder(paint.strong(graph.name())).append("\n\n").append(table);
    if (!graph.changes().isEmpty()) {
      out.append("\nExpected changes: ")
          .append(graph.changes().stream().map(c -> c.name()).collect(Collectors.joining(", ")))
          .append('\n');
    }
    return out.toString();
  }

  private static String inputs(Transform transform) {
    return transform.inputs().stream().map(DatasetId::value).collect(Collectors.joining(", "));
  }

  static String dot(Graph graph) {
    StringBuilder out = new StringBuilder("digraph \"");
    out.append(graph.name().replace("\\", "\\\\").replace("\"", "\\\"")).append("\" {\n");
    out.append("  rankdir=LR;\n");
    for (Dataset d : graph.datasets()) {
      String shape =
          switch (d.kind()) {
            case SOURCE -> "cylinder";
            case REFERENCE -> "note";
            case DERIVED -> "box";
          };
      out.append("  ").append(d.id()).append(" [shape=").append(shape).append("];\n");
    }
    for (Transform t : graph.transforms()) {
      for (DatasetId input : t.inputs()) {
        out.append("  ").append(input).append(" -> ").append(t.output()).append(";\n");
      }
    }
    return out.append("}\n").toString();
  }

  /** Node ids carry a prefix, since Mermaid has reserved words such as {@code end}. */
  static String mermaid(Graph graph) {
    StringBuilder out = new StringBuilder("flowchart LR\n");
    for (Dataset d : graph.datasets()) {
      String node =
          switch (d.kind()) {
            case SOURCE -> "[(" + d.id() + ")]";
            case REFERENCE -> "[/" + d.id() + "/]";
            case DERIVED -> "[" + d.id() + "]";
          };
      out.append("  d_").append(d.id()).append(node).append('\n');
    }
    for (Transform t : graph.transforms()) {
      for (DatasetId input : t.inputs()) {
        out.append("  d_").append(input).append(" --> d_").append(t.output()).append('\n');
      }
    }
    return out.toString();
  }
}
