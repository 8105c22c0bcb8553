package io.tidemark.job.slice;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.io.Serializable;
import java.util.Optional;
import org.apache.flink.table.types.logical.RowType;

/** What the rows look like that reach the slice sink. */
public final class Rows implements Serializable {
  private static final long serialVersionUID = 1;

  private final RowType type;
  private final String eventTime;
  private final int checks;

  /**
   * @param type the table's columns first, in order, then one BOOLEAN per check
   * @param checks how many BOOLEAN columns at the end of the row say whether a check holds
   */
  public Rows(RowType type, Optional<String> eventTime, int checks) {
    this.type = type;
    this.eventTime = eventTime.orElse(null);
    this.checks = checks;
  }

  /** All columns, those of checks at the end. */
  public RowType type() {
    return type;
  }

  /** The table's columns alone, as its writers and partition keys take them. */
  RowType columns() {
    return new RowType(
        type.isNullable(), type.getFields().subList(0, type.getFieldCount() - checks));
  }

  int checks() {
    return checks;
  }

  /** The name of the event-time column. */
  public Optional<String> eventTime() {
    return Optional.ofNullable(eventTime);
  }

  /**
   * How to read the event time.
   *
   * @throws IllegalStateException if there is no event-time column
   */
  public EventTime time() {
    if (eventTime == null) {
      throw new IllegalStateException("[BUG] no event time to read");
    }
    int index = type.getFieldIndex(eventTime);
    return new EventTime(index, type.getTypeAt(index));
  }

  /** What to throw where a row's event time is missing. */
  public static TidemarkException withoutTime() {
    return TidemarkException.user(
        Problem.of(
            "TM-JOB-012",
            "a row has no event time",
            "it belongs to no slice, so it would be lost",
            "filter such rows out in the transform, or give them an event time"));
  }
}
