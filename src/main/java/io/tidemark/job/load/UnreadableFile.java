package io.tidemark.job.load;

/** Says why nothing of a file can be loaded. */
final class UnreadableFile extends Exception {
  private static final long serialVersionUID = 1;

  UnreadableFile(String reason, Throwable cause) {
    super(reason, cause);
  }

  UnreadableFile(String reason) {
    super(reason);
  }
}
