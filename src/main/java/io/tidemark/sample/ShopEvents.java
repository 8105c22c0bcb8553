package io.tidemark.sample;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * The events of a web shop as its systems send them, in the order they are sent: orders and,
 * minutes later, payments. Some are sent twice, some out of order, a few long after their time,
 * some cannot be read, and from a moment on orders have a new member and at times one of another
 * type. Equal settings give equal events. Never ends. Not thread-safe.
 */
public final class ShopEvents implements Iterator<ShopEvents.Event> {
  public static final String ORDERS = "orders";
  public static final String PAYMENTS = "payments";

  private static final String[] PRODUCTS = {
    "apple", "bread", "cheese", "dates", "eggs", "figs", "grapes", "honey"
  };
  private static final String[] CURRENCIES = {"EUR", "USD", "GBP", "JPY"};
  private static final Duration PAID_WITHIN = Duration.ofMinutes(20);
  private static final Duration OUT_OF_ORDER_WITHIN = Duration.ofSeconds(5);

  private final Settings settings;
  private final SplittableRandom random;
  private final PriorityQueue<Event> queue =
      new PriorityQueue<>(Comparator.comparing(Event::sentAt).thenComparingLong(Event::number));

  private Instant nextOrder;
  private long orders;
  private long events;

  /**
   * @param seed of all randomness
   * @param from when the first order is placed
   * @param ordersPerMinute of event time; at least 1
   * @param disorder how the events misbehave
   */
  public record Settings(long seed, Instant from, int ordersPerMinute, Disorder disorder) {
    public Settings {
      Objects.requireNonNull(from, "from");
      Objects.requireNonNull(disorder, "disorder");
      if (ordersPerMinute < 1) {
        throw new IllegalArgumentException("Cannot place fewer than 1 order per minute");
      }
    }
  }

  /**
   * Shares are from 0 to 1, of all orders.
   *
   * @param twice sent again a little later
   * @param outOfOrder sent up to five seconds after their time
   * @param late sent up to {@code lateBy} after their time
   * @param broken cut off in the middle
   * @param changedAfter from how long after the start orders have a member {@code coupon}, and one
   *     in fifty its quantity in words
   */
  public record Disorder(
      double twice,
      double outOfOrder,
      double late,
      Duration lateBy,
      double broken,
      Duration changedAfter) {
    /** As shops are. */
    public static final Disorder USUAL =
        new Disorder(0.02, 0.1, 0.004, Duration.ofMinutes(90), 0.002, Duration.ofMinutes(20));

    /** Every event once, in order, on time and readable. */
    public static final Disorder NONE =
        new Disorder(0, 0, 0, Duration.ZERO, 0, Duration.ofDays(365_000));
  }

  /**
   * One message.
   *
   * @param number counts from 0, in the order events come to be
   * @param topic {@link #ORDERS} or {@link #PAYMENTS}
   * @param key the order's number
   * @param value JSON, or what is left of it
   * @param at the event time
   * @param sentAt when it is sent, in event time; what Kafka has for its record
   */
  public record Event(
      long number, String topic, String key, byte[] value, Instant at, Instant sentAt) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Event that
          && number == that.number
          && topic.equals(that.topic)
          && key.equals(that.key)
          && at.equals(that.at)
          && sentAt.equals(that.sentAt)
          && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
      return Long.hashCode(number);
    }
  }

  public ShopEvents(Settings settings) {
    this.settings = settings;
    this.random = new SplittableRandom(settings.seed());
    this.nextOrder = settings.from().truncatedTo(ChronoUnit.MILLIS);
  }

  @Override
  public boolean hasNext() {
    return true;
  }

  @Override
  public Event next() {
    while (queue.isEmpty() || !queue.peek().sentAt().isBefore(nextOrder)) {
      order(nextOrder);
      long gap = 60_000L / settings.ordersPerMinute();
      nextOrder = nextOrder.plusMillis(1 + random.nextLong(2 * Math.max(1, gap) - 1));
    }
    return queue.remove();
  }

  private void order(Instant at) {
    Disorder disorder = settings.disorder();
    String id = "o-" + settings.seed() + "-" + orders++;
    // A few products make most of the orders.
    String product = PRODUCTS[Math.min(random.nextInt(8), random.nextInt(8))];
    String currency = CURRENCIES[random.nextInt(CURRENCIES.length)];
    BigDecimal amount = BigDecimal.valueOf(100 + random.nextLong(20_000), 2);
    String value = order(id, product, currency, amount, at);
    Instant sent = sent(at);
    if (random.nextDouble() < disorder.broken()) {
      send(ORDERS, id, value.substring(0, value.length() / 2), at, sent);
    }
    send(ORDERS, id, value, at, sent);
    if (random.nextDouble() < disorder.twice()) {
      send(ORDERS, id, value, at, sent.plusMillis(1 + random.nextLong(2000)));
    }
    if (random.nextInt(5) != 0) {
      Instant paid = at.plusMillis(1000 + random.nextLong(PAID_WITHIN.toMillis()));
      send(
          PAYMENTS,
          id,
          "{\"payment_id\":\"p-%s\",\"order_id\":\"%s\",\"amount\":%s,\"paid_at\":\"%s\"}"
              .formatted(id, id, amount.toPlainString(), paid),
          paid,
          paid);
    }
  }

  private String order(String id, String product, String currency, BigDecimal amount, Instant at) {
    boolean changed = !at.isBefore(settings.from().plus(settings.disorder().changedAfter()));
    String quantity = Integer.toString(1 + random.nextInt(9));
    if (changed && random.nextInt(50) == 0) {
      quantity = "\"two\"";
    }
    return "{\"order_id\":\"%s\",\"customer_id\":%d,\"product\":\"%s\",\"quantity\":%s,\"amount\":%s,\"currency\":\"%s\",\"ordered_at\":\"%s\"%s}"
        .formatted(
            id,
            random.nextInt(10_000),
            product,
            quantity,
            amount.toPlainString(),
            currency,
            at,
            changed ? ",\"coupon\":\"C" + random.nextInt(9) + "\"" : "");
  }

  private Instant sent(Instant at) {
    Disorder disorder = settings.disorder();
    double kind = random.nextDouble();
    if (kind < disorder.late()) {
      return at.plusMillis(random.nextLong(Math.max(1, disorder.lateBy().toMillis())));
    } else if (kind < disorder.late() + disorder.outOfOrder()) {
      return at.plusMillis(random.nextLong(OUT_OF_ORDER_WITHIN.toMillis()));
    }
    return at;
  }

  private void send(String topic, String key, String value, Instant at, Instant sentAt) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    queue.add(new Event(events++, topic, key, bytes, at, sentAt));
  }
}
