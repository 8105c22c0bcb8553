package io.tidemark.job.catalog;

import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Origins;
import io.tidemark.model.Problem;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Topic;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.BaseCombinedScanTask;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.flink.source.DataIterator;
import org.apache.iceberg.flink.source.RowDataFileScanTaskReader;
import org.apache.iceberg.io.CloseableIterable;

/**
 * Reads from main where its rows came from, two columns straight from the files: to count offsets
 * needs no Flink, which takes longer to start and to plan than most sources take to read.
 */
public final class OriginScan {
  /** Small files cost the way to the object store, not this machine. */
  private static final int READERS = 8;

  private static final int BATCH = 8192;

  private final CatalogSpec spec;

  public OriginScan(CatalogSpec spec) {
    this.spec = spec;
  }

  /**
   * Passes over rows that came from no topic.
   *
   * @throws TidemarkException EXTERNAL if there is no such table, or it cannot be read
   */
  public void read(TableRef ref, Origins to) {
    Catalog catalog = IcebergCatalogs.loader(spec).loadCatalog();
    ExecutorService readers =
        Executors.newFixedThreadPool(
            READERS,
            work -> {
              Thread thread = new Thread(work, "offsets of " + ref);
              thread.setDaemon(true);
              return thread;
            });
    try {
      read(IcebergCatalogs.load(catalog, ref), to, readers);
    } catch (IOException e) {
      throw unread(ref, e);
    } catch (ExecutionException e) {
      throw unread(ref, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unread(ref, e);
    } finally {
      readers.shutdownNow();
      IcebergCatalogs.close(catalog);
    }
  }

  private static void read(Table table, Origins to, ExecutorService readers)
      throws IOException, ExecutionException, InterruptedException {
    Schema columns = table.schema().select(Topic.PARTITION_COLUMN, Topic.OFFSET_COLUMN);
    if (columns.columns().size() < 2) {
      return;
    }
    List<Future<?>> parts = new ArrayList<>();
    try (CloseableIterable<FileScanTask> files = table.newScan().project(columns).planFiles()) {
      files.forEach(
          file ->
              parts.add(
                  readers.submit(
                      () -> {
                        read(table, columns, file, to);
                        return null;
                      })));
    }
    for (Future<?> part : parts) {
      part.get();
    }
  }

  private static void read(Table table, Schema columns, FileScanTask file, Origins to)
      throws IOException {
    RowType type = FlinkSchemaUtil.convert(columns);
    int partition = type.getFieldIndex(Topic.PARTITION_COLUMN);
    int offset = type.getFieldIndex(Topic.OFFSET_COLUMN);
    int[] partitions = new int[BATCH];
    long[] offsets = new long[BATCH];
    int count = 0;
    RowDataFileScanTaskReader reader =
        new RowDataFileScanTaskReader(
            table.schema(),
            columns,
            table.properties().get(TableProperties.DEFAULT_NAME_MAPPING),
            true,
            List.of());
    try (DataIterator<RowData> rows =
        new DataIterator<>(
            reader, new BaseCombinedScanTask(file), table.io(), table.encryption())) {
      while (rows.hasNext()) {
        RowData row = rows.next();
        if (row.isNullAt(partition) || row.isNullAt(offset)) {
          continue;
        }
        partitions[count] = row.getInt(partition);
        offsets[count] = row.getLong(offset);
        if (++count == BATCH) {
          to.add(partitions, offsets, count);
          count = 0;
        }
      }
    }
    to.add(partitions, offsets, count);
  }

  private static TidemarkException unread(TableRef table, Throwable cause) {
    return TidemarkException.external(
        Problem.of(
            "TM-JOB-043",
            "the offsets that " + table + " holds could not be read",
            SqlErrors.message(cause),
            "run it again; if it fails again, look at the log"),
        cause);
  }
}
