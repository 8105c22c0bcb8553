package io.tidemark.model;

import java.util.Objects;

/**
 * An Iceberg table inside the environment's one catalog: a namespace of one or more levels joined
 * by dots, and a table name. Neither may be blank, hold a control character, a slash, a backslash
 * or be made of dots, since file based catalogs turn both into paths.
 */
public record TableRef(String namespace, String name) implements Comparable<TableRef> {
  public TableRef {
    check("namespace", namespace);
    check("table name", name);
  }

  /** Parses {@code namespace.table}; the last dot separates. */
  public static TableRef parse(String text) {
    int dot = text.lastIndexOf('.');
    if (dot <= 0 || dot == text.length() - 1) {
      throw new IllegalArgumentException(
          "Cannot read table name '" + text + "': expected namespace.table");
    }
    return new TableRef(text.substring(0, dot), text.substring(dot + 1));
  }

  private static void check(String what, String value) {
    Objects.requireNonNull(value, what);
    boolean unsafe =
        value.isBlank()
            || value.chars().allMatch(c -> c == '.')
            || value.chars().anyMatch(c -> c < ' ' || c == '/' || c == '\\');
    if (unsafe) {
      throw new IllegalArgumentException(
          "Cannot use '" + value + "' as a " + what + ": blank, control or path characters");
    }
  }

  @Override
  public int compareTo(TableRef other) {
    return toString().compareTo(other.toString());
  }

  @Override
  public String toString() {
    return namespace + "." + name;
  }
}
