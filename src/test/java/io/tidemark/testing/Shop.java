package io.tidemark.testing;

import io.tidemark.model.Analysis;
import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.Limits;
import io.tidemark.model.Expectation;
import io.tidemark.model.ExpectedChange;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Layout;
import io.tidemark.model.Location;
import io.tidemark.model.Schema;
import io.tidemark.model.TableRef;
import io.tidemark.model.Transform;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A small pipeline in real SQL: sales, cleaned per day, summed per shop and day in slices of a
 * month. The cleaning rule is what tests change.
 */
public final class Shop {
  public static final DatasetId SALES = DatasetId.of("sales");
  public static final DatasetId CLEAN = DatasetId.of("clean");
  public static final DatasetId TOTALS = DatasetId.of("totals");
  public static final Limits LIMITS = new Limits(1L << 30, 100_000);

  private static final Layout DAILY = new Layout(Optional.of("at"), Grain.DAY, Grain.DAY);
  private static final Layout MONTHLY = new Layout(Optional.of("day"), Grain.MONTH, Grain.MONTH);

  private Shop() {}

  /** A pipeline that keeps sales for which a rule, an SQL predicate, holds. */
  public static Graph graph(String rule) {
    return graph(rule, "amount", List.of());
  }

  /**
   * @param amount the SQL expression of the cleaned amount
   */
  public static Graph graph(String rule, String amount, List<ExpectedChange> changes) {
    Schema sold =
        new Schema(
            List.of(
                Column.required("id", "BIGINT"),
                Column.required("at", "TIMESTAMP(6)"),
                Column.required("shop", "STRING"),
                Column.required("amount", "BIGINT")));
    Schema totals =
        new Schema(
            List.of(
                Column.required("shop", "STRING"),
                Column.required("day", "TIMESTAMP(6)"),
                Column.required("sales", "BIGINT"),
                Column.required("amount", "BIGINT")));
    String clean = "SELECT id, `at`, shop, " + amount + " AS amount FROM sales WHERE " + rule;
    String total =
        "SELECT shop, CAST(FLOOR(`at` TO DAY) AS TIMESTAMP(6)) AS `day`, COUNT(*) AS sales,"
            + " SUM(amount) AS amount FROM clean GROUP BY shop, FLOOR(`at` TO DAY)";
    return new Graph(
        "shop",
        List.of(
            dataset(SALES, Dataset.Kind.SOURCE, sold, List.of("id"), DAILY, List.of()),
            dataset(
                CLEAN,
                Dataset.Kind.DERIVED,
                sold,
                List.of("id"),
                DAILY,
                List.of(
                    new Expectation(
                        "amounts are not huge",
                        Expectation.Severity.ERROR,
                        new Expectation.SqlPredicate("amount < 1000000")))),
            dataset(
                TOTALS,
                Dataset.Kind.DERIVED,
                totals,
                List.of("shop", "day"),
                MONTHLY,
                List.of(
                    new Expectation(
                        "every sale is counted",
                        Expectation.Severity.ERROR,
                        new Expectation.Conserve(CLEAN, "COUNT(*)", "SUM(sales)", 0))))),
        List.of(transform(CLEAN, clean, SALES, sold), transform(TOTALS, total, CLEAN, sold)),
        changes,
        Fingerprint.of(clean, total));
  }

  private static Dataset dataset(
      DatasetId id,
      Dataset.Kind kind,
      Schema schema,
      List<String> key,
      Layout layout,
      List<Expectation> expectations) {
    return new Dataset(
        id,
        kind,
        new TableRef("shop", id.value()),
        schema,
        key,
        layout,
        new Governance(Governance.Tier.STANDARD, "", "", expectations));
  }

  private static Transform transform(DatasetId output, String sql, DatasetId input, Schema read) {
    SortedMap<DatasetId, SortedSet<String>> reads = new TreeMap<>();
    reads.put(input, new TreeSet<>(read.names()));
    return new Transform(
        output,
        new Transform.Sql(sql),
        List.of(input),
        Transform.Window.EXACT,
        "",
        new Analysis(
            Fingerprint.of(sql),
            Fingerprint.of(sql),
            new TreeMap<>(),
            reads,
            new TreeMap<>(),
            List.of(),
            Analysis.Locality.SHUFFLED),
        Location.of("jobs/shop/pipeline.yaml"));
  }

  /** Any difference of the cleaned amount, and what follows from it in the totals. */
  public static ExpectedChange amountsMayChange(String name) {
    SortedMap<DatasetId, ExpectedChange.Allowed> allowed = new TreeMap<>();
    for (DatasetId dataset : List.of(CLEAN, TOTALS)) {
      allowed.put(
          dataset,
          new ExpectedChange.Allowed(
              List.of("amount"),
              Optional.empty(),
              Optional.empty(),
              ExpectedChange.Bounds.NONE,
              ExpectedChange.Bounds.NONE,
              List.of()));
    }
    return new ExpectedChange(name, "", allowed, Location.of(name + ".yaml"));
  }

  /**
   * Sales on the first days of some months of 2001: for each day one per shop, a to c.
   *
   * @param months from 1
   */
  public static List<List<Object>> sales(int months, int daysPerMonth) {
    List<List<Object>> rows = new ArrayList<>();
    for (int month = 1; month <= months; month++) {
      for (int day = 1; day <= daysPerMonth; day++) {
        for (int shop = 0; shop < 3; shop++) {
          rows.add(sale(month, day, shop, (shop + 1) * 10L + day));
        }
      }
    }
    return rows;
  }

  /** One sale; its id tells month, day and shop. */
  public static List<Object> sale(int month, int day, int shop, long amount) {
    return List.of(
        month * 10_000L + day * 100L + shop,
        Instant.parse(String.format("2001-%02d-%02dT%02d:30:00Z", month, day, 8 + shop)),
        String.valueOf((char) ('a' + shop)),
        amount);
  }
}
