package io.tidemark.model;

import java.util.regex.Pattern;

/**
 * The name of one run, unique in a control database, short enough to type and safe as part of a
 * branch name: lower-case letters, digits and dashes, at most 40 characters.
 */
public record RunId(String value) {
  private static final Pattern SHAPE = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");

  public RunId {
    if (value == null || !SHAPE.matcher(value).matches()) {
      throw new IllegalArgumentException("Cannot name a run '" + value + "'");
    }
  }

  /** The Iceberg branch that carries this run's candidates, the same on every table. */
  public String branch() {
    return "tidemark-run-" + value;
  }

  @Override
  public String toString() {
    return value;
  }
}
