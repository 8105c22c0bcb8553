package io.tidemark.testing;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * People, auctions and bids after the model of the Nexmark benchmark (Tucker, Tufte, Papadimos and
 * Maier, 2002): of fifty events one is a person, three are auctions and the rest bids; a few
 * auctions and bidders get most of the bids. Made anew from the model's description; equal seeds
 * give equal events.
 */
public final class NexmarkEvents {
  private static final String[] CHANNELS = {"Google", "Facebook", "Baidu", "Apple"};
  private static final String[] CITIES = {"Phoenix", "Palo Alto", "Boise", "Portland", "Bend"};
  private static final String[] STATES = {"AZ", "CA", "ID", "OR", "WY"};
  private static final int RECENT = 20;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS");

  private final SplittableRandom random;
  private final List<Event> events = new ArrayList<>();
  private final List<Long> people = new ArrayList<>();
  private final List<Long> auctions = new ArrayList<>();
  private long number;

  /**
   * @param topic {@code person}, {@code auction} or {@code bid}
   * @param at the event time
   * @param sentAt when it is sent, in event time
   */
  public record Event(String topic, String json, Instant at, Instant sentAt) {}

  /**
   * How the events misbehave.
   *
   * @param outOfOrder share (0 to 1) that is sent up to {@code within} after its time
   * @param late share that is sent up to {@code lateBy} after its time
   * @param twice share that is sent twice
   */
  public record Disorder(
      double outOfOrder, Duration within, double late, Duration lateBy, double twice) {}

  private NexmarkEvents(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /**
   * Events in the order they are sent.
   *
   * @param gap of event time between two of them, on average
   */
  public static List<Event> of(long seed, Instant from, Duration gap, int count, Disorder how) {
    NexmarkEvents made = new NexmarkEvents(seed);
    Instant at = from;
    for (int i = 0; i < count; i++) {
      made.event(i, at.truncatedTo(ChronoUnit.MILLIS), how);
      at = at.plusNanos(1 + made.random.nextLong(2 * gap.toNanos()));
    }
    made.events.sort(Comparator.comparing(Event::sentAt));
    return List.copyOf(made.events);
  }

  /** One more of each kind, in order, that watermarks pass everything before it. */
  public static List<Event> closing(Instant at) {
    NexmarkEvents made = new NexmarkEvents(0);
    Disorder none = new Disorder(0, Duration.ZERO, 0, Duration.ZERO, 0);
    made.number = 1_000_000_000;
    made.event(0, at, none);
    made.event(1, at, none);
    made.event(4, at, none);
    return List.copyOf(made.events);
  }

  private void event(int i, Instant at, Disorder how) {
    int of = i % 50;
    if (of == 0) {
      people.add(number);
      add("person", person(number++, at), at, how);
    } else if (of <= 3) {
      auctions.add(number);
      add("auction", auction(number++, at), at, how);
    } else {
      add("bid", bid(number++, at), at, how);
    }
  }

  private void add(String topic, String json, Instant at, Disorder how) {
    double kind = random.nextDouble();
    Instant sent = at;
    if (kind < how.late()) {
      sent = at.plusMillis(random.nextLong(1 + how.lateBy().toMillis()));
    } else if (kind < how.late() + how.outOfOrder()) {
      sent = at.plusMillis(random.nextLong(1 + how.within().toMillis()));
    }
    events.add(new Event(topic, json, at, sent));
    if (random.nextDouble() < how.twice()) {
      events.add(new Event(topic, json, at, sent.plusMillis(random.nextLong(1000))));
    }
  }

  private String person(long id, Instant at) {
    int place = random.nextInt(CITIES.length);
    return "{\"id\":%d,\"name\":\"person %d\",\"city\":\"%s\",\"state\":\"%s\",\"date_time\":\"%s\"}"
        .formatted(id, random.nextInt(500), CITIES[place], STATES[place], time(at));
  }

  private String auction(long id, Instant at) {
    return "{\"id\":%d,\"item\":\"item %d\",\"initial_bid\":%d,\"reserve\":%d,\"seller\":%d,\"category\":%d,\"date_time\":\"%s\",\"expires\":\"%s\"}"
        .formatted(
            id,
            random.nextInt(200),
            price(),
            price(),
            recent(people),
            10 + random.nextInt(5),
            time(at),
            time(at.plusMillis(1 + random.nextLong(Duration.ofMinutes(40).toMillis()))));
  }

  private String bid(long id, Instant at) {
    int channel = random.nextInt(8);
    String name = channel < 4 ? CHANNELS[channel] : "channel-" + random.nextInt(100);
    String url =
        "https://www.nexmark.com/%s/%s/item.htm?query=1%s"
            .formatted(
                letters(3), letters(4), channel < 6 ? "&channel_id=" + random.nextInt(1000) : "");
    return "{\"bid_id\":%d,\"auction\":%d,\"bidder\":%d,\"price\":%d,\"channel\":\"%s\",\"url\":\"%s\",\"extra\":\"%s\",\"date_time\":\"%s\"}"
        .formatted(id, recent(auctions), recent(people), price(), name, url, letters(20), time(at));
  }

  /** Mostly one of a few, as auctions and bidders are. */
  private long recent(List<Long> ids) {
    if (ids.isEmpty()) {
      return 0;
    }
    int newest = ids.size() - 1;
    int back = random.nextInt(2) == 0 ? newest % 4 : random.nextInt(RECENT);
    return ids.get(Math.max(0, newest - back));
  }

  private long price() {
    return Math.round(Math.pow(10.0, random.nextDouble() * 6.0) * 100.0);
  }

  private String letters(int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append((char) ('a' + random.nextInt(26)));
    }
    return text.toString();
  }

  /** A timestamp without a zone. */
  private static String time(Instant at) {
    return TIME.format(LocalDateTime.ofInstant(at, ZoneOffset.UTC));
  }
}
