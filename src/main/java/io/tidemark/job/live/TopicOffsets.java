package io.tidemark.job.live;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.common.TopicPartition;

/**
 * Where a topic's partitions start: at the order's offsets, others at their beginning. An offset
 * that the topic does not have ends the job, since going on anywhere else would lose or repeat
 * events.
 */
final class TopicOffsets implements OffsetsInitializer {
  private static final long serialVersionUID = 1;

  private final TreeMap<Integer, Long> offsets;

  TopicOffsets(SortedMap<Integer, Long> offsets) {
    this.offsets = new TreeMap<>(offsets);
  }

  @Override
  public Map<TopicPartition, Long> getPartitionOffsets(
      Collection<TopicPartition> partitions, PartitionOffsetsRetriever retriever) {
    Map<TopicPartition, Long> begin = retriever.beginningOffsets(partitions);
    Map<TopicPartition, Long> end = retriever.endOffsets(partitions);
    Map<TopicPartition, Long> starts = new HashMap<>();
    for (TopicPartition partition : partitions) {
      long first = begin.get(partition);
      Long wanted = offsets.get(partition.partition());
      if (wanted != null && wanted < first) {
        throw gone(
            partition,
            wanted,
            "its first is now " + first + ": events in between have expired unread");
      } else if (wanted != null && wanted > end.get(partition)) {
        throw gone(
            partition,
            wanted,
            "its next is " + end.get(partition) + ": the topic was emptied or made anew");
      }
      starts.put(partition, wanted == null ? first : wanted);
    }
    for (int partition : offsets.keySet()) {
      if (partitions.stream().noneMatch(p -> p.partition() == partition)) {
        String topic = partitions.stream().findFirst().map(TopicPartition::topic).orElse("");
        throw gone(
            new TopicPartition(topic, partition),
            offsets.get(partition),
            "there is no such partition: the topic was made anew");
      }
    }
    return starts;
  }

  private static RuntimeException gone(TopicPartition partition, long offset, String why) {
    return new SuppressRestartsException(
        TidemarkException.refused(
            Problem.of(
                "TM-LIVE-001",
                "topic " + partition + " has no offset " + offset,
                why,
                "bring the missing events with 'tidemark load', then start the job anew from the"
                    + " offsets the topic has")));
  }

  @Override
  public OffsetResetStrategy getAutoOffsetResetStrategy() {
    return OffsetResetStrategy.NONE;
  }
}
