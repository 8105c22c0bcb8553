package io.tidemark.spec.sql;

/** SQL text as this package writes it. */
final class SqlText {
  private SqlText() {}

  /** A name between back quotes. */
  static String quote(String name) {
    return "`" + name.replace("`", "``") + "`";
  }
}
