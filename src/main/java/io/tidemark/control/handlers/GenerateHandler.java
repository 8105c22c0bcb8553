package io.tidemark.control.handlers;

import io.tidemark.control.Generated;
import io.tidemark.control.Operation;
import io.tidemark.control.Watcher;
import io.tidemark.control.Watcher.Phase;
import io.tidemark.control.Watcher.StepProgress;
import io.tidemark.live.LiveJobs;
import io.tidemark.live.topics.TopicFeed;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.sample.ShopEvents;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Sends the events of an example pipeline as their systems would, as fast as asked for. */
final class GenerateHandler {
  private static final String ORDERS = "orders";

  /** In place of a time: where the topics end. */
  private static final String NEWEST = "newest";

  /** Where topics begin that hold nothing: far enough back to see slices close for some hours. */
  private static final Duration HISTORY = Duration.ofDays(14);

  private static final Map<String, Integer> PARTITIONS =
      Map.of(ShopEvents.ORDERS, 3, ShopEvents.PAYMENTS, 2);

  /** So that an end is seen to soon, however far behind the clock the events are. */
  private static final int BATCH = 2_000;

  private static final Duration PAUSE = Duration.ofMillis(50);
  private static final double NANOS = 1e9;

  private final Workplace workplace;
  private final Watcher watcher;

  GenerateHandler(Workplace workplace, Watcher watcher) {
    this.workplace = workplace;
    this.watcher = watcher;
  }

  Generated generate(Operation.Generate operation) {
    requireSound(operation);
    Instant now = workplace.clock().instant();
    boolean goesOn = operation.from().filter(NEWEST::equals).isPresent();
    Optional<Instant> from = operation.from().filter(f -> !goesOn).map(GenerateHandler::time);
    // Other events than those of the last start, or they would be orders of the same numbers.
    long seed = operation.seed().orElse(now.getEpochSecond());
    try (TopicFeed feed = new TopicFeed(LiveJobs.streaming(workplace.environment()))) {
      PARTITIONS.forEach(feed::ensure);
      Instant start =
          (goesOn ? after(feed, now) : from.orElse(now)).truncatedTo(ChronoUnit.SECONDS);
      ShopEvents events =
          new ShopEvents(
              new ShopEvents.Settings(
                  seed, start, operation.ordersPerMinute(), ShopEvents.Disorder.USUAL));
      return new Sending(
              feed, events, operation, goesOn ? workplace.clock()::instant : () -> Instant.MAX)
          .send(start, seed);
    }
  }

  /** One second after the newest event, so that none of the last sending is sent again. */
  private static Instant after(TopicFeed feed, Instant now) {
    return feed.newest(PARTITIONS)
        .map(newest -> newest.plusSeconds(1))
        .orElse(now.minus(HISTORY).truncatedTo(ChronoUnit.HOURS));
  }

  private static void requireSound(Operation.Generate operation) {
    if (!operation.pipeline().equals(ORDERS)) {
      throw refused(
          "no events are known for '" + operation.pipeline() + "'",
          "there are some for one of the example pipelines",
          "tidemark generate " + ORDERS);
    } else if (operation.ordersPerMinute() < 1) {
      throw refused(
          "--rate " + operation.ordersPerMinute() + " is too slow", "", "give 1 or more a minute");
    } else if (!(operation.speed() > 0) || Double.isInfinite(operation.speed())) {
      throw refused(
          "--speed " + operation.speed() + " is no speed",
          "it says how many times as fast as the clock event time goes",
          "give a number above 0, such as 60: an hour in a minute");
    } else if (operation.events().filter(n -> n < 1).isPresent()) {
      throw refused("--events must be 1 or more", "", "leave it out to go on until Ctrl-C");
    }
  }

  private static Instant time(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      throw refused(
          "--from " + text + " is no time", "", "write it like 2026-01-31T08:00:00Z, or newest");
    }
  }

  private static TidemarkException refused(String what, String why, String fix) {
    return TidemarkException.user(Problem.of("TM-CONTROL-012", what, why, fix));
  }

  /** One sending, from its first event to its last. */
  private final class Sending {
    private final TopicFeed feed;
    private final ShopEvents events;
    private final long limit;
    private final double speed;
    private final Supplier<Instant> newestAllowed;
    private final SortedMap<String, Long> sent = new TreeMap<>();
    private ShopEvents.Event next;
    private Instant last;
    private long count;

    Sending(
        TopicFeed feed,
        ShopEvents events,
        Operation.Generate operation,
        Supplier<Instant> newestAllowed) {
      this.newestAllowed = newestAllowed;
      this.feed = feed;
      this.events = events;
      this.limit = operation.events().orElse(Long.MAX_VALUE);
      this.speed = operation.speed();
      this.next = events.next();
      PARTITIONS.keySet().forEach(topic -> sent.put(topic, 0L));
    }

    Generated send(Instant start, long seed) {
      last = start;
      long begun = System.nanoTime();
      tell(Phase.STARTED);
      boolean goesOn = true;
      while (goesOn && count < limit && !watcher.wantsTheEnd()) {
        double seconds = (System.nanoTime() - begun) / NANOS * speed;
        Instant due = start.plus(Duration.ofMillis((long) (seconds * 1000)));
        Instant allowed = newestAllowed.get();
        if (sendUntil(due.isBefore(allowed) ? due : allowed)) {
          tell(Phase.RUNNING);
          goesOn = Pause.of(PAUSE);
        }
      }
      feed.flush();
      tell(Phase.DONE);
      return new Generated(ORDERS, sent, seed, start, last);
    }

    /** Whether all that was due was sent. */
    private boolean sendUntil(Instant due) {
      for (int n = 0; n < BATCH && count < limit; n++) {
        if (next.sentAt().isAfter(due)) {
          return true;
        }
        byte[] key = next.key().getBytes(StandardCharsets.UTF_8);
        feed.send(next.topic(), key, next.value(), next.sentAt());
        sent.merge(next.topic(), 1L, Long::sum);
        last = next.sentAt();
        next = events.next();
        count++;
      }
      return false;
    }

    private void tell(Phase phase) {
      double fraction = limit == Long.MAX_VALUE ? -1 : (double) count / limit;
      watcher.step(
          new StepProgress(
              "generate", "send events", phase, fraction, count + " sent, event time " + last));
    }
  }
}
