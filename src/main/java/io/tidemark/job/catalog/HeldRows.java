package io.tidemark.job.catalog;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableScan;
import org.apache.iceberg.expressions.Binder;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.InclusiveMetricsEvaluator;
import org.apache.iceberg.expressions.ResidualEvaluator;
import org.apache.iceberg.expressions.StrictMetricsEvaluator;
import org.apache.iceberg.io.CloseableIterable;

/**
 * What the manifests of a pinned snapshot say that an input holds, told without reading a row and
 * apart from the scan that does.
 */
final class HeldRows {
  private final Table table;
  private final long snapshot;
  private final Optional<String> eventTime;
  private final Expression wanted;

  /**
   * @param wanted the rows that the input is read for
   */
  HeldRows(Table table, long snapshot, Optional<String> eventTime, Expression wanted) {
    this.table = table;
    this.snapshot = snapshot;
    this.eventTime = eventTime;
    this.wanted = wanted;
  }

  Expression wanted() {
    return wanted;
  }

  /**
   * How many rows a scan with this filter must deliver. Exact unless a file holds rows on both
   * sides of the filter or has delete files.
   */
  RowBounds matching(Expression filter) {
    TableScan scan = scan(filter, filter);
    StrictMetricsEvaluator all = new StrictMetricsEvaluator(scan.schema(), filter);
    RowBounds rows = RowBounds.NONE;
    try (CloseableIterable<FileScanTask> tasks = scan.planFiles()) {
      for (FileScanTask task : tasks) {
        DataFile file = task.file();
        boolean whole =
            task.deletes().isEmpty()
                && (task.residual().op() == Expression.Operation.TRUE
                    || all.eval(file)
                    || new StrictMetricsEvaluator(scan.schema(), task.residual()).eval(file));
        rows = rows.plus(new RowBounds(whole ? file.recordCount() : 0, file.recordCount()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return rows;
  }

  /**
   * Whether a scan should be given a filter: event time always, another column if that keeps it
   * from opening a file. Any other filter Flink applies behind the scan in any case, where rows can
   * be counted before.
   */
  boolean isWorthPushing(Expression filter) {
    TableScan scan = scan(wanted, filter);
    if (names(scan.schema(), filter).stream().allMatch(n -> eventTime.equals(Optional.of(n)))) {
      return true;
    }
    InclusiveMetricsEvaluator any = new InclusiveMetricsEvaluator(scan.schema(), filter);
    try (CloseableIterable<FileScanTask> tasks = scan.planFiles()) {
      for (FileScanTask task : tasks) {
        Expression residual =
            ResidualEvaluator.of(task.spec(), filter, true).residualFor(task.file().partition());
        if (residual.op() == Expression.Operation.FALSE || !any.eval(task.file())) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private TableScan scan(Expression filter, Expression judged) {
    TableScan scan = table.newScan().useSnapshot(snapshot);
    return scan.filter(filter).includeColumnStats(names(scan.schema(), judged));
  }

  private static List<String> names(Schema schema, Expression filter) {
    Set<Integer> ids = Binder.boundReferences(schema.asStruct(), List.of(filter), true);
    return ids.stream().map(schema::findColumnName).toList();
  }
}
