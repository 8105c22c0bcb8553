package io.tidemark.spec.sql;

import io.tidemark.model.Column;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Location;
import io.tidemark.model.NearestName;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import io.tidemark.spec.yaml.Snippet;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.calcite.rel.RelRoot;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.sql.SqlBasicCall;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlUnresolvedFunction;
import org.apache.calcite.sql.dialect.AnsiSqlDialect;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.util.SqlBasicVisitor;
import org.apache.calcite.sql.util.SqlShuttle;
import org.apache.calcite.util.ImmutableBitSet;
import org.apache.flink.table.planner.calcite.FlinkTypeFactory;
import org.apache.flink.table.types.logical.LogicalType;

/**
 * Reads SQL with Flink's own parser and planner: what it reads, what comes out, what decides which
 * part of it, and everything that is wrong with it at its place in the file. Not thread-safe.
 */
public final class SqlAnalyzer {
  private static final String SCRATCH = "tidemark_scratch";
  private static final Pattern COMMENT = Pattern.compile("--[^\\n]*|(?s)/\\*.*?\\*/");

  private final Problems problems;
  private final SqlPlanner planner = SqlPlanner.batch();
  private final Map<String, List<Column>> tables = new LinkedHashMap<>();
  private final Set<DatasetId> references = new HashSet<>();

  /**
   * @param problems gets what is wrong with the SQL
   */
  public SqlAnalyzer(Problems problems) {
    this.problems = problems;
  }

  /** A query that parses; {@code tables} are the names after FROM, each once, with its place. */
  public record Parsed(Snippet sql, List<Located<String>> tables) {}

  /**
   * What the planner says of a query.
   *
   * @param normal its text in one form
   * @param firstJoin where its first join is, or its start
   */
  public record Query(
      String normal,
      List<Output> output,
      PlanWalk.Facts facts,
      List<List<String>> uniqueKeys,
      PlanWalk walk,
      Location firstJoin) {}

  /** A column of the output. */
  public record Output(String name, LogicalType type) {}

  /** Makes a dataset known as a table of its name; queries may then read it. */
  public void register(DatasetId dataset, List<Column> columns) {
    planner.register(dataset.value(), columns);
    tables.put(dataset.value(), columns);
  }

  /** Also says that the dataset is small enough to be sent to all. */
  public void registerReference(DatasetId dataset, List<Column> columns) {
    register(dataset, columns);
    references.add(dataset);
  }

  /** Reads one query; empty if it is none, which is then among the problems. */
  public Optional<Parsed> parse(Snippet sql, Set<String> datasets) {
    return statement(sql)
        .flatMap(
            query -> {
              int before = problems.count();
              Map<String, Located<String>> names = new LinkedHashMap<>();
              for (SqlIdentifier name : TableNames.in(query)) {
                SqlParserPos pos = name.getParserPosition();
                Location at = sql.at(pos.getLineNum(), pos.getColumnNum());
                if (!name.isSimple()) {
                  problems.add(
                      at,
                      "TM-SQL-004",
                      "'" + name + "' is more than a dataset name",
                      "a query reads datasets, whose tables and snapshots Tidemark chooses",
                      "name a dataset of the project");
                } else if (!datasets.contains(name.getSimple())) {
                  problems.add(
                      at,
                      "TM-SQL-002",
                      "unknown dataset '" + name.getSimple() + "'",
                      "a query reads datasets of the project by their names",
                      NearestName.hint(name.getSimple(), datasets));
                } else {
                  names.putIfAbsent(name.getSimple(), new Located<>(name.getSimple(), at));
                }
              }
              return problems.count() == before
                  ? Optional.of(new Parsed(sql, List.copyOf(names.values())))
                  : Optional.empty();
            });
  }

  private Optional<SqlNode> statement(Snippet sql) {
    List<SqlNode> statements;
    if (COMMENT.matcher(sql.text()).replaceAll("").isBlank()) {
      problems.add(
          sql.start(),
          "TM-SQL-005",
          "the file holds no query",
          "a transform is one query",
          "write a SELECT");
      return Optional.empty();
    }
    try {
      statements = planner.parse(sql.text());
    } catch (RuntimeException e) {
      problems.add(SqlErrors.problem(e, sql, 0, tables.keySet(), List.of()));
      return Optional.empty();
    }
    if (statements.size() != 1) {
      SqlParserPos second = statements.get(statements.size() - 1).getParserPosition();
      problems.add(
          sql.at(second.getLineNum(), second.getColumnNum()),
          "TM-SQL-005",
          "the file holds more than one statement",
          "a transform is one query",
          "keep one SELECT per file");
      return Optional.empty();
    }
    SqlNode statement = statements.get(0);
    if (!statement.getKind().belongsTo(SqlKind.QUERY)) {
      problems.add(
          sql.start(),
          "TM-SQL-006",
          "the statement is no query",
          "Tidemark itself writes the output table",
          "write a SELECT that gives the rows of the output");
      return Optional.empty();
    }
    return Optional.of(statement);
  }

