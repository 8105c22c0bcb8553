package io.tidemark.control;

/** What becomes of the slices that a live job has not closed when it stops. */
public enum OpenSlices {
  /** They stay the job's; the next start goes on with them. */
  KEPT,
  /** Runs own them, until the job is started again. */
  RELEASED
}
