package io.tidemark.rollback;

import io.tidemark.live.topics.KafkaTopics;
import io.tidemark.live.topics.Topics;
import io.tidemark.live.topics.Topics.Extent;
import io.tidemark.live.topics.Topics.Partition;
import io.tidemark.model.Dataset;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** Whether topics still have what is to be read from them again. */
final class Retention {
  private final Optional<LiveSpec.Streaming> kafka;

  Retention(Optional<LiveSpec.Streaming> kafka) {
    this.kafka = kafka;
  }

  /**
   * @param next the first offset of each partition that is to be read again
   * @throws TidemarkException REFUSED if one is gone; EXTERNAL if no broker answers
   */
  void require(Dataset source, SortedMap<Integer, Long> next) {
    if (kafka.isEmpty() || next.isEmpty()) {
      return;
    }
    String topic = source.topic().orElseThrow().name();
    List<Problem> problems = new ArrayList<>();
    try (Topics topics = new KafkaTopics(kafka.get().kafka())) {
      Optional<Extent> extent = topics.extent(source.topic().orElseThrow());
      next.forEach(
          (number, offset) -> {
            Partition partition = extent.map(e -> e.partitions().get(number)).orElse(null);
            if (partition == null || partition.begin() > offset) {
              problems.add(gone(topic, number, offset, Optional.ofNullable(partition)));
            }
          });
    }
    if (!problems.isEmpty()) {
      throw TidemarkException.refused(problems);
    }
  }

  private static Problem gone(
      String topic, int number, long offset, Optional<Partition> partition) {
    return Problem.of(
        "TM-ROLLBACK-006",
        "partition " + number + " of topic '" + topic + "' no longer has offset " + offset,
        partition.map(p -> "it begins at " + p.begin()).orElse("the topic or the partition is gone")
            + "; the rows that a rollback takes could not be read again, and would be lost",
        "roll back to a later snapshot, or load the rows that are right in place of those that are"
            + " not");
  }
}
