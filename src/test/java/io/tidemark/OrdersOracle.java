package io.tidemark;

import io.tidemark.model.json.Json;
import io.tidemark.sample.ShopEvents;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What the tables of jobs/orders must hold, computed from what was sent by plain Java alone. */
final class OrdersOracle {
  private static final Map<String, String> RATES =
      Map.of("EUR", "1.000000", "GBP", "0.850000", "JPY", "162.500000", "USD", "1.080000");
  private static final Duration PAYABLE = Duration.ofMinutes(30);

  private final List<Order> orders = new ArrayList<>();
  private final List<Payment> payments = new ArrayList<>();
  private final List<String> unreadable = new ArrayList<>();

  /** As it was sent, so that one that was sent twice is there twice. */
  record Order(
      String id,
      long customer,
      String product,
      int quantity,
      BigDecimal amount,
      String currency,
      Instant at) {

    BigDecimal rate() {
      return new BigDecimal(RATES.get(currency));
    }

    BigDecimal euros() {
      return amount.divide(rate(), 15, RoundingMode.HALF_UP).setScale(2, RoundingMode.HALF_UP);
    }
  }

  /** As it was sent. */
  record Payment(String id, String order, BigDecimal amount, Instant at) {}

  OrdersOracle(Collection<ShopEvents.Event> sent) {
    for (ShopEvents.Event event : sent) {
      String text = new String(event.value(), StandardCharsets.UTF_8);
      Optional<Map<?, ?>> fields = object(text);
      if (fields.isEmpty()) {
        unreadable.add(text);
      } else if (event.topic().equals(ShopEvents.PAYMENTS)) {
        payments.add(payment(fields.get()));
      } else if (fields.get().get("quantity") instanceof Number) {
        orders.add(order(fields.get()));
      } else {
        unreadable.add(text);
      }
    }
  }

  private static Optional<Map<?, ?>> object(String text) {
    try {
      return Json.parse(text) instanceof Map<?, ?> map ? Optional.of(map) : Optional.empty();
    } catch (RuntimeException e) {
      return Optional.empty();
    }
  }

  private static Order order(Map<?, ?> fields) {
    return new Order(
        (String) fields.get("order_id"),
        ((Number) fields.get("customer_id")).longValue(),
        (String) fields.get("product"),
        ((Number) fields.get("quantity")).intValue(),
        cents(fields.get("amount")),
        (String) fields.get("currency"),
        Instant.parse((String) fields.get("ordered_at")));
  }

  private static Payment payment(Map<?, ?> fields) {
    return new Payment(
        (String) fields.get("payment_id"),
        (String) fields.get("order_id"),
        cents(fields.get("amount")),
        Instant.parse((String) fields.get("paid_at")));
  }

  private static BigDecimal cents(Object number) {
    return new BigDecimal(number.toString()).setScale(2, RoundingMode.UNNECESSARY);
  }

  /** Every readable order, as often as it was sent. */
  List<String> orders() {
    return orders.stream()
        .map(
            o ->
                row(
                    o.id(),
                    o.customer(),
                    o.product(),
                    o.quantity(),
                    o.amount(),
                    o.currency(),
                    o.at()))
        .toList();
  }

  /** Every payment. */
  List<String> payments() {
    return payments.stream().map(p -> row(p.id(), p.order(), p.amount(), p.at())).toList();
  }

  /** The text of every record that is no row. */
  List<String> unreadable() {
    return unreadable;
  }

  /** Of orders before a time. */
  Set<String> orderValues(Instant before) {
    Set<String> rows = new HashSet<>();
    for (Order o : new HashSet<>(orders)) {
      if (o.at().isBefore(before)) {
        rows.add(
            row(
                o.id(),
                o.customer(),
                o.product(),
                o.quantity(),
                o.currency(),
                o.rate(),
                o.euros(),
                o.at()));
      }
    }
    return rows;
  }

  /** Of orders before a time. */
  Set<String> revenue(Instant before) {
    record Sums(long orders, long items, BigDecimal euros) {
      Sums plus(Order o) {
        return new Sums(orders + 1, items + o.quantity(), euros.add(o.euros()));
      }
    }
    Map<List<String>, Sums> sums = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
    for (Order o : new HashSet<>(orders)) {
      if (o.at().isBefore(before)) {
        List<String> key = List.of(o.product(), o.at().truncatedTo(ChronoUnit.HOURS).toString());
        sums.put(key, sums.getOrDefault(key, new Sums(0, 0, BigDecimal.ZERO.setScale(2))).plus(o));
      }
    }
    Set<String> rows = new HashSet<>();
    sums.forEach((k, s) -> rows.add(row(k.get(0), k.get(1), s.orders(), s.items(), s.euros())));
    return rows;
  }

  /** Of payments before a time. */
  Set<String> paidOrders(Instant before) {
    Map<String, Order> byId = new HashMap<>();
    orders.forEach(o -> byId.put(o.id(), o));
    Set<String> rows = new HashSet<>();
    for (Payment p : payments) {
      Order o = byId.get(p.order());
      if (p.at().isBefore(before)
          && o != null
          && !p.at().isBefore(o.at())
          && !p.at().isAfter(o.at().plus(PAYABLE))) {
        rows.add(row(p.id(), p.order(), o.product(), o.at(), p.at(), p.amount()));
      }
    }
    return rows;
  }

  private static String row(Object... values) {
    List<String> row = new ArrayList<>();
    for (Object value : values) {
      row.add(value instanceof BigDecimal d ? d.toPlainString() : value.toString());
    }
    return row.toString();
  }
}
