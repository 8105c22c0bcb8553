package io.tidemark.model;

import java.util.Optional;

/**
 * What Iceberg refuses where the clock stands more than a minute before a table's newest commit:
 * one of the two was made by a clock that was wrong. Nothing can be committed before the clock is
 * there again.
 */
public final class ClockBehind {
  /** How Iceberg's message begins; there is no exception of its own for it. */
  private static final String REFUSED = "Invalid update timestamp";

  private ClockBehind() {}

  /** Whether that, or its cause, is such a refusal. */
  public static boolean isCauseOf(Throwable thrown) {
    return refusal(thrown).isPresent();
  }

  private static Optional<String> refusal(Throwable thrown) {
    for (Throwable e = thrown; e != null && e.getCause() != e; e = e.getCause()) {
      if (e.getMessage() != null && e.getMessage().contains(REFUSED)) {
        return Optional.of(e.getMessage());
      }
    }
    return Optional.empty();
  }

  /**
   * For people.
   *
   * @param thrown such a refusal
   * @param what that could not be done, with the table
   */
  public static TidemarkException problem(String code, String what, Throwable thrown) {
    return TidemarkException.external(
        Problem.of(
            code,
            what + ": the clock is behind the table",
            "the newest commit of the table is later than this machine's clock, so one of the two"
                + " clocks was wrong: "
                + refusal(thrown).orElse(""),
            "set the clock right, or wait until it has come that far; nothing was committed"),
        thrown);
  }
}
