package io.tidemark.job.verify;

import java.util.ArrayList;
import java.util.List;

/** Reads small CSV text (RFC 4180). An unquoted empty cell is a missing value: null. */
final class CsvRows {
  private final String text;
  private int at;

  private CsvRows(String text) {
    this.text = text;
  }

  /**
   * @return all records, the header included; blank lines are passed over
   * @throws IllegalArgumentException if a quoted cell does not end; says in which line it starts
   */
  static List<List<String>> parse(String text) {
    CsvRows csv = new CsvRows(text.startsWith("\uFEFF") ? text.substring(1) : text);
    List<List<String>> rows = new ArrayList<>();
    while (csv.at < csv.text.length()) {
      List<String> row = csv.row();
      if (row.size() > 1 || row.get(0) != null) {
        rows.add(row);
      }
    }
    return rows;
  }

  private List<String> row() {
    List<String> row = new ArrayList<>();
    while (true) {
      row.add(cell());
      if (at >= text.length()) {
        return row;
      }
      char end = text.charAt(at++);
      if (end == '\r' && at < text.length() && text.charAt(at) == '\n') {
        at++;
      }
      if (end != ',') {
        return row;
      }
    }
  }

  private String cell() {
    if (at < text.length() && text.charAt(at) == '"') {
      return quoted();
    }
    int start = at;
    while (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return at == start ? null : text.substring(start, at);
  }

  private String quoted() {
    int start = at++;
    StringBuilder cell = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c != '"') {
        cell.append(c);
      } else if (at < text.length() && text.charAt(at) == '"') {
        cell.append(c);
        at++;
      } else if (at >= text.length() || ",\r\n".indexOf(text.charAt(at)) >= 0) {
        return cell.toString();
      } else {
        break;
      }
    }
    long line = text.substring(0, start).lines().count() + 1;
    throw new IllegalArgumentException("line " + line + ": the quotes do not close");
  }
}
