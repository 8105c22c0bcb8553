package io.tidemark.job.follow;

import org.apache.flink.api.connector.source.SourceSplit;

/**
 * How far a followed table has been read.
 *
 * @param snapshot that was looked at last; 0 for an empty table
 * @param next ordinal of the first slice that was open in it; {@link Closed#NONE} if none had
 *     closed
 */
record Reached(long snapshot, long next) implements SourceSplit {
  @Override
  public String splitId() {
    return "table";
  }
}
