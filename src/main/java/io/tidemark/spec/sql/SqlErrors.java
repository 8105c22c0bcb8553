package io.tidemark.spec.sql;

import io.tidemark.model.Location;
import io.tidemark.model.NearestName;
import io.tidemark.model.Problem;
import io.tidemark.spec.yaml.Snippet;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.calcite.runtime.CalciteContextException;
import org.apache.calcite.sql.parser.SqlParseException;

/** Turns what Flink's parser and planner throw into problems at a place of the user's file. */
final class SqlErrors {
  private static final Pattern AT = Pattern.compile("(?:at|[Ff]rom) line (\\d+), column (\\d+)");
  private static final Pattern MISSING =
      Pattern.compile("(Object|Column|Table) '([^']+)' not found.*", Pattern.DOTALL);
  private static final Pattern IN_TABLE = Pattern.compile("in table '([^']+)'");
  private static final Pattern FUNCTION =
      Pattern.compile("No match found for function signature (.*)", Pattern.DOTALL);
  private static final Pattern ENCOUNTERED =
      Pattern.compile("Encountered \"([^\"]*)\" at line.*", Pattern.DOTALL);

  private SqlErrors() {}

  /**
   * @param linesBefore how many lines were put before the snippet when it was parsed
   * @param datasets names that a FROM may use
   * @param columns names that an expression may use
   */
  static Problem problem(
      RuntimeException error,
      Snippet sql,
      int linesBefore,
      Collection<String> datasets,
      Collection<String> columns) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof CalciteContextException context) {
        return missingOr(
            String.valueOf(
                context.getCause() == null
                    ? context.getMessage()
                    : context.getCause().getMessage()),
            sql.at(context.getPosLine() - linesBefore, context.getPosColumn()),
            datasets,
            columns);
      } else if (cause instanceof SqlParseException parse) {
        return syntax(parse, sql, linesBefore);
      }
    }
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message = String.valueOf(root.getMessage());
    return Problem.at(
        position(message, sql, linesBefore),
        "TM-SQL-003",
        "Flink cannot plan the SQL: " + firstLine(message),
        "",
        "rewrite that part of the query");
  }

  private static Problem syntax(SqlParseException parse, Snippet sql, int linesBefore) {
    String message = String.valueOf(parse.getMessage());
    Location at =
        parse.getPos() == null || parse.getPos().getLineNum() == 0
            ? position(message, sql, linesBefore)
            : sql.at(parse.getPos().getLineNum() - linesBefore, parse.getPos().getColumnNum());
    Matcher encountered = ENCOUNTERED.matcher(message);
    String what =
        encountered.matches()
            ? encountered.group(1).endsWith("<EOF>")
                ? "the text ends too early"
                : "unexpected " + encountered.group(1).strip()
            : firstLine(message);
    return Problem.at(
        at,
        "TM-SQL-001",
        "the SQL cannot be parsed: " + what,
        "it is read by Flink's own parser",
        "correct it; a column named like a keyword needs back quotes: `date`");
  }

  private static Problem missingOr(
      String message, Location at, Collection<String> datasets, Collection<String> columns) {
    Matcher missing = MISSING.matcher(message);
    if (!missing.matches()) {
      Matcher function = FUNCTION.matcher(message);
      if (function.matches()) {
        return Problem.at(
            at,
            "TM-SQL-002",
            "there is no function " + function.group(1),
            "",
            "use a built-in function of Flink, with arguments of the types that it takes");
      }
      List<String> lines = message.strip().lines().map(String::strip).toList();
      return Problem.at(
          at,
          "TM-SQL-002",
          "the SQL does not type-check: " + lines.get(0).replaceAll("\\. Supported form.*", ""),
          "",
          "correct the expression, or CAST its arguments");
    }
    boolean column = missing.group(1).equals("Column");
    Matcher in = IN_TABLE.matcher(message);
    Collection<String> known = column ? columns : datasets;
    return Problem.at(
        at,
        "TM-SQL-002",
        (column ? "unknown column '" : "unknown dataset '") + missing.group(2) + "'",
        column
            ? in.find() ? "'" + in.group(1) + "' has no such column" : "no input has it"
            : "a query reads datasets of the project by their names",
        NearestName.hint(missing.group(2), known));
  }

  private static Location position(String message, Snippet sql, int linesBefore) {
    Matcher at = AT.matcher(message);
    return at.find()
        ? sql.at(Integer.parseInt(at.group(1)) - linesBefore, Integer.parseInt(at.group(2)))
        : sql.at(0, 0);
  }

  private static String firstLine(String message) {
    return message.strip().lines().findFirst().orElse("no reason given");
  }
}
