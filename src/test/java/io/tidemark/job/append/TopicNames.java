package io.tidemark.job.append;

import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.Optional;

/** Brokers whose topics can go and come back as others. */
final class TopicNames implements TopicIds {
  private static final long serialVersionUID = 1;

  private String suffix = "";
  private boolean away;

  /** No broker answers. */
  void away() {
    away = true;
  }

  /** All topics are those of the start. */
  void same() {
    away = false;
    suffix = "";
  }

  /** All topics have been made anew. */
  void other() {
    away = false;
    suffix = ", made anew";
  }

  @Override
  public Optional<String> idOf(LiveSpec.Source source) {
    if (away) {
      throw TidemarkException.external(Problem.of("TM-TEST-001", "away", "", ""), null);
    }
    return Optional.of("topic-of-" + source.dataset().id() + suffix);
  }

  @Override
  public void close() {}
}
