package io.tidemark.spec;

import io.tidemark.model.Dataset;
import io.tidemark.model.Dataset.Kind;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.Problem;
import io.tidemark.model.Transform;
import io.tidemark.spec.sql.LiveSql;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Whether a transform can run live, and the query that live jobs run: the same text, but every
 * reference joined as a lookup. Immutable and thread-safe.
 *
 * @param text the query; empty for a Java class, and if there are problems
 * @param problems everything that keeps the transform from running live, for people
 */
public record LiveQuery(Optional<String> text, List<Problem> problems) {
  public LiveQuery {
    problems = List.copyOf(problems);
  }

  /** Of one transform; see {@link #of(Graph, Collection)}. */
  public static LiveQuery of(Graph graph, Transform transform) {
    return of(graph, List.of(transform)).get(transform.output());
  }

  /**
   * Of several transforms of a graph, by output. Starts Flink's planner once, which takes about a
   * second, if any of them is SQL.
   */
  public static SortedMap<DatasetId, LiveQuery> of(Graph graph, Collection<Transform> transforms) {
    SortedMap<DatasetId, LiveQuery> queries = new TreeMap<>();
    Optional<LiveSql> sql = Optional.empty();
    for (Transform transform : transforms) {
      List<Problem> problems = inputs(graph, transform);
      Optional<String> text = Optional.empty();
      if (transform.logic() instanceof Transform.Sql query) {
        if (sql.isEmpty()) {
          sql = Optional.of(planner(graph));
        }
        LiveSql.Answer answer = sql.get().live(query.query(), transform.where());
        problems.addAll(answer.problems());
        text = problems.isEmpty() ? answer.text() : Optional.empty();
      }
      queries.put(transform.output(), new LiveQuery(text, problems));
    }
    return queries;
  }

  private static LiveSql planner(Graph graph) {
    LiveSql sql = new LiveSql();
    graph.datasets().forEach(sql::register);
    return sql;
  }

  private static List<Problem> inputs(Graph graph, Transform transform) {
    List<Problem> problems = new ArrayList<>();
    boolean events = false;
    for (DatasetId id : transform.inputs()) {
      Dataset input = graph.dataset(id);
      events |= input.kind() != Kind.REFERENCE;
      if (input.kind() == Kind.SOURCE && input.topic().isEmpty()) {
        problems.add(
            Problem.at(
                transform.where(),
                "TM-SPEC-076",
                "transform '" + transform.output() + "' reads '" + id + "', which has no topic",
                "a live job has no other way to see new rows of a source",
                "add 'topic:' to '" + id + "', or keep '" + transform.output() + "' to runs"));
      }
    }
    if (!events) {
      problems.add(
          Problem.at(
              transform.where(),
              "TM-SPEC-077",
              "transform '" + transform.output() + "' reads references alone",
              "a live job computes what events bring",
              "leave it to runs"));
    }
    return problems;
  }
}
