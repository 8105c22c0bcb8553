package io.tidemark.job.live;

import io.tidemark.job.live.JsonMessages.Unreadable;
import io.tidemark.job.slice.EventTime;
import io.tidemark.model.Topic;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Makes a row of every record: that of the source's table, of which records that are none have only
 * the columns that say where they come from; then, of those, the reason and the bytes.
 */
final class TopicDecoder implements KafkaRecordDeserializationSchema<RowData> {
  private static final long serialVersionUID = 1;

  /** Of a record's value; a larger one is not read. */
  static final int LARGEST = 1 << 20;

  static final int ROW = 0;
  static final int REASON = 1;
  static final int RAW = 2;

  private final SourceRows rows;
  private final JsonMessages messages;
  private final EventTime time;
  private final long aheadMillis;
  private final int fields;
  private final int topic;
  private final int partition;
  private final int offset;
  private final int kafkaTime;
  private transient StringData topicName;

  TopicDecoder(SourceRows rows, Topic topic) {
    this.rows = rows;
    this.messages = new JsonMessages(rows);
    this.time = rows.time();
    this.aheadMillis = topic.ahead().toMillis();
    this.fields = rows.type().getFieldCount();
    this.topic = rows.type().getFieldIndex(Topic.TOPIC_COLUMN);
    this.partition = rows.type().getFieldIndex(Topic.PARTITION_COLUMN);
    this.offset = rows.type().getFieldIndex(Topic.OFFSET_COLUMN);
    this.kafkaTime = rows.type().getFieldIndex(Topic.TIME_COLUMN);
  }

  /** Of what is decoded. */
  static RowType decoded(SourceRows rows) {
    return new RowType(
        List.of(
            new RowType.RowField("row", rows.type()),
            new RowType.RowField("reason", new VarCharType(VarCharType.MAX_LENGTH)),
            new RowType.RowField("raw", new VarBinaryType(VarBinaryType.MAX_LENGTH))));
  }

  /** What is no record: partitions that are read from now on, with the next offset of each. */
  static RowData assigning(SortedMap<Integer, Long> partitions) {
    ByteBuffer bytes = ByteBuffer.allocate(partitions.size() * (Integer.BYTES + Long.BYTES));
    partitions.forEach((partition, next) -> bytes.putInt(partition).putLong(next));
    return GenericRowData.of(null, null, bytes.array());
  }

  /** Reads what {@link #assigning} made, which has no row. */
  static SortedMap<Integer, Long> assigned(RowData decoded) {
    SortedMap<Integer, Long> partitions = new TreeMap<>();
    ByteBuffer bytes = ByteBuffer.wrap(decoded.getBinary(RAW));
    while (bytes.hasRemaining()) {
      int partition = bytes.getInt();
      partitions.put(partition, bytes.getLong());
    }
    return partitions;
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return InternalTypeInfo.of(decoded(rows));
  }

  @Override
  public void open(DeserializationSchema.InitializationContext context) {
    open();
    context
        .getMetricGroup()
        .addGroup("tidemark")
        .gauge("unknown_members", () -> messages.unknown());
  }

  void open() {
    messages.open();
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<RowData> out) {
    GenericRowData row = new GenericRowData(fields);
    try {
      read(record, row);
      from(record, row);
      out.collect(GenericRowData.of(row, null, null));
    } catch (Unreadable e) {
      GenericRowData origin = new GenericRowData(fields);
      from(record, origin);
      out.collect(
          GenericRowData.of(origin, StringData.fromString(e.getMessage()), raw(record.value())));
    }
  }

  private void read(ConsumerRecord<byte[], byte[]> record, GenericRowData row) throws Unreadable {
    byte[] value = record.value();
    if (value == null) {
      throw new Unreadable("it is a tombstone: it has no value");
    } else if (value.length > LARGEST) {
      throw new Unreadable("it has " + value.length + " bytes; up to " + LARGEST + " are read");
    }
    messages.read(value, row);
    if (record.timestamp() >= 0
        && Math.floorDiv(time.micros(row), 1000L) > record.timestamp() + aheadMillis) {
      throw new Unreadable("its event time is further ahead of Kafka's than the topic allows");
    }
  }

  private void from(ConsumerRecord<byte[], byte[]> record, GenericRowData row) {
    if (topicName == null) {
      topicName = StringData.fromString(record.topic());
    }
    set(row, topic, topicName);
    set(row, partition, record.partition());
    set(row, offset, record.offset());
    set(
        row,
        kafkaTime,
        record.timestamp() < 0 ? null : TimestampData.fromEpochMillis(record.timestamp()));
  }

  private static void set(GenericRowData row, int field, Object value) {
    if (field >= 0) {
      row.setField(field, value);
    }
  }

  private static byte[] raw(byte[] value) {
    return value == null || value.length <= Letters.RAW_BYTES
        ? value
        : Arrays.copyOf(value, Letters.RAW_BYTES);
  }
}
