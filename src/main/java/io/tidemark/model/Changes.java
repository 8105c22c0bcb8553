package io.tidemark.model;

import java.util.List;
import java.util.Objects;

/**
 * What happened to a dataset's main since a pin: in which event time, to which columns.
 *
 * @param touched empty when nothing relevant changed
 * @param unknown why it cannot be told (history expired); empty text when it can. When it is not
 *     empty, everything must be taken as touched
 */
public record Changes(List<Touched> touched, String unknown) {
  public static final Changes NONE = new Changes(List.of(), "");

  /** The cause of what live jobs committed since: events that came after their slice was made. */
  public static final String LATE = "late events";

  /**
   * @param columns the columns whose values differ; {@code *} alone when rows came or went
   * @param cause for people: {@code snapshot 123 (append)}, {@code publish of run r1}
   */
  public record Touched(TimeRange range, List<String> columns, String cause) {
    public Touched {
      Objects.requireNonNull(range, "range");
      columns = List.copyOf(columns);
      Objects.requireNonNull(cause, "cause");
    }
  }

  public Changes {
    touched = List.copyOf(touched);
    Objects.requireNonNull(unknown, "unknown");
  }

  public static Changes unknown(String why) {
    return new Changes(List.of(), why);
  }
}
