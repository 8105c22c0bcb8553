package io.tidemark.testing;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real Kafka broker (KRaft, broker and controller in one) in a JVM of its own:
 * {@code @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();} starts one per
 * test class. Ports are free ones and stay the same over {@link #kill} and {@link #restart}, and so
 * does the data. Topics are made by tests alone. Its jars are apart from the class path.
 *
 * <p>Thread-safe but for kill, restart and close.
 */
public final class KafkaBroker implements BeforeAllCallback, AfterAllCallback, AutoCloseable {
  private static final Path LIB = Path.of(System.getProperty("tidemark.kafka.lib", "target/kafka"));

  /** What the broker needs and tests have on their class path anyway. */
  private static final List<String> SHARED = List.of("slf4j-api-", "slf4j-simple-");

  private static final String STARTED = "Kafka Server started";

  private Path folder;
  private int port;
  private Process process;
  private Admin admin;
  private KafkaProducer<byte[], byte[]> producer;
  private final Uuid cluster = Uuid.randomUuid();
  private int starts;

  /** A broker that is not running yet; as an extension, or with {@link #start}. */
  public KafkaBroker() {}

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    start();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    close();
  }

  /** Starts it on an empty data folder, and waits until it serves. */
  public KafkaBroker start() throws IOException {
    folder = Files.createTempDirectory("tidemark-kafka-");
    port = freePort();
    int controller = freePort();
    Properties properties = new Properties();
    properties.putAll(configuration(controller));
    try (var out = Files.newBufferedWriter(folder.resolve("server.properties"))) {
      properties.store(out, null);
    }
    run();
    return this;
  }

  private Map<String, String> configuration(int controller) {
    Map<String, String> c = new TreeMap<>();
    c.put("process.roles", "broker,controller");
    c.put("node.id", "1");
    c.put("listeners", "PLAINTEXT://localhost:" + port + ",CONTROLLER://localhost:" + controller);
    c.put("advertised.listeners", bootstrap().replaceFirst("^", "PLAINTEXT://"));
    c.put("controller.listener.names", "CONTROLLER");
    c.put("controller.quorum.bootstrap.servers", "localhost:" + controller);
    c.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    c.put("log.dirs", data().toString());
    c.put("auto.create.topics.enable", "false");
    c.put("group.initial.rebalance.delay.ms", "0");
    c.put("offsets.topic.replication.factor", "1");
    c.put("offsets.topic.num.partitions", "1");
    c.put("transaction.state.log.replication.factor", "1");
    c.put("transaction.state.log.min.isr", "1");
    c.put("transaction.state.log.num.partitions", "1");
    c.put("share.coordinator.state.topic.replication.factor", "1");
    c.put("share.coordinator.state.topic.min.isr", "1");
    // Events of tests are from any time: neither old nor future ones are deleted or refused.
    c.put("log.retention.ms", "-1");
    c.put("log.message.timestamp.after.max.ms", Long.toString(Long.MAX_VALUE));
    // A broker that was killed is only let in again when the session it had has ended.
    c.put("broker.heartbeat.interval.ms", "500");
    c.put("broker.session.timeout.ms", "5000");
    c.put("log.cleaner.dedupe.buffer.size", "16777216");
    c.put("file.delete.delay.ms", "100");
    c.put("delete.topic.enable", "true");
    return c;
  }

  private void run() {
    starts++;
    Path log = log();
    try {
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx512m",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-Xshare:auto",
                  "-cp",
                  classPath(),
                  KafkaProcess.class.getName(),
                  folder.resolve("server.properties").toString(),
                  data().toString(),
                  cluster.toString())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      await()
          .atMost(Duration.ofMinutes(5))
          .pollInterval(Duration.ofMillis(50))
          .until(() -> hasStarted(log));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private boolean hasStarted(Path log) throws IOException {
    String said = Files.readString(log);
    if (!process.isAlive()) {
      throw new IllegalStateException("the broker ended: " + said);
    }
    return said.contains(STARTED);
  }

  /** What clients call {@code bootstrap.servers}. */
  public String bootstrap() {
    return "localhost:" + port;
  }

  /** Makes a topic and waits until it can be used. */
  public void createTopic(String name, int partitions, Map<String, String> configs) {
    NewTopic topic = new NewTopic(name, partitions, (short) 1).configs(configs);
    await().atMost(Duration.ofMinutes(5)).until(() -> create(topic));
    await()
        .atMost(Duration.ofMinutes(5))
        .ignoreExceptions()
        .until(() -> endOffsets(name).size() == partitions);
  }

  /** False while the controller does not hear from the broker in time, as on a slow machine. */
  private boolean create(NewTopic topic) throws InterruptedException {
    try {
      admin().createTopics(List.of(topic)).all().get();
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof InvalidReplicationFactorException) {
        return false;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** With the broker's usual settings. */
  public void createTopic(String name, int partitions) {
    createTopic(name, partitions, Map.of());
  }

  /** Adds partitions to a topic, so that it has this many. */
  public void growTopic(String name, int partitions) {
    get(
        admin()
            .createPartitions(
                Map.of(name, org.apache.kafka.clients.admin.NewPartitions.increaseTo(partitions)))
            .all());
    await()
        .atMost(Duration.ofMinutes(5))
        .ignoreExceptions()
        .until(() -> endOffsets(name).size() == partitions);
  }

  /** Kafka's own id of a topic, which one made anew does not have. */
  public Optional<String> topicId(String name) {
    return Optional.of(
        get(admin().describeTopics(List.of(name)).allTopicNames()).get(name).topicId().toString());
  }

  /** Deletes a topic and waits until it is gone; it may then be made anew, from offset 0. */
  public void deleteTopic(String name) {
    get(admin().deleteTopics(List.of(name)).all());
    await()
        .atMost(Duration.ofMinutes(5))
        .until(() -> !get(admin().listTopics().names()).contains(name));
  }

  /** Makes a partition begin at an offset, as retention would. */
  public void deleteRecords(String topic, int partition, long before) {
    TopicPartition at = new TopicPartition(topic, partition);
    get(admin().deleteRecords(Map.of(at, RecordsToDelete.beforeOffset(before))).all());
  }

  /** The next offset of each partition. */
  public SortedMap<Integer, Long> endOffsets(String topic) {
    return offsets(topic, OffsetSpec.latest());
  }

  /** The first offset of each partition. */
  public SortedMap<Integer, Long> beginningOffsets(String topic) {
    return offsets(topic, OffsetSpec.earliest());
  }

  private SortedMap<Integer, Long> offsets(String topic, OffsetSpec spec) {
    Map<TopicPartition, OffsetSpec> wanted =
        get(admin().describeTopics(List.of(topic)).allTopicNames()).get(topic).partitions().stream()
            .collect(Collectors.toMap(p -> new TopicPartition(topic, p.partition()), p -> spec));
    SortedMap<Integer, Long> offsets = new TreeMap<>();
    get(admin().listOffsets(wanted).all())
        .forEach((partition, o) -> offsets.put(partition.partition(), o.offset()));
    return offsets;
  }

  /** Sends one record and waits until the broker has it; gives its offset. */
  public long send(String topic, int partition, String key, String value, Instant timestamp) {
    return get(producer().send(record(topic, partition, key, value, timestamp))).offset();
  }

  /**
   * Sends records of any bytes, in order per partition, and waits until the broker has all: null as
   * a value is a tombstone.
   */
  public void send(List<ProducerRecord<byte[], byte[]>> records) {
    List<Future<RecordMetadata>> sent = records.stream().map(producer()::send).toList();
    producer().flush();
    sent.forEach(KafkaBroker::get);
  }

  /** A record of text. */
  public static ProducerRecord<byte[], byte[]> record(
      String topic, int partition, String key, String value, Instant timestamp) {
    return new ProducerRecord<>(
        topic, partition, timestamp.toEpochMilli(), bytes(key), bytes(value));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Begins a transaction. What it sends is in the log at once, and readers of committed records see
   * it after {@link Transaction#commit}.
   */
  public Transaction begin(String transactionalId) {
    return new Transaction(transactionalId);
  }

  /** One transaction at a time: after an end, the next send begins another. */
  public final class Transaction implements AutoCloseable {
    private final KafkaProducer<byte[], byte[]> producer;
    private boolean open;

    private Transaction(String id) {
      this.producer = open(Map.of("transactional.id", id));
      producer.initTransactions();
    }

    /** Sends one record; gives its offset. */
    public long send(String topic, int partition, String key, String value, Instant timestamp) {
      return send(KafkaBroker.record(topic, partition, key, value, timestamp));
    }

    /** Sends one record of any bytes; gives its offset. */
    public long send(ProducerRecord<byte[], byte[]> record) {
      if (!open) {
        producer.beginTransaction();
        open = true;
      }
      Future<RecordMetadata> sent = producer.send(record);
      producer.flush();
      return get(sent).offset();
    }

    public void commit() {
      producer.commitTransaction();
      open = false;
    }

    public void abort() {
      producer.abortTransaction();
      open = false;
    }

    /** Aborts what is open. */
    @Override
    public void close() {
      if (open) {
        abort();
      }
      producer.close(Duration.ZERO);
    }
  }

  private static <T> T get(KafkaFuture<T> future) {
    return get(future.toCompletionStage().toCompletableFuture());
  }

  private static <T> T get(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private synchronized Admin admin() {
    if (admin == null) {
      admin = Admin.create(Map.of("bootstrap.servers", bootstrap()));
    }
    return admin;
  }

  private synchronized KafkaProducer<byte[], byte[]> producer() {
    if (producer == null) {
      producer = open(Map.of());
    }
    return producer;
  }

  private KafkaProducer<byte[], byte[]> open(Map<String, Object> more) {
    Map<String, Object> properties = new TreeMap<>(more);
    properties.put("bootstrap.servers", bootstrap());
    properties.put("reconnect.backoff.max.ms", 200);
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Ends the broker's process at once, as {@code kill -9} does. */
  public void kill() {
    process.destroyForcibly();
    await().atMost(Duration.ofMinutes(5)).until(() -> !process.isAlive());
  }

  /** Starts a broker that was killed on the same ports and data, and waits until it serves. */
  public void restart() {
    run();
  }

  /** What the running broker has logged. */
  public Path log() {
    return folder.resolve("kafka-" + starts + ".log");
  }

  private Path data() {
    return folder.resolve("data");
  }

  private static String classPath() throws IOException {
    if (!Files.isDirectory(LIB)) {
      throw new IllegalStateException(
          LIB + " is missing: copy the broker's jars with 'mvn dependency:copy@kafka'");
    }
    List<String> jars = new ArrayList<>();
    try (Stream<Path> own = Files.list(LIB)) {
      own.map(Path::toString).sorted().forEach(jars::add);
    }
    String all =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Arrays.stream(all.split(File.pathSeparator))
        .filter(
            entry -> SHARED.stream().anyMatch(Path.of(entry).getFileName().toString()::startsWith))
        .forEach(jars::add);
    try {
      jars.add(
          Path.of(KafkaProcess.class.getProtectionDomain().getCodeSource().getLocation().toURI())
              .toString());
    } catch (java.net.URISyntaxException e) {
      throw new IllegalStateException(e);
    }
    return String.join(File.pathSeparator, jars);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    if (producer != null) {
      producer.close(Duration.ZERO);
      producer = null;
    }
    if (admin != null) {
      admin.close(Duration.ZERO);
      admin = null;
    }
    if (process != null) {
      kill();
    }
    if (folder != null) {
      delete(folder);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> all = Files.walk(folder)) {
      all.sorted(java.util.Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
