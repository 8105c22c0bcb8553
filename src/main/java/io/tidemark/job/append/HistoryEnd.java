package io.tidemark.job.append;

import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveSpec;

/** Whether all of the history that a start needs has been read. */
final class HistoryEnd {
  private HistoryEnd() {}

  static boolean isReached(LiveSpec spec, CommitState state) {
    return spec.sources().stream()
        .filter(s -> s.historyFrom().isPresent() && s.snapshot() != 0)
        .allMatch(s -> isReached(s.dataset().id(), state));
  }

  private static boolean isReached(DatasetId source, CommitState state) {
    long ended = state.ended().stream().filter(e -> e.startsWith(source + "/")).count();
    return ended > 0 && ended >= state.awaited().getOrDefault(source, Long.MAX_VALUE);
  }
}
