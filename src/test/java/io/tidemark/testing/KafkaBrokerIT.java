package io.tidemark.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class KafkaBrokerIT {
  private static final Instant T = Instant.parse("2013-01-01T10:00:00Z");

  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  @Test
  void keepsKeyValuePartitionAndTime() {
    KAFKA.createTopic("plain", 2);

    assertThat(KAFKA.send("plain", 1, "k", "first", T)).isZero();
    assertThat(KAFKA.send("plain", 1, "k", "second", T.plusMillis(1))).isEqualTo(1);
    KAFKA.send(
        List.of(new ProducerRecord<>("plain", 1, T.toEpochMilli(), new byte[] {1}, (byte[]) null)));

    assertThat(KAFKA.endOffsets("plain")).isEqualTo(new TreeMap<>(Map.of(0, 0L, 1, 3L)));
    List<ConsumerRecord<byte[], byte[]>> read = read("plain", 1, 3);
    assertThat(text(read.get(0).key())).isEqualTo("k");
    assertThat(read.stream().limit(2).map(r -> text(r.value()))).containsExactly("first", "second");
    assertThat(read.get(1).timestamp()).isEqualTo(T.plusMillis(1).toEpochMilli());
    assertThat(read.get(2).value()).isNull();
  }

  @Test
  void showsOnlyWhatWasCommitted() {
    KAFKA.createTopic("transactions", 1);

    try (KafkaBroker.Transaction transaction = KAFKA.begin("t-1")) {
      transaction.send("transactions", 0, "k", "undone", T);
      transaction.abort();
      transaction.send("transactions", 0, "k", "done", T);
      transaction.commit();
    }

    assertThat(read("transactions", 0, 1).stream().map(r -> text(r.value())))
        .containsExactly("done");
    assertThat(KAFKA.endOffsets("transactions").get(0)).isEqualTo(4);
  }

  @Test
  void keepsDataAndAddressWhenItIsKilled() throws IOException {
    KAFKA.createTopic("killed", 1);
    KAFKA.send("killed", 0, "k", "before", T);
    String address = KAFKA.bootstrap();

    KAFKA.kill();
    KAFKA.restart();

    assertThat(KAFKA.bootstrap()).isEqualTo(address);
    assertThat(KAFKA.send("killed", 0, "k", "after", T)).isEqualTo(1);
    assertThat(read("killed", 0, 2).stream().map(r -> text(r.value())))
        .containsExactly("before", "after");
  }

  @Test
  void losesOldRecordsAndWholeTopicsOnDemand() {
    KAFKA.createTopic("short", 1, Map.of("max.message.bytes", "2048"));
    for (int i = 0; i < 5; i++) {
      KAFKA.send("short", 0, "k", "v" + i, T);
    }

    KAFKA.deleteRecords("short", 0, 3);
    assertThat(KAFKA.beginningOffsets("short").get(0)).isEqualTo(3);
    assertThat(KAFKA.endOffsets("short").get(0)).isEqualTo(5);

    KAFKA.growTopic("short", 3);
    assertThat(KAFKA.endOffsets("short")).isEqualTo(new TreeMap<>(Map.of(0, 5L, 1, 0L, 2, 0L)));

    KAFKA.deleteTopic("short");
    KAFKA.createTopic("short", 1);
    assertThat(KAFKA.endOffsets("short").get(0)).isZero();
  }

  @Test
  void endsWithTheProcessThatStartedIt() throws Exception {
    ProcessBuilder parent =
        new ProcessBuilder(
            ProcessHandle.current().info().command().orElseThrow(),
            "-Dtidemark.kafka.lib=" + System.getProperty("tidemark.kafka.lib", "target/kafka"),
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Parent.class.getName());
    Process process = parent.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String pid = process.inputReader(StandardCharsets.UTF_8).readLine();
    ProcessHandle broker = ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    assertThat(broker.isAlive()).isTrue();

    process.destroyForcibly();

    await().atMost(Duration.ofMinutes(5)).until(() -> !broker.isAlive());
  }

  /** Starts a broker and says its process id. */
  static final class Parent {
    private Parent() {}

    public static void main(String[] args) throws Exception {
      KafkaBroker broker = new KafkaBroker().start();
      System.out.println(ProcessHandle.current().children().findFirst().orElseThrow().pid());
      System.out.flush();
      Thread.currentThread().join();
      broker.close();
    }
  }

  private static List<ConsumerRecord<byte[], byte[]>> read(String topic, int partition, int count) {
    Map<String, Object> properties =
        Map.of("bootstrap.servers", KAFKA.bootstrap(), "isolation.level", "read_committed");
    List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      TopicPartition at = new TopicPartition(topic, partition);
      consumer.assign(List.of(at));
      consumer.seekToBeginning(List.of(at));
      await()
          .atMost(Duration.ofMinutes(5))
          .until(
              () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(read::add);
                return read.size() >= count;
              });
    }
    return read;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
