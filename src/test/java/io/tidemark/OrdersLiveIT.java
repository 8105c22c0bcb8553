package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.LiveShop.Victim;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.TableRef;
import io.tidemark.testing.ChildJvm;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.LakeFixture;
import io.tidemark.testing.LocalConfig;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The orders pipeline on a Flink cluster of real processes, with a real broker, through everything
 * that may happen to it: while hours of events pass in seconds, TaskManager, JobManager, broker and
 * a command are killed, the code is mended, slices are backfilled, reverted and corrected, and the
 * mended code is promoted. At the end every record is accounted for, by verify and by plain Java.
 * Each step needs the last; {@code -Dtidemark.seed=N} tries other events and kills.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(1200)
class OrdersLiveIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final TableRef DEAD_LETTERS = LiveSpec.deadLetters(TableRef.parse("shop.orders"));
  private static final Instant OPENS = Instant.parse("2026-11-01T06:30:00Z");
  private static final String FIRST_SLICE = "2026-11-01T06";
  private static final long SEED = Long.getLong("tidemark.seed", 7);
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  /** Each is verified with the sources behind it. */
  private static final List<String> DATASETS = List.of("order_values", "revenue", "paid_orders");

  private Path folder;
  private LiveShop shop;
  private List<Set<Victim>> victims;
  private LakeFixture tables;

  @BeforeAll
  void opensTheShop(@TempDir Path temporary) throws IOException {
    folder = temporary;
    shop = new LiveShop(KAFKA, folder, SEED, OPENS);
    victims = shop.victims(4);
    shop.project().useFirstVersion();
    tables = LocalConfig.tables(folder);
  }

  @AfterAll
  void closes() {
    if (tables != null) {
      tables.close();
    }
    if (shop != null) {
      shop.close();
    }
  }

  @Test
  @Order(1)
  void slicesCloseWhileEventsCome() {
    shop.succeeds("load", "rates", folder.resolve("jobs/orders/data/rates.csv").toString());
    shop.succeeds("live", "start", "--from", FIRST_SLICE);

    shop.sell(Duration.ofMinutes(50), victims.get(0)).join();

    shop.awaitClosed("order_values", Instant.parse("2026-11-01T07:00:00Z"));
    assertThat(eurosOf(FIRST_SLICE)).isPositive();
  }

  @Test
  @Order(2)
  void theMendedCodeIsBackfilledAlthoughTheCommandIsKilled() throws Exception {
    CompletableFuture<Void> sale = shop.sell(Duration.ofMinutes(50), victims.get(1));
    shop.project().useFix();
    assertThat(shop.succeeds("plan", "--change", "fx-fix").out()).contains("logic");
    Path log = folder.resolve("killed.log");
    Process command =
        ChildJvm.tidemark(
            folder, log, List.of("-Xmx512m"), "run", "--change", "fx-fix", "--publish");
    try {
      await()
          .atMost(PATIENCE)
          .until(() -> !command.isAlive() || Files.readString(log).contains("done prepare"));
    } finally {
      command.destroyForcibly().waitFor();
    }

    shop.backfill();

    assertThat(fix()).isNotEmpty();
    sale.join();
  }

  /** The run that published the mended first slice. */
  private String fix() {
    return shop.published().stream()
        .filter(r -> ((List<?>) r.get("datasets")).contains("order_values"))
        .map(r -> String.valueOf(r.get("run")))
        .filter(run -> !run.startsWith("promote-"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  @Order(3)
  void theMendedCodeIsPromotedOnceItsRowsAreExplained() {
    shop.succeeds("live", "shadow", "--change", "fx-fix");

    Result promoted = promote();

    // What late events came for meanwhile is left to runs; where that is all, it is said.
    if (!promoted.err().contains("Nothing was published: late events came for all slices")) {
      assertThat(shop.succeeds("runs").out()).contains("promote-");
    }
    LiveShop.awaitTrue(shop::isRunning);
  }

  /**
   * Sells hours until the newest that both versions closed came out as declared for each dataset.
   */
  private Result promote() {
    List<Result> refused = new ArrayList<>();
    for (int hour = 0; hour < 8; hour++) {
      shop.sell(Duration.ofHours(1), hour == 0 ? victims.get(2) : Set.of()).join();
      shop.awaitClosed("order_values", hour(shop.until()));
      for (int attempt = 0; attempt < 5; attempt++) {
        Result result = shop.run("live", "promote", "--after", "1", "--grace", "PT0S");
        if (result.exitCode() == 0) {
          return result;
        }
        // Rows that the shadow has yet to read count against it for a moment, and only for that.
        assertThat(result.exitCode()).as(result.out() + result.err()).isIn(3, 4);
        refused.add(result);
      }
    }
    throw new AssertionError("never promoted: " + refused);
  }

  @Test
  @Order(4)
  void oneSliceIsRevertedAndMadeFreshAgainAndWhatComesLateIsCorrected() {
    CompletableFuture<Void> sale = shop.sell(Duration.ofHours(1), victims.get(3));
    BigDecimal fixed = eurosOf(FIRST_SLICE);

    shop.succeeds("revert", fix(), "--dataset=order_values", "--slice=" + FIRST_SLICE, "--yes");

    assertThat(eurosOf(FIRST_SLICE)).isGreaterThan(fixed.multiply(BigDecimal.TEN));
    shop.backfill();
    assertThat(eurosOf(FIRST_SLICE)).isLessThan(fixed.multiply(BigDecimal.TEN));

    sale.join();
    shop.sell("o-late", Instant.parse("2026-11-01T06:45:00Z"));
    LiveShop.awaitTrue(() -> shop.succeeds("status").out().contains("late data"));
    assertThat(shop.succeeds("correct", "--now").out()).contains("published");
    assertThat(tables.values(TableRef.parse("shop.order_values")))
        .anySatisfy(r -> assertThat(r.get(0)).isEqualTo("o-late"));
  }

  private BigDecimal eurosOf(String hour) {
    return tables.values(TableRef.parse("shop.order_values")).stream()
        .filter(r -> text(r.get(7)).startsWith(hour))
        .map(r -> (BigDecimal) r.get(6))
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  @Test
  @Order(5)
  void everyRecordIsAccountedFor() {
    assertThat(shop.inKafka()).isEqualTo(shop.sold().size());
    LiveShop.awaitTrue(() -> held() == shop.sold().size());
    Instant end = hour(shop.until());
    shop.awaitClosed("order_values", end);
    shop.awaitClosed("revenue", end);
    shop.awaitClosed("paid_orders", paidUntil());
    LiveShop.awaitTrue(shop::isRunning);
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              shop.succeeds("correct", "--now");
              shop.backfill();
              return shop.succeeds("status").out().contains("Everything is up to date");
            });

    for (String dataset : DATASETS) {
      assertThat(shop.succeeds("verify", dataset).out())
          .endsWith("0 lost, 0 doubled, 0 unexplained\n");
    }
  }

  /** Rows and dead letters of all topics. */
  private long held() {
    return (long) rows("orders", 7).size() + rows("payments", 4).size() + letters().size();
  }

  @Test
  @Order(6)
  void tablesHoldWhatPlainJavaMakesOfTheEvents() {
    OrdersOracle oracle = new OrdersOracle(shop.sold());

    assertThat(sorted(rows("orders", 7))).isEqualTo(sorted(oracle.orders()));
    assertThat(sorted(rows("payments", 4))).isEqualTo(sorted(oracle.payments()));
    assertThat(sorted(letters())).isEqualTo(sorted(oracle.unreadable()));
    assertThat(oracle.unreadable()).hasSizeGreaterThan(50);
    assertThat(positions()).doesNotHaveDuplicates();
    Instant end = hour(shop.until());
    assertHolds("order_values", 7, end, oracle.orderValues(end));
    assertHolds("revenue", 1, end, oracle.revenue(end));
    assertHolds("paid_orders", 4, paidUntil(), oracle.paidOrders(paidUntil()));
  }

  private static Instant hour(Instant time) {
    return time.truncatedTo(ChronoUnit.HOURS);
  }

  /** A payment's order may be half an hour old. */
  private Instant paidUntil() {
    return hour(shop.until().minus(Duration.ofMinutes(30)));
  }

  private void assertHolds(String dataset, int time, Instant before, Set<String> expected) {
    List<String> held =
        tables.values(TableRef.parse("shop." + dataset)).stream()
            .filter(r -> Instant.parse(text(r.get(time))).isBefore(before))
            .map(r -> r.stream().map(OrdersLiveIT::text).toList().toString())
            .toList();
    assertThat(sorted(held)).as(dataset).isEqualTo(sorted(List.copyOf(expected)));
  }

  /** A source's rows without where they come from. */
  private List<String> rows(String dataset, int columns) {
    return tables.values(TableRef.parse("shop." + dataset)).stream()
        .map(r -> r.stream().limit(columns).map(OrdersLiveIT::text).toList().toString())
        .toList();
  }

  /** The bytes of dead letters, as text. */
  private List<String> letters() {
    return tables.values(DEAD_LETTERS).stream()
        .map(r -> StandardCharsets.UTF_8.decode(((ByteBuffer) r.get(5)).duplicate()).toString())
        .toList();
  }

  private List<String> positions() {
    List<String> positions = new ArrayList<>();
    tables
        .values(TableRef.parse("shop.orders"))
        .forEach(r -> positions.add("orders " + r.subList(8, 10)));
    tables
        .values(TableRef.parse("shop.payments"))
        .forEach(r -> positions.add("payments " + r.subList(5, 7)));
    tables.values(DEAD_LETTERS).forEach(r -> positions.add("orders " + r.subList(1, 3)));
    return positions;
  }

  private static String text(Object value) {
    if (value instanceof OffsetDateTime t) {
      return t.toInstant().toString();
    }
    return value instanceof BigDecimal d ? d.toPlainString() : String.valueOf(value);
  }

  private static List<String> sorted(List<String> rows) {
    return rows.stream().sorted().collect(Collectors.toList());
  }
}
