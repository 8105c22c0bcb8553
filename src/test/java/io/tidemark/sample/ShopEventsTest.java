package io.tidemark.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.json.Json;
import io.tidemark.sample.ShopEvents.Disorder;
import io.tidemark.sample.ShopEvents.Event;
import io.tidemark.sample.ShopEvents.Settings;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ShopEventsTest {
  private static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");

  private static List<Event> events(long seed, Disorder disorder, int count) {
    ShopEvents events = new ShopEvents(new Settings(seed, FROM, 60, disorder));
    return Stream.generate(events::next).limit(count).toList();
  }

  @Test
  void equalSettingsGiveEqualEventsAndOtherSeedsOthers() {
    assertThat(events(7, Disorder.USUAL, 2000)).isEqualTo(events(7, Disorder.USUAL, 2000));
    assertThat(events(7, Disorder.USUAL, 10)).isNotEqualTo(events(8, Disorder.USUAL, 10));
  }

  @Test
  void eventsComeInTheOrderTheyAreSent() {
    List<Event> events = events(1, Disorder.USUAL, 5000);

    for (int i = 1; i < events.size(); i++) {
      assertThat(events.get(i).sentAt()).isAfterOrEqualTo(events.get(i - 1).sentAt());
    }
  }

  @Test
  void withoutDisorderEveryEventIsReadableAndSentAtItsTimeOnce() {
    Set<Object> seen = new HashSet<>();
    for (Event event : events(1, Disorder.NONE, 3000)) {
      Map<?, ?> json = parse(event);
      boolean order = event.topic().equals(ShopEvents.ORDERS);
      assertThat(Instant.parse((String) json.get(order ? "ordered_at" : "paid_at")))
          .isEqualTo(event.at())
          .isEqualTo(event.sentAt());
      assertThat(seen.add(json.get(order ? "order_id" : "payment_id"))).isTrue();
      assertThat(json.containsKey("coupon")).isFalse();
    }
  }

  @Test
  void theUsualDisorderHasEverythingThatCanGoWrong() {
    Set<Object> seen = new HashSet<>();
    int twice = 0;
    int late = 0;
    int broken = 0;
    int coupons = 0;
    int words = 0;
    for (Event event : events(1, Disorder.USUAL, 10_000)) {
      if (event.topic().equals(ShopEvents.PAYMENTS)) {
        continue;
      }
      late += event.sentAt().isAfter(event.at().plusSeconds(60)) ? 1 : 0;
      if (event.value()[event.value().length - 1] != '}') {
        broken++;
        continue;
      }
      Map<?, ?> json = parse(event);
      twice += seen.add(json.get("order_id")) ? 0 : 1;
      coupons += json.containsKey("coupon") ? 1 : 0;
      words += json.get("quantity") instanceof String ? 1 : 0;
    }

    assertThat(List.of(twice, late, broken, coupons, words)).allMatch(n -> n > 3);
  }

  private static Map<?, ?> parse(Event event) {
    return (Map<?, ?>) Json.parse(new String(event.value(), StandardCharsets.UTF_8));
  }
}
