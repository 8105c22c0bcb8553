package io.tidemark.job.catalog;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
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
import org.apache.iceberg.expressions.Expressions;
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
   * Which filters a scan should be given: those of event time always, another if it keeps the scan
   * from opening a file. Any other filter Flink applies behind the scan in any case, where rows can
   * be counted before. Manifests are read once for all.
   */
  Set<Expression> worthPushing(List<Expression> filters) {
    Set<Expression> worth = Collections.newSetFromMap(new IdentityHashMap<>());
    Expression judged = Expressions.alwaysTrue();
    List<Pruning> open = new ArrayList<>();
    for (Expression filter : filters) {
      if (names(table.newScan().useSnapshot(snapshot).schema(), filter).stream()
          .allMatch(n -> eventTime.equals(Optional.of(n)))) {
        worth.add(filter);
      } else {
        judged = Expressions.and(judged, filter);
        open.add(new Pruning(filter));
      }
    }
    if (open.isEmpty()) {
      return worth;
    }
    try (CloseableIterable<FileScanTask> tasks = scan(wanted, judged).planFiles()) {
      for (FileScanTask task : tasks) {
        open.removeIf(pruning -> pruning.skips(task) && worth.add(pruning.filter));
        if (open.isEmpty()) {
          break;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return worth;
  }

  /** Tells files that a scan with a filter would not open. */
  private final class Pruning {
    private final Expression filter;
    private final InclusiveMetricsEvaluator any;

    Pruning(Expression filter) {
      this.filter = filter;
      this.any =
          new InclusiveMetricsEvaluator(table.newScan().useSnapshot(snapshot).schema(), filter);
    }

    boolean skips(FileScanTask task) {
      Expression residual =
          ResidualEvaluator.of(task.spec(), filter, true).residualFor(task.file().partition());
      return residual.op() == Expression.Operation.FALSE || !any.eval(task.file());
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
