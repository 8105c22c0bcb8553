package io.tidemark.job.slice;

import java.io.UncheckedIOException;

/** Tells a catalog or a storage that is away, and is waited for, from a bug, which must not be. */
public final class Outage {
  private Outage() {}

  /**
   * Whether something was thrown by what is outside of the process, its cause not considered.
   * Iceberg, JDBC under it and S3's client have exceptions of their own.
   */
  public static boolean isOne(Throwable e) {
    return e instanceof UncheckedIOException
        || e.getClass().getName().startsWith("org.apache.iceberg.")
        || e.getClass().getName().startsWith("software.amazon.");
  }
}
