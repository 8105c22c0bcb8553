package io.tidemark.job.catalog;

/** What the planner's exceptions say to people. */
public final class SqlErrors {
  private SqlErrors() {}

  /** The innermost message, on one line: the outer ones only say that SQL failed. */
  public static String message(Throwable error) {
    Throwable at = error;
    while (at.getCause() != null && at.getCause().getMessage() != null) {
      at = at.getCause();
    }
    return String.valueOf(at.getMessage()).replaceAll("\\s+", " ").strip();
  }
}
