package io.tidemark.job.load;

import io.tidemark.job.value.JsonValues;
import io.tidemark.job.value.TextValues;
import io.tidemark.model.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.flink.table.data.GenericRowData;

/** Reads CSV (RFC 4180 with a header line) and JSON lines. */
final class TextFiles {
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private final LoadTarget target;

  TextFiles(LoadTarget target) {
    this.target = target;
  }

  /**
   * Reads CSV with commas, double quotes and a header. An empty field is missing unless it is
   * quoted; empty lines are skipped.
   *
   * @return how many records there are, good or bad
   * @throws UnreadableFile if there is no header, or it lacks a column
   */
  long csv(InputStream in) throws IOException, UnreadableFile {
    LineReader reader = new LineReader(in);
    if (!reader.nextRecord() || reader.lenientText().isBlank()) {
      throw new UnreadableFile("the file is empty: no header line");
    }
    List<String> header = header(reader);
    int[] to = target.match(header);
    long records = 0;
    while (reader.nextRecord()) {
      records += accept(reader, "a quote is never closed", text -> csvRow(split(text), to)) ? 1 : 0;
    }
    return records;
  }

  private static List<String> header(LineReader reader) throws UnreadableFile {
    try {
      String text = reader.text();
      boolean marked = text.charAt(0) == BYTE_ORDER_MARK;
      List<String> names = new ArrayList<>();
      split(marked ? text.substring(1) : text).forEach(f -> names.add(f.orElse("").strip()));
      return names;
    } catch (CharacterCodingException e) {
      throw new UnreadableFile("the header is not UTF-8", e);
    } catch (IllegalArgumentException e) {
      throw new UnreadableFile("the header cannot be read: " + e.getMessage(), e);
    }
  }

  private Object[] csvRow(List<Optional<String>> fields, int[] to) {
    if (fields.size() != to.length) {
      throw new IllegalArgumentException(
          "it has " + fields.size() + " fields, the header has " + to.length);
    }
    Object[] values = new Object[target.names().size()];
    for (int i = 0; i < to.length; i++) {
      if (to[i] >= 0 && fields.get(i).isPresent()) {
        values[to[i]] = value(to[i], fields.get(i).get());
      }
    }
    return values;
  }

  private Object value(int column, String text) {
    try {
      return TextValues.parse(text, target.type(column));
    } catch (IllegalArgumentException e) {
      throw named(column, e);
    }
  }

  /** The fields of one record; empty where nothing is between two commas. */
  static List<Optional<String>> split(String text) {
    List<Optional<String>> fields = new ArrayList<>();
    int at = 0;
    while (true) {
      if (at < text.length() && text.charAt(at) == '"') {
        StringBuilder field = new StringBuilder();
        at++;
        while (true) {
          int quote = text.indexOf('"', at);
          if (quote < 0) {
            throw new IllegalArgumentException("a quote is never closed");
          }
          field.append(text, at, quote);
          at = quote + 1;
          if (at < text.length() && text.charAt(at) == '"') {
            field.append('"');
            at++;
          } else {
            break;
          }
        }
        if (at < text.length() && text.charAt(at) != ',') {
          throw new IllegalArgumentException("text follows a closing quote");
        }
        fields.add(Optional.of(field.toString()));
      } else {
        int comma = text.indexOf(',', at);
        int end = comma < 0 ? text.length() : comma;
        fields.add(Optional.of(text.substring(at, end)).filter(f -> !f.isEmpty()));
        at = end;
      }
      if (at >= text.length()) {
        return fields;
      }
      at++;
    }
  }

  /**
   * Reads one JSON object per line; a member that is not there is missing.
   *
   * @return how many records there are, good or bad
   */
  long jsonLines(InputStream in) throws IOException {
    LineReader reader = new LineReader(in);
    long records = 0;
    while (reader.nextLine()) {
      records += accept(reader, "it is longer than a mebibyte", this::jsonRow) ? 1 : 0;
    }
    return records;
  }

  private Object[] jsonRow(String text) {
    Object json;
    try {
      json = Json.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("it is no JSON", e);
    }
    if (!(json instanceof Map<?, ?> object)) {
      throw new IllegalArgumentException("it is no JSON object");
    }
    Object[] values = new Object[target.names().size()];
    for (int i = 0; i < values.length; i++) {
      try {
        values[i] = JsonValues.parse(object.get(target.names().get(i)), target.type(i));
      } catch (IllegalArgumentException e) {
        throw named(i, e);
      }
    }
    return values;
  }

  private IllegalArgumentException named(int column, IllegalArgumentException e) {
    return new IllegalArgumentException(
        "column '" + target.names().get(column) + "' " + e.getMessage(), e);
  }

  /**
   * Parses a record and hands it on. Only parsing may fail here: what goes wrong behind the target
   * is no fault of the record.
   *
   * @return false for an empty line, which is no record
   */
  private boolean accept(LineReader reader, String cut, Function<String, Object[]> parser) {
    Object[] values;
    try {
      if (reader.isCut()) {
        throw new IllegalArgumentException(cut);
      }
      String text = reader.text();
      if (text.isBlank()) {
        return false;
      }
      values = parser.apply(text);
      Optional<String> missing = target.missing(values);
      if (missing.isPresent()) {
        throw new IllegalArgumentException(missing.get());
      }
    } catch (CharacterCodingException e) {
      bad(reader, "it is not UTF-8");
      return true;
    } catch (IllegalArgumentException e) {
      bad(reader, e.getMessage());
      return true;
    }
    target.row(GenericRowData.of(values));
    return true;
  }

  private void bad(LineReader reader, String reason) {
    target.bad(reader.line(), reason, reader.lenientText(), 1);
  }
}
