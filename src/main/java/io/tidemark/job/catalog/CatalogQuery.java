package io.tidemark.job.catalog;

import io.tidemark.model.DatasetId;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.SqlParserException;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.api.internal.TableEnvironmentInternal;
import org.apache.flink.table.api.internal.TableResultInternal;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.operations.DescribeCatalogOperation;
import org.apache.flink.table.operations.DescribeFunctionOperation;
import org.apache.flink.table.operations.DescribeTableOperation;
import org.apache.flink.table.operations.ExplainOperation;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.operations.QueryOperation;
import org.apache.flink.table.operations.ShowOperation;
import org.apache.flink.util.CloseableIterator;

/**
 * Runs one read-only Flink SQL statement over the catalog. Tables are reached as {@code
 * catalog.namespace.table}, and those of the graph also by their dataset names. Thread-safe: every
 * statement has an environment of its own.
 */
public final class CatalogQuery {
  private static final Pattern FIRST_WORD =
      Pattern.compile("\\A(?:\\s|\\(|--[^\\n]*\\n|/\\*.*?\\*/)*([A-Za-z]+)", Pattern.DOTALL);
  private static final Set<String> READING =
      Set.of("SELECT", "WITH", "VALUES", "SHOW", "DESCRIBE", "DESC", "EXPLAIN");

  private final CatalogSpec spec;
  private final int parallelism;

  public CatalogQuery(CatalogSpec spec, int parallelism) {
    this.spec = spec;
    this.parallelism = parallelism;
  }

  /**
   * What a statement answers.
   *
   * @param rows as SQL strings; empty for NULL
   * @param more whether there were more rows than the limit
   */
  public record Answer(List<String> columns, List<List<Optional<String>>> rows, boolean more) {
    public Answer {
      columns = List.copyOf(columns);
      rows = List.copyOf(rows);
    }
  }

  /**
   * Runs a statement in this process.
   *
   * @param names the tables that may be read by a short name; missing tables are passed over
   * @param limit the most rows to answer with
   * @throws TidemarkException USER if the statement would change anything, or does not compile
   */
  public Answer run(String sql, Map<DatasetId, TableRef> names, int limit) {
    Configuration configuration = new Configuration();
    configuration.setString("rest.bind-port", "0");
    return run(
        sql,
        names,
        limit,
        StreamExecutionEnvironment.createLocalEnvironment(parallelism, configuration));
  }

  /** As above, in an environment used for this statement alone. */
  public Answer run(
      String sql, Map<DatasetId, TableRef> names, int limit, StreamExecutionEnvironment env) {
    ClassLoader code = CatalogQuery.class.getClassLoader();
    try (JobTables tables = JobTables.open(spec, env, code)) {
      tables.addCatalog();
      names.forEach(
          (name, table) -> {
            // A view costs a look at the catalog, so only for what the statement may mean.
            if (sql.contains(name.value())) {
              tables.addView(name, table);
            }
          });
      TableEnvironmentInternal flink = (TableEnvironmentInternal) tables.tables();
      requireReading(sql);
      requireReading(flink.getParser().parse(sql));
      TableResultInternal result = (TableResultInternal) flink.executeSql(sql);
      return collect(result, limit);
    } catch (SqlParserException
        | ValidationException
        | TableException
        | IllegalArgumentException e) {
      throw TidemarkException.user(
          Problem.of(
              "TM-JOB-040",
              "the statement cannot be run",
              SqlErrors.message(e),
              "correct it; datasets are known by their names, other tables as "
                  + spec.name()
                  + ".namespace.table"),
          e);
    }
  }

  /** Before parsing, because for some changes the parser only says that they do not compile. */
  private static void requireReading(String sql) {
    Matcher word = FIRST_WORD.matcher(sql);
    if (!word.find() || !READING.contains(word.group(1).toUpperCase(Locale.ROOT))) {
      throw changing();
    }
  }

  private static void requireReading(List<Operation> operations) {
    for (Operation operation : operations) {
      boolean reads =
          operation instanceof QueryOperation
              || operation instanceof ShowOperation
              || operation instanceof DescribeTableOperation
              || operation instanceof DescribeCatalogOperation
              || operation instanceof DescribeFunctionOperation
              || operation instanceof ExplainOperation;
      if (!reads) {
        throw changing();
      }
    }
  }

  private static TidemarkException changing() {
    return TidemarkException.user(
        Problem.of(
            "TM-JOB-041",
            "the statement is none that only reads",
            "queries are for looking; tables change by publish, revert and rollback",
            "use one SELECT, SHOW, DESCRIBE or EXPLAIN"));
  }

  private static Answer collect(TableResultInternal result, int limit) {
    List<List<Optional<String>>> rows = new ArrayList<>();
    boolean more = false;
    try (CloseableIterator<RowData> iterator = result.collectInternal()) {
      while (!more && iterator.hasNext()) {
        if (rows.size() == limit) {
          more = true;
        } else {
          rows.add(text(result, iterator.next()));
        }
      }
    } catch (TidemarkException e) {
      throw e;
    } catch (Exception e) {
      throw TidemarkException.external(
          Problem.of(
              "TM-JOB-042",
              "the query failed",
              SqlErrors.message(e),
              "run it again; if it fails again, look at the log"),
          e);
    }
    return new Answer(result.getResolvedSchema().getColumnNames(), rows, more);
  }

  private static List<Optional<String>> text(TableResultInternal result, RowData row) {
    String[] cells = result.getRowDataToStringConverter().convert(row);
    List<Optional<String>> texts = new ArrayList<>();
    for (int i = 0; i < cells.length; i++) {
      texts.add(row.isNullAt(i) ? Optional.empty() : Optional.of(cells[i]));
    }
    return texts;
  }
}
