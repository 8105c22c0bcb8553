package io.tidemark.job.live;

import java.util.Arrays;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.LookupTableSource;
import org.apache.flink.table.connector.source.lookup.LookupFunctionProvider;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.flink.TableLoader;

/**
 * A reference as the planner sees it: rows are only looked up by columns.
 *
 * @param snapshot its pin; 0 for no rows
 */
record ReferenceTable(String name, TableLoader loader, long snapshot, RowType type)
    implements LookupTableSource {
  @Override
  public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
    int[] key = Arrays.stream(context.getKeys()).mapToInt(path -> path[0]).toArray();
    return LookupFunctionProvider.of(new ReferenceLookup(loader, snapshot, type, key));
  }

  @Override
  public DynamicTableSource copy() {
    return this;
  }

  @Override
  public String asSummaryString() {
    return "reference " + name;
  }
}
