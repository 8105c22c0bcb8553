package io.tidemark.job;

/** What a planner's exception says to people. */
final class SqlFault {
  private SqlFault() {}

  /** The first line of the innermost cause. */
  static String reason(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String message =
        root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    return message.lines().findFirst().orElse("");
  }
}
