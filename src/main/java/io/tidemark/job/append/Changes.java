package io.tidemark.job.append;

/** Whether the rows of a stream take back earlier ones. */
public enum Changes {
  /** Every row stays. */
  INSERT_ONLY,
  /** Rows say by their kind whether they come or go; what goes has come before. */
  UPDATING
}
