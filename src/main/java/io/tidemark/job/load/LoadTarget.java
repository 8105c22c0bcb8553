package io.tidemark.job.load;

import io.tidemark.job.slice.Rows;
import io.tidemark.model.JobSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Takes what a file reader makes of a file: rows of the table's columns, and records that are none.
 */
abstract class LoadTarget {
  private final RowType type;
  private final List<String> names;
  private final boolean[] required;

  /**
   * @param rows the table's columns, in order
   */
  LoadTarget(Rows rows, JobSpec.Output output) {
    this.type = rows.type();
    this.names = type.getFieldNames();
    this.required = new boolean[names.size()];
    for (int i = 0; i < required.length; i++) {
      String name = names.get(i);
      boolean declared =
          output
              .schema()
              .find(name)
              .map(c -> c.nullability() == io.tidemark.model.Column.Nullability.REQUIRED)
              .orElse(false);
      required[i] = declared || rows.eventTime().equals(Optional.of(name));
    }
  }

  abstract void row(GenericRowData row);

  /**
   * @param line from 1; 0 when the file as a whole is meant
   * @param reason for people, without row data
   * @param raw the record as it is in the file, as far as it is text
   * @param rows how many rows are lost with it
   */
  abstract void bad(long line, String reason, String raw, long rows);

  /** The columns to fill. */
  List<String> names() {
    return names;
  }

  LogicalType type(int column) {
    return type.getTypeAt(column);
  }

  /** Why a row of these values cannot be stored; empty if it can. */
  Optional<String> missing(Object[] values) {
    for (int i = 0; i < required.length; i++) {
      if (required[i] && values[i] == null) {
        return Optional.of("column '" + names.get(i) + "' is missing");
      }
    }
    return Optional.empty();
  }

  /**
   * Where a file's columns go.
   *
   * @param held the file's columns
   * @return for each of the file's columns the table's, or -1
   * @throws UnreadableFile if a column that the table needs is not in the file. A column that may
   *     be missing is, unless the file has one that the table does not know: that is a typing error
   */
  int[] match(List<String> held) throws UnreadableFile {
    int[] to = new int[held.size()];
    List<String> unknown = new ArrayList<>();
    for (int i = 0; i < to.length; i++) {
      to[i] = names.indexOf(held.get(i));
      if (to[i] < 0) {
        unknown.add(held.get(i));
      }
    }
    Set<String> have = Set.copyOf(held);
    if (have.size() < held.size()) {
      throw new UnreadableFile("a column name is there twice");
    }
    for (int i = 0; i < required.length; i++) {
      if (!have.contains(names.get(i)) && (required[i] || !unknown.isEmpty())) {
        throw new UnreadableFile(
            "column '"
                + names.get(i)
                + "' is missing"
                + (unknown.isEmpty() ? "" : "; unknown are " + String.join(", ", unknown)));
      }
    }
    return to;
  }
}
