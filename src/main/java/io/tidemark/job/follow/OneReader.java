package io.tidemark.job.follow;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;

/** Gives the table to the only reader, which keeps it over failures. */
final class OneReader implements SplitEnumerator<Reached, List<Reached>> {
  private final SplitEnumeratorContext<Reached> context;
  private final List<Reached> unread;

  /**
   * @param unread what no reader has; one at most
   */
  OneReader(SplitEnumeratorContext<Reached> context, List<Reached> unread) {
    this.context = context;
    this.unread = new ArrayList<>(unread);
  }

  @Override
  public void start() {
    // It waits for the reader.
  }

  @Override
  public void addReader(int subtask) {
    unread.forEach(reached -> context.assignSplit(reached, subtask));
    unread.clear();
  }

  @Override
  public void addSplitsBack(List<Reached> back, int subtask) {
    unread.addAll(back);
  }

  @Override
  public void handleSplitRequest(int subtask, String host) {
    // The reader never asks.
  }

  @Override
  public List<Reached> snapshotState(long checkpoint) {
    return List.copyOf(unread);
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
