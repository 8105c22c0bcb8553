package io.tidemark.model.log;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One event of a log in logfmt: {@code event=committed run=261122-101500-4c1e table=lake.flights
 * snapshot=42}. It stays on one line whatever its values hold, and no value is longer than 500
 * characters. Who logs answers for it that no value is a secret or comes from a row.
 *
 * <p>Immutable and thread-safe.
 *
 * @see <a href="https://brandur.org/logfmt">logfmt</a>
 */
public final class LogLine {
  private static final int LONGEST = 500;

  /** What Iceberg says of every commit that adds or removes something. */
  private static final Map<String, String> COUNTS =
      Map.of(
          "added_files", "added-data-files",
          "added_rows", "added-records",
          "deleted_files", "deleted-data-files",
          "deleted_rows", "deleted-records");

  /** What stamps repeat in the clear. */
  private static final List<String> STAMPED =
      List.of("kind", "dataset", "key", "checkpoint", "slices");

  private final Map<String, String> values;

  private LogLine(Map<String, String> values) {
    this.values = values;
  }

  /**
   * @param name of what happened, in the words of the field
   */
  public static LogLine of(String name) {
    return new LogLine(Map.of()).with("event", name);
  }

  /**
   * A commit to a table.
   *
   * @param table as people name it
   * @param summary of the snapshot, or what a stamp says in the clear
   */
  public static LogLine committed(
      Object table, String branch, long snapshot, Map<String, String> summary) {
    LogLine line =
        of("committed")
            .with("run", summary.getOrDefault("tidemark.run", ""))
            .with("table", table)
            .with("branch", branch)
            .with("snapshot", snapshot);
    for (String name : STAMPED) {
      line = line.with(name, summary.getOrDefault("tidemark." + name, ""));
    }
    for (String name : COUNTS.keySet().stream().sorted().toList()) {
      line = line.with(name, summary.getOrDefault(COUNTS.get(name), ""));
    }
    return line;
  }

  /**
   * Adds a value.
   *
   * @param value an {@link Optional} stands for what is in it; what is empty is left out
   */
  public LogLine with(String key, Object value) {
    Object inner = value instanceof Optional<?> optional ? optional.orElse(null) : value;
    String text = inner == null ? "" : inner.toString();
    if (text.isEmpty()) {
      return this;
    }
    Map<String, String> more = new LinkedHashMap<>(values);
    more.put(key, text);
    return new LogLine(more);
  }

  /**
   * Adds why: the codes of problems, and for anything else its classes and messages from the
   * outside in.
   */
  public LogLine because(Throwable cause) {
    if (cause instanceof TidemarkException problem) {
      return with(
              "codes",
              problem.problems().stream()
                  .map(Problem::code)
                  .distinct()
                  .collect(Collectors.joining(",")))
          .with("reason", problem.problems().get(0).what());
    }
    StringBuilder reason = new StringBuilder();
    Throwable next = cause;
    for (int depth = 0; next != null && depth < 5; depth++) {
      reason.append(depth == 0 ? "" : " <- ").append(next.getClass().getSimpleName());
      if (next.getMessage() != null) {
        reason.append(": ").append(next.getMessage());
      }
      next = next.getCause();
    }
    return with("reason", reason);
  }

  @Override
  public String toString() {
    return values.entrySet().stream()
        .map(e -> e.getKey() + "=" + quoted(e.getValue()))
        .collect(Collectors.joining(" "));
  }

  private static String quoted(String value) {
    String text = value.length() > LONGEST ? value.substring(0, LONGEST - 1) + "…" : value;
    if (text.chars().allMatch(LogLine::isPlain)) {
      return text;
    }
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                quoted.append('\\').appendCodePoint(c);
              } else if (c == '\n') {
                quoted.append("\\n");
              } else if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029) {
                quoted.append(String.format(Locale.ROOT, "\\u%04x", c));
              } else {
                quoted.appendCodePoint(c);
              }
            });
    return quoted.append('"').toString();
  }

  private static boolean isPlain(int c) {
    return c > ' ' && c != '"' && c != '=' && c != '\\' && c < 0x7f;
  }
}
