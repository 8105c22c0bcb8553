package io.tidemark.job.live;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.ExceptionUtils;
import org.apache.kafka.clients.consumer.InvalidOffsetException;

/**
 * Kafka's source, but that an offset which the topic lost while the job was behind it ends the job:
 * every restart would ask for the same offset, and any other would lose or repeat events. It also
 * says which partitions are read, as rows of {@link TopicDecoder#assigning}.
 */
final class StrictSource
    implements Source<RowData, KafkaPartitionSplit, KafkaSourceEnumState>,
        ResultTypeQueryable<RowData> {
  private static final long serialVersionUID = 1;

  private final KafkaSource<RowData> source;
  private final String topic;

  StrictSource(KafkaSource<RowData> source, String topic) {
    this.source = source;
    this.topic = topic;
  }

  @Override
  public Boundedness getBoundedness() {
    return source.getBoundedness();
  }

  @Override
  public SourceReader<RowData, KafkaPartitionSplit> createReader(SourceReaderContext context)
      throws Exception {
    return new Reader(source.createReader(context), topic);
  }

  @Override
  public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> createEnumerator(
      SplitEnumeratorContext<KafkaPartitionSplit> context) {
    return source.createEnumerator(context);
  }

  @Override
  public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restoreEnumerator(
      SplitEnumeratorContext<KafkaPartitionSplit> context, KafkaSourceEnumState checkpoint)
      throws java.io.IOException {
    return source.restoreEnumerator(context, checkpoint);
  }

  @Override
  public SimpleVersionedSerializer<KafkaPartitionSplit> getSplitSerializer() {
    return source.getSplitSerializer();
  }

  @Override
  public SimpleVersionedSerializer<KafkaSourceEnumState> getEnumeratorCheckpointSerializer() {
    return source.getEnumeratorCheckpointSerializer();
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return source.getProducedType();
  }

  /** Tells those behind, before the first record, which partitions it reads. */
  private static final class Reader implements SourceReader<RowData, KafkaPartitionSplit> {
    private final SourceReader<RowData, KafkaPartitionSplit> reader;
    private final String topic;
    private final TreeMap<Integer, Long> assigned = new TreeMap<>();
    private CompletableFuture<Void> news = new CompletableFuture<>();

    Reader(SourceReader<RowData, KafkaPartitionSplit> reader, String topic) {
      this.reader = reader;
      this.topic = topic;
    }

    @Override
    public InputStatus pollNext(ReaderOutput<RowData> output) throws Exception {
      if (!assigned.isEmpty()) {
        output.collect(TopicDecoder.assigning(assigned));
        assigned.clear();
        news = new CompletableFuture<>();
      }
      try {
        return reader.pollNext(output);
      } catch (RuntimeException e) {
        if (ExceptionUtils.findThrowable(e, InvalidOffsetException.class).isPresent()) {
          throw new SuppressRestartsException(gone(e));
        }
        throw e;
      }
    }

    private TidemarkException gone(RuntimeException e) {
      String what =
          ExceptionUtils.findThrowable(e, InvalidOffsetException.class)
              .map(found -> found.partitions().toString())
              .orElse("");
      return TidemarkException.refused(
          Problem.of(
              "TM-LIVE-001",
              "topic " + topic + " no longer has the offset that is read next, of " + what,
              "events expired before they were read, or the topic was emptied or made anew while"
                  + " the job ran",
              "see what 'tidemark live start' says of the topic; where events expired, bring them"
                  + " with 'tidemark load'"));
    }

    @Override
    public void start() {
      reader.start();
    }

    @Override
    public List<KafkaPartitionSplit> snapshotState(long checkpoint) {
      return reader.snapshotState(checkpoint);
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      CompletableFuture<Void> records = reader.isAvailable();
      return records.isDone()
          ? records
          : CompletableFuture.anyOf(records, news).thenAccept(o -> {});
    }

    @Override
    public void addSplits(List<KafkaPartitionSplit> splits) {
      splits.forEach(s -> assigned.put(s.getTopicPartition().partition(), s.getStartingOffset()));
      reader.addSplits(splits);
      news.complete(null);
    }

    @Override
    public void notifyNoMoreSplits() {
      reader.notifyNoMoreSplits();
    }

    @Override
    public void handleSourceEvents(SourceEvent event) {
      reader.handleSourceEvents(event);
    }

    @Override
    public void notifyCheckpointComplete(long checkpoint) throws Exception {
      reader.notifyCheckpointComplete(checkpoint);
    }

    @Override
    public void notifyCheckpointAborted(long checkpoint) throws Exception {
      reader.notifyCheckpointAborted(checkpoint);
    }

    @Override
    public void pauseOrResumeSplits(
        java.util.Collection<String> pause, java.util.Collection<String> resume) {
      reader.pauseOrResumeSplits(pause, resume);
    }

    @Override
    public void close() throws Exception {
      reader.close();
    }
  }
}
