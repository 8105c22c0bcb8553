package io.tidemark.job.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Column;
import io.tidemark.model.Schema;
import io.tidemark.model.Topic;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.Collector;
import org.apache.iceberg.types.Types;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which records become which rows, and which dead letters. */
class JsonMessagesTest {
  private static final long KAFKA_TIME = 1_000_000_000_000L;

  private static final org.apache.iceberg.Schema TABLE =
      new org.apache.iceberg.Schema(
          Types.NestedField.required(1, "id", Types.LongType.get()),
          Types.NestedField.required(2, "at", Types.TimestampType.withoutZone()),
          Types.NestedField.optional(3, "small", Types.IntegerType.get()),
          Types.NestedField.optional(4, "text", Types.StringType.get()),
          Types.NestedField.optional(5, "flag", Types.BooleanType.get()),
          Types.NestedField.optional(6, "rate", Types.DoubleType.get()),
          Types.NestedField.optional(7, "price", Types.DecimalType.of(6, 2)),
          Types.NestedField.optional(8, "seen", Types.TimestampType.withZone()),
          Types.NestedField.optional(9, "day", Types.DateType.get()),
          Types.NestedField.optional(
              10, "list", Types.ListType.ofOptional(11, Types.IntegerType.get())),
          Types.NestedField.optional(
              12,
              "nested",
              Types.StructType.of(Types.NestedField.optional(13, "a", Types.IntegerType.get()))),
          Types.NestedField.optional(14, "kafka_topic", Types.StringType.get()),
          Types.NestedField.optional(15, "kafka_partition", Types.IntegerType.get()),
          Types.NestedField.optional(16, "kafka_offset", Types.LongType.get()),
          Types.NestedField.optional(17, "kafka_time", Types.TimestampType.withZone()));

  private static final SourceRows ROWS =
      rows(
          Column.required("id", "BIGINT"),
          Column.required("at", "TIMESTAMP(3)"),
          Column.nullable("seen", "TIMESTAMP_LTZ(6)"));

  private static SourceRows rows(Column... columns) {
    return SourceRows.of(new Schema(List.of(columns)), Optional.of("at"), TABLE);
  }

  private static RowData decode(byte[] value, long kafkaTime) {
    TopicDecoder decoder =
        new TopicDecoder(
            ROWS,
            new Topic("t", Topic.Format.JSON, Duration.ZERO, Duration.ZERO, Duration.ofMinutes(5)));
    decoder.open();
    List<RowData> out = new ArrayList<>();
    decoder.deserialize(
        new ConsumerRecord<>(
            "t",
            3,
            42,
            kafkaTime,
            TimestampType.CREATE_TIME,
            -1,
            -1,
            null,
            value,
            new RecordHeaders(),
            Optional.empty()),
        new Collector<>() {
          @Override
          public void collect(RowData row) {
            out.add(row);
          }

          @Override
          public void close() {}
        });
    assertThat(out).hasSize(1);
    return out.get(0);
  }

  private static RowData decode(String json) {
    return decode(json.getBytes(StandardCharsets.UTF_8), KAFKA_TIME);
  }

  private static String message(String member) {
    return "{\"id\":7,\"at\":\"2001-09-09T01:46:40.123\"" + member + "}";
  }

  private static Object value(String column, String json) {
    RowData decoded = decode(message(",\"" + column + "\":" + json));
    assertThat(decoded.isNullAt(TopicDecoder.REASON))
        .as(() -> decoded.getString(TopicDecoder.REASON).toString())
        .isTrue();
    RowType type = ROWS.type();
    int index = type.getFieldIndex(column);
    return RowData.createFieldGetter(type.getTypeAt(index), index)
        .getFieldOrNull(decoded.getRow(TopicDecoder.ROW, type.getFieldCount()));
  }

