package io.tidemark.model;

import java.util.regex.Pattern;

/** Shared rules for the identifiers people write. */
final class Names {
  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");

  private Names() {}

  static String requireIdentifier(String kind, String value) {
    if (value == null || !IDENTIFIER.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "Cannot name a " + kind + " '" + value + "': letters, digits and _ only, at most 128");
    }
    return value;
  }
}
