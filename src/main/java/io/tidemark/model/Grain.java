package io.tidemark.model;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Optional;

/**
 * How long a slice is. The ordinals are those of Iceberg's {@code hour}, {@code day}, {@code month}
 * and {@code year} partition transforms: whole units since 1970-01-01T00:00Z, negative before
 * (https://iceberg.apache.org/spec/#partition-transforms).
 */
public enum Grain {
  HOUR("PT1H"),
  DAY("P1D"),
  MONTH("P1M"),
  YEAR("P1Y"),
  /** One slice for the whole table; its only ordinal is 0. */
  ALL("all");

  private final String text;

  Grain(String text) {
    this.text = text;
  }

  /** As written in pipeline.yaml: PT1H, P1D, P1M, P1Y or all. */
  public String text() {
    return text;
  }

  public static Optional<Grain> parse(String text) {
    for (Grain grain : values()) {
      if (grain.text.equals(text)) {
        return Optional.of(grain);
      }
    }
    return Optional.empty();
  }

  /** The slice that holds an instant. */
  public long ordinal(Instant instant) {
    return switch (this) {
      case HOUR -> Math.floorDiv(instant.getEpochSecond(), 3600L);
      case DAY -> Math.floorDiv(instant.getEpochSecond(), 86400L);
      case MONTH -> {
        LocalDateTime t = LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
        yield (t.getYear() - 1970L) * 12 + t.getMonthValue() - 1;
      }
      case YEAR -> LocalDateTime.ofInstant(instant, ZoneOffset.UTC).getYear() - 1970L;
      case ALL -> 0;
    };
  }

  /** Where a slice starts; {@link Instant#MIN} for {@link #ALL}. */
  public Instant start(long ordinal) {
    return switch (this) {
      case HOUR -> Instant.ofEpochSecond(Math.multiplyExact(ordinal, 3600L));
      case DAY -> Instant.ofEpochSecond(Math.multiplyExact(ordinal, 86400L));
      case MONTH ->
          LocalDate.of(
                  Math.toIntExact(1970 + Math.floorDiv(ordinal, 12L)),
                  (int) Math.floorMod(ordinal, 12L) + 1,
                  1)
              .atStartOfDay()
              .toInstant(ZoneOffset.UTC);
      case YEAR ->
          LocalDate.of(Math.toIntExact(1970 + ordinal), 1, 1)
              .atStartOfDay()
              .toInstant(ZoneOffset.UTC);
      case ALL -> Instant.MIN;
    };
  }

  /** The event time that a slice covers. */
  public TimeRange range(long ordinal) {
    return this == ALL ? TimeRange.ALL : new TimeRange(start(ordinal), start(ordinal + 1));
  }

  /** The slice's name for people: {@code 2001-03-01T05}, {@code 2001-03-01}, {@code 2001-03}. */
  public String label(long ordinal) {
    if (this == ALL) {
      return "all";
    }
    LocalDateTime t = LocalDateTime.ofInstant(start(ordinal), ZoneOffset.UTC);
    String year = String.format("%04d", t.getYear());
    return switch (this) {
      case HOUR ->
          String.format(
              "%s-%02d-%02dT%02d", year, t.getMonthValue(), t.getDayOfMonth(), t.getHour());
      case DAY -> String.format("%s-%02d-%02d", year, t.getMonthValue(), t.getDayOfMonth());
      case MONTH -> String.format("%s-%02d", year, t.getMonthValue());
      case YEAR -> year;
      case ALL -> "all";
    };
  }

  /**
   * Reads a label of this grain or of a coarser one; {@code 2001-03} names all days of March for
   * {@link #DAY}.
   *
   * @throws IllegalArgumentException if the text is no label, or is finer than this grain
   */
  public SliceSet parseLabel(String label) {
    if (label.equals("all") && this == ALL) {
      return SliceSet.range(ALL, 0, 1);
    }
    try {
      int digits = label.startsWith("-") ? label.indexOf('-', 1) : label.indexOf('-');
      String year = digits < 0 ? label : label.substring(0, digits);
      String rest = digits < 0 ? "" : label.substring(digits);
      Grain written =
          switch (rest.length()) {
            case 0 -> YEAR;
            case 3 -> MONTH;
            case 6 -> DAY;
            case 9 -> HOUR;
            default -> throw new DateTimeException("length");
          };
      if (written.compareTo(this) < 0 || this == ALL) {
        throw new IllegalArgumentException(
            "Cannot use slice '" + label + "': finer than the dataset's slices of " + text);
      }
      LocalDateTime from =
          LocalDateTime.of(
              Integer.parseInt(year),
              rest.length() >= 3 ? Integer.parseInt(rest.substring(1, 3)) : 1,
              rest.length() >= 6 ? Integer.parseInt(rest.substring(4, 6)) : 1,
              rest.length() >= 9 ? Integer.parseInt(rest.substring(7, 9)) : 0,
              0);
      long ordinal = written.ordinal(from.toInstant(ZoneOffset.UTC));
      TimeRange range = written.range(ordinal);
      return SliceSet.range(this, ordinal(range.from()), ordinal(range.to()));
    } catch (DateTimeException | NumberFormatException e) {
      throw new IllegalArgumentException(
          "Cannot read slice '" + label + "': expected a form like 2001, 2001-03 or 2001-03-01", e);
    }
  }
}
