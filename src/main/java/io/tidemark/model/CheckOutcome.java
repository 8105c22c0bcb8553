package io.tidemark.model;

import java.util.List;
import java.util.Objects;

/**
 * What became of one expectation on a candidate.
 *
 * @param violations rows, keys or slices that break the rule; 0 means passed
 * @param detail for people: what was found, without row data
 * @param slices the slices in which it was broken, where the rule is about slices or rows
 */
public record CheckOutcome(
    String expectation,
    Expectation.Severity severity,
    long violations,
    String detail,
    List<Long> slices) {
  /**
   * The name of the check that every build has: rows read, made, written and committed add up. No
   * expectation may have it.
   */
  public static final String CONSERVATION = "conservation";

  public CheckOutcome {
    Objects.requireNonNull(expectation, "expectation");
    Objects.requireNonNull(severity, "severity");
    Objects.requireNonNull(detail, "detail");
    slices = List.copyOf(slices);
  }

  public boolean passed() {
    return violations == 0;
  }

  /** Whether it stands in the way of a publish. */
  public boolean stops() {
    return !passed() && severity == Expectation.Severity.ERROR;
  }
}
