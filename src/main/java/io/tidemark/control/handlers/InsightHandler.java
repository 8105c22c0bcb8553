package io.tidemark.control.handlers;

import io.tidemark.control.Openers;
import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.lineage.Lineage;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.TableRef;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Where values come from, and what they are. */
final class InsightHandler {
  private final Workplace workplace;

  InsightHandler(Workplace workplace) {
    this.workplace = workplace;
  }

  Report.LineageShown lineage(Operation.Lineage operation) {
    Graph graph = workplace.graph();
    Dataset dataset = Resolve.dataset(graph, operation.dataset());
    Lineage.Trace trace = new Lineage(graph).trace(dataset.id(), operation.column());
    return new Report.LineageShown(
        trace.node().toString(), edges(trace.upstream()), edges(trace.downstream()));
  }

  private static List<Report.Edge> edges(List<Lineage.Edge> edges) {
    return edges.stream()
        .map(e -> new Report.Edge(e.from().toString(), e.to().toString(), e.distance()))
        .toList();
  }

  Report.QueryShown query(Operation.Query operation) {
    Map<DatasetId, TableRef> names = new TreeMap<>();
    for (Dataset dataset : workplace.graph().datasets()) {
      if (workplace.lake().head(dataset.table(), "main").isPresent()) {
        names.put(dataset.id(), dataset.table());
      }
    }
    Openers.Rows rows = workplace.query().run(operation.sql(), names, operation.limit());
    return new Report.QueryShown(rows.columns(), rows.rows(), rows.completeness());
  }
}