  private static String reason(RowData decoded) {
    assertThat(decoded.isNullAt(TopicDecoder.REASON)).as("is a row").isFalse();
    return decoded.getString(TopicDecoder.REASON).toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u0000',
      value = {
        "small | 12 | 12",
        "small | -2147483648 | -2147483648",
        "small | 1e3 | 1000",
        "small | 5.0 | 5",
        "text | \"a\\u00e9\" | aé",
        "text | \"\" | ",
        "flag | true | true",
        "rate | 0.1 | 0.1",
        "rate | 3 | 3.0",
        "price | 12.34 | 12.34",
        "price | \"12.34\" | 12.34",
        "price | 12 | 12.00",
        "price | 12.340 | 12.34",
        "seen | \"2001-02-03T04:05:06.123456Z\" | 2001-02-03T04:05:06.123456",
        "seen | \"2001-02-03T04:05:06+01:00\" | 2001-02-03T03:05:06",
        "seen | \"2001-02-28 04:05:06Z\" | 2001-02-28T04:05:06",
        "seen | \"2004-02-29T04:05:06Z\" | 2004-02-29T04:05:06",
        "seen | \"2004-02-29T23:59:59.9Z\" | 2004-02-29T23:59:59.900",
        "day | \"1969-12-31\" | -1",
        "small | null | null",
      })
  void valuesAreTakenExactly(String column, String json, String expected) {
    assertThat(String.valueOf(value(column, json))).isEqualTo(expected == null ? "" : expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u0000',
      value = {
        "small | 2147483648 | is no INT",
        "small | 1.5 | is no INT",
        "small | \"1\" | is no INT",
        "small | true | is no INT",
        "text | 1 | is no STRING",
        "text | {} | is no STRING",
        "flag | 1 | is no BOOLEAN",
        "flag | \"true\" | is no BOOLEAN",
        "rate | \"0.1\" | is no DOUBLE",
        "price | 12.345 | is no DECIMAL(6, 2)",
        "price | 12345.00 | is too large for DECIMAL(6, 2)",
        "seen | 1 | is no TIMESTAMP_LTZ(6)",
        "seen | \"2001-02-30T04:05:06Z\" | is no TIMESTAMP_LTZ(6)",
        "seen | \"2001-02-03T24:05:06Z\" | is no TIMESTAMP_LTZ(6)",
        "seen | \"2001-02-03T04:05:06.1234567Z\" | is finer than a microsecond",
        "seen | \"2001-02-03T04:05:06\" | is no TIMESTAMP_LTZ(6)",
        "day | \"2001-13-01\" | is no DATE",
        "list | [1,\"2\"] | is no INT",
        "nested | [] | is no ROW",
      })
  void valuesOfAnotherTypeAreTold(String column, String json, String reason) {
    assertThat(reason(decode(message(",\"" + column + "\":" + json))))
        .startsWith("column '" + column + "' " + reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u0000',
      value = {
        "no json | it is no JSON",
        "{\"id\":1 | it is no JSON",
        "[] | it is no JSON object",
        "1 | it is no JSON object",
        "{} | column 'id' is missing",
        "{\"id\":1} | column 'at' is missing",
        "{\"id\":1,\"at\":null} | column 'at' is missing",
        "{\"id\":1,\"id\":2,\"at\":\"2001-09-09T01:46:40\"} | column 'id' is there twice",
        "{\"id\":1,\"at\":\"2001-09-09T01:46:40\"} {} | it is more than one JSON object",
        "{\"id\":1,\"at\":\"2001-09-09T01:46:40.1234\"} | column 'at' is finer than its type",
        "{\"id\":1,\"at\":\"2001-09-09T01:51:40.001\"} | its event time is further ahead",
      })
  void recordsThatAreNoRowsKeepReasonAndBytes(String json, String reason) {
    RowData decoded = decode(json);
    assertThat(reason(decoded)).startsWith(reason);
    assertThat(new String(decoded.getBinary(TopicDecoder.RAW), StandardCharsets.UTF_8))
        .isEqualTo(json);
    RowData row = decoded.getRow(TopicDecoder.ROW, ROWS.type().getFieldCount());
    assertThat(row.getInt(12)).isEqualTo(3);
    assertThat(row.getLong(13)).isEqualTo(42);
    assertThat(row.isNullAt(0)).isTrue();
  }

  @Test
  void anEmptyValueIsNoJsonAndATombstoneIsToldAsSuch() {
    assertThat(reason(decode(new byte[0], KAFKA_TIME))).isEqualTo("it is no JSON object");
    RowData tombstone = decode(null, KAFKA_TIME);
    assertThat(reason(tombstone)).startsWith("it is a tombstone");
    assertThat(tombstone.isNullAt(TopicDecoder.RAW)).isTrue();
  }

  @Test
  void ofAnOversizedRecordTheFirstBytesAreKept() {
    byte[] large = new byte[TopicDecoder.LARGEST + 1];
    RowData decoded = decode(large, KAFKA_TIME);
    assertThat(reason(decoded)).isEqualTo("it has 1048577 bytes; up to 1048576 are read");
    assertThat(decoded.getBinary(TopicDecoder.RAW)).hasSize(Letters.RAW_BYTES);
  }

  @Test
  void aRowSaysWhereItComesFromAndUnknownMembersAreLeftOut() {
    RowData decoded =
        decode(message(",\"kafka_offset\":1,\"more\":{\"a\":[1,{\"b\":2}]},\"small\":5"));
    RowData row = decoded.getRow(TopicDecoder.ROW, ROWS.type().getFieldCount());
    assertThat(row.getInt(2)).isEqualTo(5);
    assertThat(row.getString(11)).hasToString("t");
    assertThat(row.getInt(12)).isEqualTo(3);
    assertThat(row.getLong(13)).isEqualTo(42);
    assertThat(row.getTimestamp(14, 6).getMillisecond()).isEqualTo(KAFKA_TIME);
  }

  @Test
  void eventTimeMayBeAsFarAheadAsTheTopicAllows() {
    RowData decoded = decode("{\"id\":1,\"at\":\"2001-09-09T01:51:40\"}");
    assertThat(decoded.isNullAt(TopicDecoder.REASON)).isTrue();
    RowData row = decoded.getRow(TopicDecoder.ROW, ROWS.type().getFieldCount());
    assertThat(ROWS.time().micros(row)).isEqualTo((KAFKA_TIME + 300_000) * 1000);
  }
}
