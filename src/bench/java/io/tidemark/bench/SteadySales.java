package io.tidemark.bench;

import io.tidemark.testing.KafkaBroker;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Sends sales at a steady rate, their event time going faster than the clock, and remembers of each
 * when it was sent. One thread sends; others may ask once it has ended.
 */
final class SteadySales extends Thread {
  /** An hour of event time passes in three seconds. */
  private static final long SPEED = 1200;

  private static final long TICK_MILLIS = 20;

  private final KafkaBroker kafka;
  private final long perSecond;
  private final Instant firstEvent;
  private final long firstId;
  private final List<List<Sent>> sent = new ArrayList<>();
  private volatile boolean stopped;

  /**
   * @param at event time
   * @param millis when Kafka had it
   */
  record Sent(long at, long millis) {}

  /**
   * @param perSecond how many
   * @param firstEvent event time of the first
   * @param firstId larger than all before
   */
  SteadySales(KafkaBroker kafka, long perSecond, Instant firstEvent, long firstId) {
    super("steady sales");
    setDaemon(true);
    this.kafka = kafka;
    this.perSecond = perSecond;
    this.firstEvent = firstEvent;
    this.firstId = firstId;
    for (int i = 0; i < LiveWorkload.PARTITIONS; i++) {
      sent.add(new ArrayList<>());
    }
  }

  @Override
  public void run() {
    long start = System.currentTimeMillis();
    long next = 0;
    while (!stopped) {
      long now = System.currentTimeMillis();
      long due = (now - start) * perSecond / 1000;
      Instant at = firstEvent.plusMillis((now - start) * SPEED);
      List<ProducerRecord<byte[], byte[]>> batch = new ArrayList<>();
      for (; next < due; next++) {
        long id = firstId + next;
        int partition = (int) (id % LiveWorkload.PARTITIONS);
        batch.add(
            KafkaBroker.record(
                LiveProject.TOPIC,
                partition,
                "k",
                LiveWorkload.sale(id, at),
                Instant.ofEpochMilli(now)));
        sent.get(partition).add(new Sent(at.toEpochMilli(), now));
      }
      kafka.send(batch);
      try {
        TimeUnit.MILLISECONDS.sleep(TICK_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Ends it, and waits for what is under way. */
  void end() {
    stopped = true;
    try {
      join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted", e);
    }
  }

  /** How many were sent. */
  long count() {
    return sent.stream().mapToLong(List::size).sum();
  }

  /** Of a partition, in order. */
  List<Sent> of(int partition) {
    return sent.get(partition);
  }
}
