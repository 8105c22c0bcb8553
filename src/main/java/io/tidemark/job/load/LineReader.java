package io.tidemark.job.load;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Cuts a stream of UTF-8 bytes into records that end at a line feed: plain lines, or lines of CSV,
 * whose quoted fields may hold line feeds. A record that grows beyond {@link #MAX_RECORD} is taken
 * for a quote that was never closed and cut at its first line, so one bad line loses no other.
 */
final class LineReader {
  static final int MAX_RECORD = 1 << 20;

  private final InputStream in;
  private final byte[] chunk = new byte[1 << 16];
  private int at;
  private int end;

  /** Bytes to read again, before the stream goes on. */
  private byte[] again = new byte[0];

  private int againAt;

  private byte[] record = new byte[1024];
  private int size;
  private int firstEnd;
  private long line = 1;
  private long nextLine = 1;
  private boolean cut;

  LineReader(InputStream in) {
    this.in = in;
  }

  /** Reads the next plain line; false at the end. */
  boolean nextLine() throws IOException {
    return next(false);
  }

  /** Reads the next record of CSV; false at the end. */
  boolean nextRecord() throws IOException {
    return next(true);
  }

  /** The line at which the record starts, from 1. */
  long line() {
    return line;
  }

  /** Whether the record was cut: its quote is never closed, or it is too long. */
  boolean isCut() {
    return cut;
  }

  /**
   * The record without its line end.
   *
   * @throws CharacterCodingException if it is not UTF-8
   */
  String text() throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(record, 0, size)).toString();
  }

  /** The record for people: what is not UTF-8 is replaced. */
  String lenientText() {
    return new String(record, 0, size, StandardCharsets.UTF_8);
  }

  private boolean next(boolean csv) throws IOException {
    size = 0;
    firstEnd = -1;
    cut = false;
    line = nextLine;
    boolean quoted = false;
    boolean fieldStart = true;
    int b = read();
    if (b < 0) {
      return false;
    }
    while (b >= 0) {
      if (b == '\n' && !quoted) {
        nextLine++;
        trim();
        return true;
      }
      if (b == '\n') {
        firstEnd = firstEnd < 0 ? size : firstEnd;
        nextLine++;
      }
      if (csv && b == '"' && (quoted || fieldStart)) {
        // A doubled quote closes and opens again at once, which comes to the same here.
        quoted = !quoted;
        fieldStart = false;
        append(b);
        b = read();
        if (!quoted && b == '"') {
          quoted = true;
          append(b);
          b = read();
        }
      } else {
        fieldStart = csv && !quoted && b == ',';
        append(b);
        b = read();
      }
      if (size > MAX_RECORD) {
        cutAtFirstLine(b, csv);
        return true;
      }
    }
    if (quoted) {
      cutAtFirstLine(-1, csv);
    } else {
      trim();
    }
    return true;
  }

  private void cutAtFirstLine(int pending, boolean csv) throws IOException {
    cut = true;
    nextLine = line + 1;
    if (csv && firstEnd >= 0) {
      byte[] rest = Arrays.copyOfRange(record, firstEnd + 1, size + (pending < 0 ? 0 : 1));
      if (pending >= 0) {
        rest[rest.length - 1] = (byte) pending;
      }
      byte[] left = Arrays.copyOfRange(again, againAt, again.length);
      again = Arrays.copyOf(rest, rest.length + left.length);
      System.arraycopy(left, 0, again, rest.length, left.length);
      againAt = 0;
      size = firstEnd;
    } else {
      for (int b = pending; b >= 0 && b != '\n'; ) {
        b = read();
      }
    }
    trim();
  }

  private void trim() {
    if (size > 0 && record[size - 1] == '\r') {
      size--;
    }
  }

  private void append(int b) {
    if (size == record.length) {
      record = Arrays.copyOf(record, size * 2);
    }
    record[size++] = (byte) b;
  }

  private int read() throws IOException {
    if (againAt < again.length) {
      return again[againAt++] & 0xff;
    }
    if (at == end) {
      end = in.read(chunk);
      at = 0;
      if (end <= 0) {
        end = 0;
        return -1;
      }
    }
    return chunk[at++] & 0xff;
  }
}
