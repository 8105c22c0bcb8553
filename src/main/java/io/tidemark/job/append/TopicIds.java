package io.tidemark.job.append;

import io.tidemark.model.LiveSpec;
import java.io.Serializable;
import java.util.Optional;

/**
 * Tells which topic a source's name stands for at the moment. Kafka gives a topic that is made anew
 * another id, and no id twice; so if the id is still the one of the start, whatever was read until
 * then is of that topic. Travels to the committer, which closes it. Not thread-safe.
 */
public interface TopicIds extends Serializable, AutoCloseable {

  /**
   * Kafka's own id of the topic.
   *
   * @return empty if the broker gives topics none
   * @throws io.tidemark.model.TidemarkException EXTERNAL if no broker answers, or there is no such
   *     topic at the moment
   */
  Optional<String> idOf(LiveSpec.Source source);

  @Override
  void close();
}
