package io.tidemark;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.control.Operation;
import io.tidemark.control.Verified;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.TableRef;
import io.tidemark.testing.KafkaBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A topic as it is in the wild: transactions that commit and that do not, almost all in one
 * partition and nothing in another, records that nobody can read, schemas that drift, and clocks
 * that jump. The live job goes on, slices close, and every record is accounted for.
 */
@Timeout(900)
class TopicFaultsIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final String TOPIC = "readings";
  private static final LocalDateTime FROM = LocalDateTime.parse("2026-03-01T00:00:00");

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);

  /** Has nine of ten records. */
  private static final int HOT = 0;

  private static final int COLD = 1;

  /** Has none at all. */
  private static final int SILENT = 2;

  private static final String PIPELINE =
      """
      name: mill
      datasets:
        readings:
          table: mill.readings
          kind: source
          schema:
            id: BIGINT NOT NULL
            v: BIGINT
            at: TIMESTAMP(3) NOT NULL
          event_time: at
          partition: PT1H
          topic: {name: readings, out_of_orderness: PT10S, idle_after: PT2S, ahead: PT1H}
        hours:
          table: mill.hours
          kind: derived
          schema:
            hour: TIMESTAMP(3) NOT NULL
            n: BIGINT NOT NULL
            v: BIGINT
          key: [hour]
          event_time: hour
          partition: PT1H
      transforms:
        hours:
          sql: hours.sql
          inputs: [readings]
      """;

  private static final String SQL =
      """
      SELECT CAST(FLOOR(`at` TO HOUR) AS TIMESTAMP(3)) AS `hour`, COUNT(*) AS n, SUM(v) AS v
      FROM readings
      GROUP BY FLOOR(`at` TO HOUR)
      """;

  @TempDir private Path folder;

  private long id;

  /** Of each hour: how many rows there must be, and the sum of their values. */
  private final Map<LocalDateTime, List<Long>> expected = new TreeMap<>();

  @BeforeEach
  void writesAProject() throws IOException {
    Path jobs = Files.createDirectories(folder.resolve("jobs/mill"));
    Files.writeString(jobs.resolve("pipeline.yaml"), PIPELINE);
    Files.writeString(jobs.resolve("hours.sql"), SQL);
    KAFKA.createTopic(TOPIC, 3);
  }

  @Test
  void everyRecordIsARowOrADeadLetterWhateverComes() {
    try (LiveProject project = new LiveProject(folder, KAFKA, Duration.ofMillis(700))) {
      sendPlain(0, 40);
      project.start();
      project.await(
          Duration.ofMinutes(5), hasRead(0).and(s -> s.sources().get(0).silent().contains(SILENT)));

      sendInTransactions(1);
      project.await(Duration.ofMinutes(5), hasRead(0));

      int unreadable = sendWhatNobodyCanRead(2);
      sendOtherSchemas(2);
      unreadable += sendClocksThatJump(2);
      sendPlain(3, 20);
      project.await(Duration.ofMinutes(5), hasRead(unreadable));

      project.kill();
      sendInTransactions(4);
      project.start();
      // A transaction's end is the last thing in the cold partition; the silent one never had any.
      sendPlain(HOT, 6, 40);
      project.await(
          Duration.ofMinutes(5),
          hasRead(unreadable).and(hasClosed(5)).and(TopicFaultsIT::allAreSilent));

      project.stop();
      Verified verified = project.execute(new Operation.Verify("hours", Optional.empty()));
      assertThat(verified.isClean()).as("%s", verified).isTrue();
      assertThat(
              verified.sources().get(0).partitions().stream()
                  .mapToLong(Verified.Partition::deadLetters)
                  .sum())
          .isEqualTo(unreadable);
      assertThat(closed(project)).isEqualTo(expected(6));
    }
  }

  private static Predicate<LiveStatus> hasRead(int deadLetters) {
    return status ->
        status.health().state() == LiveStatus.State.RUNNING
            && status.checkpoints().last() > 0
            && status.sources().get(0).lag().events().orElse(1L) == 0
            && status.sources().get(0).deadLetters() == deadLetters;
  }

  private static Predicate<LiveStatus> hasClosed(int hour) {
    String after = FROM.plusHours(hour + 1L).toString().substring(0, 13);
    return status ->
        status.tasks().get(0).openFrom().filter(open -> open.compareTo(after) >= 0).isPresent();
  }

  private static boolean allAreSilent(LiveStatus status) {
    return status.sources().get(0).silent().equals(List.of(HOT, COLD, SILENT));
  }

  /** Rows of an hour, nine of ten in the hot partition. */
  private void sendPlain(int hour, int count) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      records.add(good(i % 10 == 9 ? COLD : HOT, hour, i));
    }
    KAFKA.send(records);
  }

  private void sendPlain(int partition, int hour, int count) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      records.add(good(partition, hour, i));
    }
    KAFKA.send(records);
  }

  /** One transaction commits and the next does not; each leaves an offset that holds no record. */
  private void sendInTransactions(int hour) {
    try (KafkaBroker.Transaction transaction = KAFKA.begin("mill-" + hour)) {
      for (int i = 0; i < 15; i++) {
        transaction.send(good(i % 5 == 4 ? COLD : HOT, hour, i));
      }
      transaction.commit();
      for (int i = 0; i < 15; i++) {
        transaction.send(message(HOT, hour, i, json(-1, "1000000", text(at(hour, i)))));
      }
      transaction.abort();
      transaction.send(good(HOT, hour, 15));
      transaction.commit();
    }
  }

  /** Bytes that are no text, text that is no JSON, tombstones, and one that is very long. */
  private int sendWhatNobodyCanRead(int hour) {
    List<ProducerRecord<byte[], byte[]>> records =
        List.of(
            message(HOT, hour, 0, "{\"id\":"),
            message(COLD, hour, 0, "[]"),
            message(HOT, hour, 0, ""),
            message(HOT, hour, 0, "{\"id\":1,\"at\":\"" + "9".repeat(900_000) + "\"}"),
            new ProducerRecord<>(TOPIC, HOT, millis(hour, 0), null, new byte[] {(byte) 0xff, 0}),
            new ProducerRecord<>(TOPIC, HOT, millis(hour, 0), null, (byte[]) null));
    KAFKA.send(records);
    return records.size();
  }

  /** Members that are new or missing are no reason to lose a row, and retyped ones are one. */
  private void sendOtherSchemas(int hour) {
    KAFKA.send(
        List.of(
            row(HOT, hour, 1, 7L, "{\"id\":%d,\"v\":7,\"at\":\"%s\",\"unit\":{\"name\":\"K\"}}"),
            row(HOT, hour, 2, null, "{\"id\":%d,\"at\":\"%s\"}"),
            row(HOT, hour, 3, null, "{\"id\":%d,\"v\":null,\"at\":\"%s\"}")));
  }

  /** A reading from the next century, one without its time, and ids that became texts. */
  private int sendClocksThatJump(int hour) {
    List<ProducerRecord<byte[], byte[]>> records =
        List.of(
            message(HOT, hour, 4, json(-1, "1", "2126-03-01 00:00:00")),
            message(COLD, hour, 4, json(-1, "1", "2126-03-01 00:00:00")),
            message(HOT, hour, 4, "{\"id\":-1,\"v\":1}"),
            message(HOT, hour, 4, "{\"id\":\"a\",\"v\":1,\"at\":\"2026-03-01 02:00:00\"}"),
            message(HOT, hour, 4, json(-1, "\"much\"", "2026-03-01 02:00:00")));
    KAFKA.send(records);
    return records.size();
  }

  private ProducerRecord<byte[], byte[]> good(int partition, int hour, int second) {
    return row(
        partition, hour, second, (long) second, "{\"id\":%d,\"at\":\"%s\",\"v\":" + second + "}");
  }

  private ProducerRecord<byte[], byte[]> row(
      int partition, int hour, int second, Long value, String format) {
    expected.merge(
        FROM.plusHours(hour),
        List.of(1L, value == null ? 0 : value),
        (a, b) -> List.of(a.get(0) + b.get(0), a.get(1) + b.get(1)));
    return message(partition, hour, second, format.formatted(id++, text(at(hour, second))));
  }

  private static String json(long id, String value, String at) {
    return "{\"id\":%d,\"v\":%s,\"at\":\"%s\"}".formatted(id, value, at);
  }

  private static ProducerRecord<byte[], byte[]> message(
      int partition, int hour, int second, String text) {
    return new ProducerRecord<>(TOPIC, partition, millis(hour, second), null, text.getBytes(UTF_8));
  }

  private static String text(LocalDateTime at) {
    return TIME.format(at);
  }

  private static LocalDateTime at(int hour, int second) {
    return FROM.plusHours(hour).plusSeconds(second);
  }

  private static long millis(int hour, int second) {
    return at(hour, second).toInstant(ZoneOffset.UTC).toEpochMilli();
  }

  private Map<LocalDateTime, List<Long>> expected(int before) {
    Map<LocalDateTime, List<Long>> closed = new TreeMap<>(expected);
    closed.keySet().removeIf(hour -> !hour.isBefore(FROM.plusHours(before)));
    return closed;
  }

  private static Map<LocalDateTime, List<Long>> closed(LiveProject project) {
    Map<LocalDateTime, List<Long>> hours = new TreeMap<>();
    for (List<Object> row : project.rows(new TableRef("mill", "hours"))) {
      hours.put((LocalDateTime) row.get(0), List.of((Long) row.get(1), (Long) row.get(2)));
    }
    return hours;
  }
}
