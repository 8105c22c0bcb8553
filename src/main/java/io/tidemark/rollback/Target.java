package io.tidemark.rollback;

import io.tidemark.lake.Lake.Commit;
import io.tidemark.lake.Lake.Past;
import io.tidemark.model.NearestName;
import io.tidemark.model.Problem;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;

/** From what people write for a point of a table's past to a snapshot. Pure. */
final class Target {
  private Target() {}

  /**
   * A snapshot's number, a branch or tag, or a time, at which main held it.
   *
   * @throws TidemarkException USER if it is none of them, or nothing is kept of then
   */
  static long of(TableRef table, Past past, String text) {
    if (past.refs().containsKey(text)) {
      return past.refs().get(text);
    }
    if (text.matches("\\d{1,19}")) {
      return snapshot(table, past, text);
    }
    return time(text)
        .map(at -> heldAt(table, past, at))
        .orElseThrow(() -> TidemarkException.user(unknown(table, past, text)));
  }

  private static long snapshot(TableRef table, Past past, String digits) {
    return past.commits().stream()
        .map(Commit::snapshot)
        .filter(s -> Long.toString(s).equals(digits))
        .findFirst()
        .orElseThrow(
            () ->
                TidemarkException.user(
                    Problem.of(
                        "TM-LAKE-060",
                        "table '" + table + "' has no snapshot " + digits,
                        "it never existed, or it has expired",
                        "choose one of the snapshots that are kept: tidemark history")));
  }

  private static Optional<Instant> time(String text) {
    try {
      return Optional.of(
          text.matches("\\d{4}-\\d{2}-\\d{2}")
              ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
              : OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static long heldAt(TableRef table, Past past, Instant at) {
    Map.Entry<Instant, Long> then = null;
    for (Map.Entry<Instant, Long> entry : past.main().entrySet()) {
      if (!entry.getKey().isAfter(at)) {
        then = entry;
      }
    }
    if (then == null) {
      throw TidemarkException.user(
          Problem.of(
              "TM-ROLLBACK-001",
              "nothing is kept of what table '" + table + "' held at " + at,
              past.main().isEmpty()
                  ? "main never held anything"
                  : "what is kept of main begins at " + past.main().firstKey(),
              "choose a later time, or a snapshot that a tag keeps: tidemark history"));
    }
    return then.getValue();
  }

  private static Problem unknown(TableRef table, Past past, String text) {
    return Problem.of(
        "TM-ROLLBACK-002",
        "'" + text + "' is no snapshot, tag or time of table '" + table + "'",
        past.refs().isEmpty()
            ? "it has no tags"
            : "it has " + String.join(", ", past.refs().keySet()),
        NearestName.of(text, past.refs().keySet().stream().toList())
            .map(near -> "did you mean '" + near + "'?")
            .orElse("write a snapshot's number, a tag, or a time such as 2001-03-01T05:00:00Z"));
  }
}
