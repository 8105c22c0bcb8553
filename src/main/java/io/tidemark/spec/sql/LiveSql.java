package io.tidemark.spec.sql;

import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.Dataset.Kind;
import io.tidemark.model.Location;
import io.tidemark.model.Problem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.RelVisitor;
import org.apache.calcite.rel.core.Aggregate;
import org.apache.calcite.rel.core.SetOp;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;

/**
 * Makes the text of queries that live jobs run, and plans it as they will. Takes about a second to
 * start. Not thread-safe.
 */
public final class LiveSql {
  private final SqlPlanner planner = SqlPlanner.streaming();
  private final Set<String> references = new HashSet<>();

  /**
   * The answer for one query.
   *
   * @param text what live jobs run; empty if there are problems
   * @param problems all that keeps the query from running live
   */
  public record Answer(Optional<String> text, List<Problem> problems) {
    public Answer {
      problems = List.copyOf(problems);
    }
  }

  /** A first row that is taken for final, unless it is the first in event time, which is. */
  private static final Pattern FINAL_RANK =
      Pattern.compile(
          "Rank\\([^\\n]*rankEnd=1\\][^\\n]*orderBy=\\[(?!ROWTIME [^,\\]\\n]* ASC\\])[^\\n]*"
              + "changelogMode=\\[I\\]\\)");

  /** Makes a dataset known by its name, as live jobs give it to queries. */
  public void register(Dataset dataset) {
    String name = dataset.id().value();
    List<Column> columns = dataset.schema().columns();
    Optional<String> time =
        dataset
            .layout()
            .eventTime()
            .filter(t -> dataset.schema().find(t).filter(SqlTypes::isTimeAttribute).isPresent());
    if (dataset.kind() == Kind.REFERENCE) {
      references.add(name);
      planner.registerLookup(name, columns);
    } else if (time.isPresent()) {
      planner.registerEvents(name, columns, time.get());
    } else {
      planner.register(name, columns);
    }
  }

  /**
   * @param sql a query that can be planned in bounded mode, over registered datasets
   * @param where the transform, for problems
   */
  public Answer live(String sql, Location where) {
    LiveText.Rewritten rewritten = LiveText.of(sql, planner.parse(sql).get(0), references);
    List<Problem> problems = new ArrayList<>();
    for (LiveText.Refused refused : rewritten.refused()) {
      problems.add(
          Problem.at(
              where,
              "TM-SQL-020",
              refused.what() + " (line " + refused.at().getLineNum() + " of the query)",
              refused.why(),
              refused.fix()));
    }
    if (problems.isEmpty()) {
      plan(rewritten, where).ifPresent(problems::add);
    }
    return problems.isEmpty()
        ? new Answer(Optional.of(rewritten.text()), List.of())
        : new Answer(Optional.empty(), problems);
  }

  private Optional<Problem> plan(LiveText.Rewritten rewritten, Location where) {
    try {
      SqlNode parsed = planner.parse(rewritten.text()).get(0);
      RelNode plan = planner.plan(parsed).root().rel;
      if (rewritten.lookups() && keepsApartByNow(plan)) {
        return Optional.of(
            Problem.at(
                where,
                "TM-SQL-021",
                "SELECT * over a joined reference is compared row by row",
                "live, it also has a column with the processing time, which differs in every row",
                "write the columns instead of the *"));
      }
      return takenForFinal(planner.translate(rewritten.text()), where);
    } catch (RuntimeException e) {
      return Optional.of(unplanned(e, where));
    }
  }

  /**
   * Flink 2.2 takes the first row of a ROW_NUMBER for final if it is ordered by several columns, or
   * upwards by one that is no time attribute (FlinkChangelogModeInferenceProgram asks
   * RankUtil.keepLastDeduplicateRow alone), and then changes it all the same.
   */
  private static Optional<Problem> takenForFinal(String plans, Location where) {
    return FINAL_RANK.matcher(plans).find()
        ? Optional.of(
            Problem.at(
                where,
                "TM-SQL-025",
                "rows with ROW_NUMBER() <= 1 in this order are taken for final, though they change",
                "so plans Flink 2.2 in streaming mode; both rows would stay in the table",
                "order by event time alone, ask for the first two with their number, or aggregate"))
        : Optional.empty();
  }

  /** DISTINCT, GROUP BY and the like over a column that the query does not have. */
  private static boolean keepsApartByNow(RelNode plan) {
    return any(
        plan,
        node -> {
          if (node instanceof Aggregate aggregate) {
            List<String> names = aggregate.getInput().getRowType().getFieldNames();
            return aggregate.getGroupSet().asList().stream().map(names::get).anyMatch(LiveSql::now);
          }
          return node instanceof SetOp set
              && !(set.all && set.kind == SqlKind.UNION)
              && set.getRowType().getFieldNames().stream().anyMatch(LiveSql::now);
        });
  }

  private static boolean now(String column) {
    return column.startsWith(LiveText.NOW);
  }

  private static boolean any(RelNode plan, Predicate<RelNode> test) {
    boolean[] found = {false};
    new RelVisitor() {
      @Override
      public void visit(RelNode node, int ordinal, RelNode parent) {
        found[0] |= test.test(node);
        super.visit(node, ordinal, parent);
      }
    }.go(plan);
    return found[0];
  }

  private static Problem unplanned(RuntimeException error, Location where) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String said =
        String.valueOf(root.getMessage()).strip().lines().findFirst().orElse("no reason given");
    if (said.contains("time attribute") && !said.startsWith("Interval join")) {
      return Problem.at(
          where,
          "TM-SQL-023",
          "the query needs a time attribute that its input has not: " + said,
          "Flink's time attributes have milliseconds, and only an event time can be one",
          "declare the input's event time as TIMESTAMP(3) or TIMESTAMP_LTZ(3), and use that");
    } else if (said.startsWith("Temporal table join requires an equality condition")) {
      return Problem.at(
          where,
          "TM-SQL-020",
          "a reference is joined without an equality on a column of its own",
          said,
          "join it as in: LEFT JOIN r ON r.x = e.x; put functions on the events' side alone");
    } else if (said.startsWith("Sort on a non-time-attribute")) {
      return Problem.at(
          where,
          "TM-SQL-022",
          "the query sorts its rows, which a live job cannot",
          "the last one is never known",
          "remove the ORDER BY: a table has no order");
    }
    return Problem.at(
        where,
        "TM-SQL-024",
        "Flink has no streaming plan for the query: " + said,
        "it runs in bounded mode alone as it is",
        "rewrite that part of the query");
  }
}
