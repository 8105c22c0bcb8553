package io.tidemark.job;

/** What the planner's exceptions say to people. */
final class SqlErrors {
  private SqlErrors() {}

  /** The innermost message, on one line: the outer ones only say that SQL failed. */
  static String message(Throwable error) {
    Throwable at = error;
    while (at.getCause() != null && at.getCause().getMessage() != null) {
      at = at.getCause();
    }
    return String.valueOf(at.getMessage()).replaceAll("\\s+", " ").strip();
  }
}
