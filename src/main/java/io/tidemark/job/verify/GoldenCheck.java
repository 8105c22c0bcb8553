package io.tidemark.job.verify;

import io.tidemark.model.Expectation;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;

/**
 * Looks for the rows of a frozen extract among a candidate's. The extract is small: it travels with
 * the job and is looked up by key for every row that passes.
 */
final class GoldenCheck extends AbstractStreamOperator<String>
    implements OneInputStreamOperator<RowData, String>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  static final String FOUND = "found";
  static final String WRONG = "wrong";

  private final String name;
  private final DiffColumns columns;

  /** The columns that the extract has. */
  private final int[] compared;

  private final Map<List<String>, List<String>> expected;
  private transient RowData.FieldGetter[] getters;
  private transient Map<Long, long[]> slices;

  private GoldenCheck(
      String name, DiffColumns columns, int[] compared, Map<List<String>, List<String>> expected) {
    this.name = name;
    this.columns = columns;
    this.compared = compared;
    this.expected = expected;
  }

  /** How many of the extract's rows belong to the slices under test. */
  int size() {
    return expected.size();
  }

  /**
   * @throws TidemarkException USER if the extract cannot be read as rows of the dataset
   */
  static GoldenCheck of(Expectation expectation, DiffColumns columns, JobSpec.Output output) {
    Expectation.Golden golden = (Expectation.Golden) expectation.rule();
    List<List<String>> rows;
    try {
      rows = CsvRows.parse(golden.csv());
    } catch (IllegalArgumentException e) {
      throw bad(golden, e.getMessage());
    }
    if (rows.isEmpty()) {
      throw bad(golden, "it has no header");
    }
    List<String> header = rows.get(0);
    int[] compared = header.stream().mapToInt(columns::indexOf).toArray();
    for (int i = 0; i < compared.length; i++) {
      if (compared[i] < 0) {
        throw bad(golden, "the dataset has no column '" + header.get(i) + "'");
      }
    }
    List<String> needed = new ArrayList<>(output.key());
    output.layout().eventTime().ifPresent(needed::add);
    for (String column : needed) {
      if (!header.contains(column)) {
        throw bad(golden, "column '" + column + "' is missing: rows are found by key and slice");
      }
    }
    Map<List<String>, List<String>> expected = new HashMap<>();
    for (int line = 1; line < rows.size(); line++) {
      List<String> cells = canonical(golden, columns, compared, rows.get(line), line);
      if (inSlices(cells, columns, compared, output)) {
        List<String> key = new ArrayList<>();
        for (int column : columns.key()) {
          key.add(cells.get(indexOf(compared, column)));
        }
        if (expected.put(key, cells) != null) {
          throw bad(golden, "record " + line + " has the key of an earlier one");
        }
      }
    }
    return new GoldenCheck(expectation.name(), columns, compared, expected);
  }

  private static List<String> canonical(
      Expectation.Golden golden, DiffColumns columns, int[] compared, List<String> row, int line) {
    if (row.size() != compared.length) {
      throw bad(golden, "record " + line + " has " + row.size() + " cells");
    }
    List<String> cells = new ArrayList<>();
    for (int i = 0; i < compared.length; i++) {
      String cell = row.get(i);
      try {
        cells.add(cell == null ? null : CellText.canonical(cell, columns.type(compared[i])));
      } catch (RuntimeException e) {
        String type = columns.type(compared[i]).asSummaryString();
        throw bad(
            golden, "record " + line + ", column '" + columns.name(compared[i]) + "': no " + type);
      }
    }
    return cells;
  }

  private static boolean inSlices(
      List<String> cells, DiffColumns columns, int[] compared, JobSpec.Output output) {
    if (output.layout().eventTime().isEmpty()) {
      return true;
    }
    int column = columns.indexOf(output.layout().eventTime().get());
    String time = cells.get(indexOf(compared, column));
    return time != null
        && output
            .slices()
            .contains(CellText.ordinal(time, columns.type(column), output.layout().slice()));
  }

  private static int indexOf(int[] compared, int column) {
    return Arrays.stream(compared).boxed().toList().indexOf(column);
  }

  private static TidemarkException bad(Expectation.Golden golden, String why) {
    return TidemarkException.user(
        Problem.of(
            "TM-VERIFY-002",
            "the golden file " + golden.file() + " cannot be compared",
            why,
            "write it as CSV with the dataset's column names in the first line"));
  }

  @Override
  public void open() throws Exception {
    super.open();
    getters = columns.getters(SliceRows.HEADER);
    slices = new HashMap<>();
  }

  @Override
  public void processElement(StreamRecord<RowData> element) {
    RowData row = element.getValue();
    List<String> key = new ArrayList<>();
    for (int column : columns.key()) {
      key.add(text(row, column));
    }
    List<String> cells = expected.get(key);
    if (cells == null) {
      return;
    }
    long[] counts = slices.computeIfAbsent(row.getLong(SliceRows.SLICE), s -> new long[2]);
    counts[0]++;
    for (int i = 0; i < compared.length; i++) {
      if (!java.util.Objects.equals(cells.get(i), text(row, compared[i]))) {
        counts[1]++;
        return;
      }
    }
  }

  @Override
  public void endInput() {
    slices.forEach(
        (slice, counts) -> {
          tell(FOUND, slice, counts[0]);
          tell(WRONG, slice, counts[1]);
        });
  }

  private void tell(String what, long slice, long rows) {
    VerifyPart part = new VerifyPart.Tallied(name + "/" + what, slice, Long.toString(rows));
    output.collect(new StreamRecord<>(part.toText()));
  }

  private String text(RowData row, int column) {
    Object value = getters[column].getFieldOrNull(row);
    return value == null ? null : CellText.of(value, columns.type(column));
  }
}
