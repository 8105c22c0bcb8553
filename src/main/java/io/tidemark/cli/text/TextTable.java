package io.tidemark.cli.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Aligned columns without lines; numbers to the right. Widths count characters, not colours. */
public final class TextTable {
  private record Cell(String text, UnaryOperator<String> paint) {}

  private final Paint paint;
  private final List<String> headers = new ArrayList<>();
  private final List<Boolean> right = new ArrayList<>();
  private final List<List<Cell>> rows = new ArrayList<>();

  public TextTable(Paint paint) {
    this.paint = paint;
  }

  public TextTable left(String... names) {
    return add(false, names);
  }

  public TextTable right(String... names) {
    return add(true, names);
  }

  private TextTable add(boolean toTheRight, String... names) {
    for (String name : names) {
      headers.add(name);
      right.add(toTheRight);
    }
    return this;
  }

  /** Starts a row; cells follow by {@link #cell}. */
  public TextTable row(String... cells) {
    List<Cell> row = new ArrayList<>();
    Arrays.stream(cells).forEach(c -> row.add(new Cell(Words.safe(c), UnaryOperator.identity())));
    rows.add(row);
    return this;
  }

  /** Adds one painted cell to the last row. */
  public TextTable cell(String text, UnaryOperator<String> colour) {
    rows.get(rows.size() - 1).add(new Cell(Words.safe(text), colour));
    return this;
  }

  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /** Lines, each ended by a line feed and without trailing blanks. */
  @Override
  public String toString() {
    int[] widths = new int[headers.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = width(headers.get(i));
      for (List<Cell> row : rows) {
        if (i < row.size()) {
          widths[i] = Math.max(widths[i], width(row.get(i).text()));
        }
      }
    }
    StringBuilder out = new StringBuilder();
    List<Cell> head = headers.stream().map(h -> new Cell(h, paint::faint)).toList();
    if (headers.stream().anyMatch(h -> !h.isEmpty())) {
      line(out, head, widths);
    }
    rows.forEach(row -> line(out, row, widths));
    return out.toString();
  }

  private void line(StringBuilder out, List<Cell> row, int[] widths) {
    int last = row.size() - 1;
    while (last >= 0 && row.get(last).text().isEmpty()) {
      last--;
    }
    for (int i = 0; i <= last; i++) {
      Cell cell = row.get(i);
      String blanks = " ".repeat(widths[i] - width(cell.text()));
      String painted = cell.paint().apply(cell.text());
      out.append(right.get(i) ? blanks + painted : i == last ? painted : painted + blanks);
      out.append(i == last ? "" : "  ");
    }
    out.append('\n');
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }
}
