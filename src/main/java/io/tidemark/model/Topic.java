package io.tidemark.model;

import java.time.Duration;
import java.util.Objects;

/**
 * The Kafka topic that a source's events come from.
 *
 * @param name of the topic; the brokers are the environment's
 * @param format how a record's value is written
 * @param outOfOrderness how much later than its successors an event may come and still be in time;
 *     the watermark runs this far behind the newest event of each partition
 * @param idleAfter how long a partition may be silent before the watermark no longer waits for it
 * @param ahead how far an event's time may lie ahead of the time Kafka has for its record; events
 *     from further in the future are dead letters, since one of them would close every slice
 */
public record Topic(
    String name, Format format, Duration outOfOrderness, Duration idleAfter, Duration ahead) {

  /** How a record's value is written. */
  public enum Format {
    /** One JSON object per record, its members named like the columns. */
    JSON
  }

  /** Columns that a source with a topic has after its declared ones: where a row comes from. */
  public static final String TOPIC_COLUMN = "kafka_topic";

  /** The partition, an INT. */
  public static final String PARTITION_COLUMN = "kafka_partition";

  /** The offset in the partition, a BIGINT. */
  public static final String OFFSET_COLUMN = "kafka_offset";

  /** The time Kafka has for the record, a TIMESTAMP_LTZ(6): when it arrived or was sent. */
  public static final String TIME_COLUMN = "kafka_time";

  public Topic {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(format, "format");
    if (outOfOrderness.isNegative() || idleAfter.isNegative() || ahead.isNegative()) {
      throw new IllegalArgumentException("Cannot wait for a negative time");
    }
  }
}