  /** Plans a query over registered tables; empty if it cannot, which is then a problem. */
  public Optional<Query> analyze(Parsed parsed) {
    Snippet sql = parsed.sql();
    List<String> columns =
        parsed.tables().stream()
            .flatMap(t -> tables.get(t.value()).stream())
            .map(Column::name)
            .distinct()
            .toList();
    int before = problems.count();
    try {
      String normal = normal(planner.parse(sql.text()).get(0));
      SqlPlanner.Planned planned = planner.plan(planner.parse(sql.text()).get(0));
      new Refusals(problems).check(planned.query(), sql, 0);
      PlanWalk walk = new PlanWalk(references::contains);
      PlanWalk.Facts facts = walk.walk(planned.root().rel);
      for (String what : new TreeSet<>(walk.orderDependent())) {
        problems.add(
            find(planned.query(), what, sql),
            "TM-SQL-008",
            what + " depends on the order in which rows arrive",
            "the same input would not always give the same output",
            "use MIN, MAX, or ROW_NUMBER() over an ORDER BY that leaves no ties");
      }
      for (String what : walk.inexactSums()) {
        problems.add(
            find(planned.query(), what, sql),
            "TM-SQL-012",
            what + " of floating point numbers depends on the order in which rows arrive",
            "its last bits would differ from run to run, and with them the content hash",
            "add up exact numbers: "
                + what
                + "(CAST(... AS DECIMAL(38, 9))); cast the result back"
                + " where the column is DOUBLE");
      }
      for (String what : walk.spansOfTime()) {
        problems.add(
            find(planned.query(), what, sql),
            "TM-SQL-026",
            what + " over a RANGE of time around each row does not run in builds",
            "this release of Flink generates code for it in batch mode that does not compile",
            "use RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW, a HOP window, or a join with"
                + " BETWEEN on the times");
      }
      List<Output> output = output(planned.root(), sql);
      if (problems.count() > before) {
        return Optional.empty();
      }
      planner.optimize(planned.root().rel);
      return Optional.of(
          new Query(
              normal,
              output,
              top(planned.root(), facts),
              keys(planned.root(), facts),
              walk,
              find(planned.query(), "JOIN", sql)));
    } catch (RuntimeException e) {
      if (String.valueOf(e.getMessage()).startsWith("[BUG]")) {
        throw e;
      }
      problems.add(SqlErrors.problem(e, sql, 0, tables.keySet(), columns));
      return Optional.empty();
    }
  }

  private List<Output> output(RelRoot root, Snippet sql) {
    List<Output> output = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    List<RelDataType> types =
        root.fields.leftList().stream()
            .map(i -> root.rel.getRowType().getFieldList().get(i).getType())
            .toList();
    List<String> names = root.validatedRowType.getFieldNames();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      if (name.matches("EXPR\\$\\d+")) {
        problems.add(
            sql.at(0, 0),
            "TM-SQL-009",
            "output column " + (i + 1) + " has no name",
            "columns are matched by name",
            "add AS and a name to the expression");
      } else if (!seen.add(name)) {
        problems.add(
            sql.at(0, 0),
            "TM-SQL-009",
            "output column '" + name + "' is there twice",
            "columns are matched by name",
            "rename one of them with AS");
      }
      output.add(new Output(name, FlinkTypeFactory.toLogicalType(types.get(i))));
    }
    return output;
  }

  /** The facts of the columns that the query asks for; ORDER BY may have added others. */
  private static PlanWalk.Facts top(RelRoot root, PlanWalk.Facts facts) {
    return new PlanWalk.Facts(
        facts.rows(),
        root.fields.leftList().stream().map(i -> facts.columns().get(i)).toList(),
        facts.keys());
  }

  private static List<List<String>> keys(RelRoot root, PlanWalk.Facts facts) {
    Set<ImmutableBitSet> keys = facts.keys();
    List<Integer> asked = root.fields.leftList();
    List<String> names = root.validatedRowType.getFieldNames();
    return keys.stream()
        .filter(k -> asked.containsAll(k.asList()))
        .map(k -> k.asList().stream().map(i -> names.get(asked.indexOf(i))).sorted().toList())
        .distinct()
        .sorted((a, b) -> a.toString().compareTo(b.toString()))
        .toList();
  }

  private static Location find(SqlNode query, String operator, Snippet sql) {
    List<SqlParserPos> found = new ArrayList<>();
    query.accept(
        new SqlBasicVisitor<Void>() {
          @Override
          public Void visit(SqlCall call) {
            if (call.getOperator().getName().equalsIgnoreCase(operator)) {
              found.add(call.getParserPosition());
            }
            return super.visit(call);
          }
        });
    return found.isEmpty()
        ? sql.at(0, 0)
        : sql.at(found.get(0).getLineNum(), found.get(0).getColumnNum());
  }

  /** The text without comments, in one spelling of white space, keywords and function names. */
  private static String normal(SqlNode parsed) {
    SqlNode upper =
        parsed.accept(
            new SqlShuttle() {
              @Override
              public SqlNode visit(SqlCall call) {
                SqlNode inner = super.visit(call);
                if (inner instanceof SqlBasicCall basic
                    && basic.getOperator() instanceof SqlUnresolvedFunction function
                    && function.getSqlIdentifier() != null
                    && function.getSqlIdentifier().isSimple()) {
                  SqlIdentifier name =
                      new SqlIdentifier(
                          function.getName().toUpperCase(Locale.ROOT), SqlParserPos.ZERO);
                  return new SqlUnresolvedFunction(
                          name, null, null, null, null, function.getFunctionType())
                      .createCall(
                          basic.getFunctionQuantifier(),
                          basic.getParserPosition(),
                          basic.getOperandList());
                }
                return inner;
              }
            });
    return upper
        .toSqlString(
            c ->
                c.withDialect(AnsiSqlDialect.DEFAULT)
                    .withAlwaysUseParentheses(true)
                    .withQuoteAllIdentifiers(true)
                    .withIndentation(0))
        .getSql();
  }

  /** Type-checks a piece of SQL over a registered table. */
  public void check(SqlCheck check, String table) {
    fragments().check(check, table, tables.get(table));
  }

  /** Type-checks a predicate over columns that are no dataset's. */
  public void checkPredicate(List<Column> columns, Snippet sql) {
    planner.register(SCRATCH, columns);
    fragments().check(SqlCheck.predicate(sql), SCRATCH, columns);
  }

  private SqlFragments fragments() {
    return new SqlFragments(problems, planner);
  }
}
