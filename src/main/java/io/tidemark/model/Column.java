package io.tidemark.model;

import java.util.Objects;

/**
 * A column of a dataset.
 *
 * @param name as in the table; may hold any character
 * @param type a Flink SQL data type without nullability, such as {@code TIMESTAMP(6)} or {@code
 *     DECIMAL(10, 2)}
 * @param nullability whether a value may be missing
 */
public record Column(String name, String type, Nullability nullability) {
  /** Whether a value may be missing. */
  public enum Nullability {
    NULLABLE,
    REQUIRED
  }

  public Column {
    if (name == null || name.isBlank()) {
      throw new IllegalArgumentException("Cannot make a column without a name");
    }
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(nullability, "nullability");
  }

  public static Column nullable(String name, String type) {
    return new Column(name, type, Nullability.NULLABLE);
  }

  public static Column required(String name, String type) {
    return new Column(name, type, Nullability.REQUIRED);
  }

  /** The type as Flink SQL writes it, with {@code NOT NULL} where required. */
  public String sqlType() {
    return nullability == Nullability.REQUIRED ? type + " NOT NULL" : type;
  }
}
