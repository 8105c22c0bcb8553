package io.tidemark.job.live;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.LookupFunction;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.CombinedScanTask;
import org.apache.iceberg.Table;
import org.apache.iceberg.flink.TableLoader;
import org.apache.iceberg.flink.source.DataIterator;
import org.apache.iceberg.flink.source.RowDataFileScanTaskReader;
import org.apache.iceberg.io.CloseableIterable;

/**
 * Holds the rows of a pinned reference in memory by their lookup key; read once per task, when it
 * opens. Nothing of it is in checkpoints. Public for the code that the planner generates.
 */
public final class ReferenceLookup extends LookupFunction {
  private static final long serialVersionUID = 1;

  private final TableLoader loader;
  private final long snapshot;
  private final RowType type;
  private final int[] key;

  private transient Map<List<Object>, List<RowData>> rows;
  private transient RowData.FieldGetter[] asked;

  /**
   * @param key the columns that rows are looked up by
   */
  ReferenceLookup(TableLoader loader, long snapshot, RowType type, int[] key) {
    this.loader = loader;
    this.snapshot = snapshot;
    this.type = type;
    this.key = key.clone();
  }

  @Override
  public void open(FunctionContext context) throws Exception {
    rows = new HashMap<>();
    asked = new RowData.FieldGetter[key.length];
    RowData.FieldGetter[] held = new RowData.FieldGetter[key.length];
    for (int i = 0; i < key.length; i++) {
      asked[i] = RowData.createFieldGetter(type.getTypeAt(key[i]).copy(true), i);
      held[i] = RowData.createFieldGetter(type.getTypeAt(key[i]).copy(true), key[i]);
    }
    if (snapshot == 0) {
      return;
    }
    try (TableLoader opened = loader.clone()) {
      opened.open();
      read(opened.loadTable(), held);
    }
  }

  private void read(Table table, RowData.FieldGetter[] held) throws IOException {
    RowDataSerializer serializer = new RowDataSerializer(type);
    RowDataFileScanTaskReader reader =
        new RowDataFileScanTaskReader(table.schema(), table.schema(), null, true, List.of());
    try (CloseableIterable<CombinedScanTask> tasks =
        table.newScan().useSnapshot(snapshot).planTasks()) {
      for (CombinedScanTask task : tasks) {
        try (DataIterator<RowData> found =
            new DataIterator<>(reader, task, table.io(), table.encryption())) {
          while (found.hasNext()) {
            RowData row = serializer.toBinaryRow(found.next()).copy();
            rows.computeIfAbsent(key(row, held), k -> new ArrayList<>(1)).add(row);
          }
        }
      }
    }
  }

  private static List<Object> key(RowData row, RowData.FieldGetter[] getters) {
    Object[] key = new Object[getters.length];
    for (int i = 0; i < key.length; i++) {
      key[i] = getters[i].getFieldOrNull(row);
    }
    return Arrays.asList(key);
  }

  @Override
  public Collection<RowData> lookup(RowData wanted) {
    List<Object> key = key(wanted, asked);
    // Nothing equals null.
    return key.contains(null) ? List.of() : rows.getOrDefault(key, List.of());
  }
}
