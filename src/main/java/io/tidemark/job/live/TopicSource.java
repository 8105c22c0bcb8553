package io.tidemark.job.live;

import io.tidemark.model.LiveSpec;
import io.tidemark.model.Topic;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceOptions;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;

/** A source's topic as the streams that the rest of the job takes. */
record TopicSource(
    DataStream<RowData> rows,
    DataStream<RowData> letters,
    DataStream<byte[]> reports,
    DataStream<long[]> pulses) {

  /** How often new partitions are looked for. */
  private static final String DISCOVERY_MILLIS = "30000";

  static TopicSource of(
      StreamExecutionEnvironment env,
      LiveSpec spec,
      LiveSpec.Source source,
      SourceRows rows,
      int stream) {
    String name = source.dataset().id().value();
    Topic topic = source.dataset().topic().orElseThrow();
    SingleOutputStreamOperator<RowData> decoded =
        env.fromSource(
                new StrictSource(kafka(spec, source, topic, rows), topic.name()),
                WatermarkStrategy.noWatermarks(),
                "read topic " + name)
            .uid("topic/" + name);
    SingleOutputStreamOperator<RowData> split =
        decoded
            .transform(
                "take " + name,
                InternalTypeInfo.of(rows.type()),
                new TopicSplitter(source, spec.streaming().kafka(), stream, rows))
            .uid("take/" + name);
    return new TopicSource(
        split,
        split.getSideOutput(TopicSplitter.LETTERS),
        split.getSideOutput(TopicSplitter.REPORTS),
        split.getSideOutput(TopicSplitter.PULSES));
  }

  private static KafkaSource<RowData> kafka(
      LiveSpec spec, LiveSpec.Source source, Topic topic, SourceRows rows) {
    Properties properties = new Properties();
    properties.putAll(spec.streaming().kafka());
    properties.putIfAbsent(
        KafkaSourceOptions.PARTITION_DISCOVERY_INTERVAL_MS.key(), DISCOVERY_MILLIS);
    // Offsets are in the tables' marks and in checkpoints; the group has none.
    properties.put(KafkaSourceOptions.COMMIT_OFFSETS_ON_CHECKPOINT.key(), "false");
    properties.put("enable.auto.commit", "false");
    properties.put("isolation.level", "read_committed");
    return KafkaSource.<RowData>builder()
        .setProperties(properties)
        .setTopics(topic.name())
        .setClientIdPrefix("tidemark-" + spec.name() + "-" + source.dataset().id())
        .setStartingOffsets(offsets(source))
        .setDeserializer(new TopicDecoder(rows, topic))
        .build();
  }

  private static OffsetsInitializer offsets(LiveSpec.Source source) {
    return new TopicOffsets(source.offsets());
  }
}
