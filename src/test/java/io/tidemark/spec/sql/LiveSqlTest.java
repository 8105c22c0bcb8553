package io.tidemark.spec.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.Dataset.Kind;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.Layout;
import io.tidemark.model.Location;
import io.tidemark.model.Problem;
import io.tidemark.model.Schema;
import io.tidemark.model.TableRef;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What live jobs run instead of a query, and which queries they cannot run. */
class LiveSqlTest {
  private static final Location WHERE = new Location("jobs/p/pipeline.yaml", 3, 5);
  private static final LiveSql SQL = new LiveSql();

  @BeforeAll
  static void datasets() {
    SQL.register(
        dataset(
            "orders", Kind.SOURCE, "ts", "id BIGINT", "k STRING", "ts TIMESTAMP(3)", "amount INT"));
    SQL.register(
        dataset("payments", Kind.SOURCE, "pt", "id BIGINT", "k STRING", "pt TIMESTAMP_LTZ(3)"));
    SQL.register(dataset("fine", Kind.SOURCE, "ts", "id BIGINT", "k STRING", "ts TIMESTAMP(6)"));
    SQL.register(dataset("dim", Kind.REFERENCE, "", "k STRING", "name STRING", "num BIGINT"));
    SQL.register(dataset("odd name", Kind.REFERENCE, "", "name STRING", "zone STRING"));
  }

  private static Dataset dataset(String name, Kind kind, String time, String... columns) {
    return new Dataset(
        DatasetId.of(name.replace(' ', '_')),
        kind,
        TableRef.parse("db." + name.replace(' ', '_')),
        new Schema(
            Arrays.stream(columns)
                .map(c -> c.split(" ", 2))
                .map(c -> Column.nullable(c[0], c[1]))
                .toList()),
        List.of(),
        time.isEmpty() ? Layout.unsliced() : new Layout(Optional.of(time), Grain.DAY, Grain.DAY),
        new Governance(Governance.Tier.STANDARD, "", "", List.of()));
  }

  private static String live(String query) {
    LiveSql.Answer answer = SQL.live(query, WHERE);
    assertThat(answer.problems()).isEmpty();
    return answer.text().orElseThrow();
  }

  private static Problem refused(String query) {
    LiveSql.Answer answer = SQL.live(query, WHERE);
    assertThat(answer.text()).isEmpty();
    assertThat(answer.problems()).hasSize(1);
    assertThat(answer.problems().get(0).where()).contains(WHERE);
    return answer.problems().get(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT id, ts, amount * 2 AS twice FROM orders WHERE amount > 0 -- all of it\n",
        "SELECT DISTINCT * FROM orders",
        "SELECT k, COUNT(*) AS n FROM orders GROUP BY k",
        "SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts),"
            + " INTERVAL '1' HOUR)) GROUP BY window_start, window_end",
        "SELECT window_start, COUNT(*) AS n FROM HOP(TABLE payments, DESCRIPTOR(pt),"
            + " INTERVAL '1' HOUR, INTERVAL '2' HOUR) GROUP BY window_start, window_end",
        "SELECT id, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn"
            + " FROM orders) WHERE rn <= 2",
        "SELECT o.id, p.id AS pid, o.ts FROM orders o JOIN orders p ON o.id = p.id"
            + " AND p.ts BETWEEN o.ts AND o.ts + INTERVAL '1' HOUR",
        "SELECT o.id, p.pt, o.ts FROM orders o LEFT JOIN payments p ON o.id = p.id",
        "SELECT id, SUM(amount) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 1 PRECEDING AND"
            + " CURRENT ROW) AS s FROM orders",
        "SELECT id, k FROM orders UNION SELECT id, k FROM fine",
      })
  void aQueryWithoutReferencesStaysAsItIs(String query) {
    assertThat(live(query)).isEqualTo(query);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "FROM orders AS o LEFT JOIN dim AS d ON d.k = o.k"
            + "| FROM <orders> AS o LEFT JOIN dim@`o` AS d ON d.k = o.k",
        "FROM orders o JOIN dim ON dim.k = o.k" + "| FROM <orders> o JOIN dim@`o` ON dim.k = o.k",
        "FROM orders JOIN dim d ON d.k = orders.k"
            + "| FROM <orders> AS `orders` JOIN dim@`orders` d ON d.k = orders.k",
        "FROM `orders` AS `o` JOIN `dim`/* c */AS `d` USING (k)"
            + "| FROM <`orders`> AS `o` JOIN `dim`@`o`/* c */AS `d` USING (k)",
        "FROM orders o, dim d WHERE d.k = o.k AND d.name <> 'x'"
            + "| FROM <orders> o, dim@`o` d WHERE d.k = o.k AND d.name <> 'x'",
        "FROM orders NATURAL JOIN dim| FROM <orders> AS `orders` NATURAL JOIN dim@`orders`",
        "FROM orders o JOIN dim d ON d.k = UPPER(o.k) AND d.num = 3"
            + "| FROM <orders> o JOIN dim@`o` d ON d.k = UPPER(o.k) AND d.num = 3",
        "FROM orders o JOIN dim a ON a.k = o.k LEFT JOIN dim b ON b.num = o.id"
            + "| FROM <orders> o JOIN dim@`o` a ON a.k = o.k LEFT JOIN dim@`o` b ON b.num = o.id",
        "FROM orders o JOIN dim d ON d.k = o.k JOIN odd_name z ON z.name = d.name"
            + "| FROM <orders> o JOIN dim@`o` d ON d.k = o.k"
            + " JOIN odd_name@`o` z ON z.name = d.name",
        "FROM orders o JOIN payments p ON p.id = o.id JOIN dim d ON d.k = o.k"
            + "| FROM <orders> o JOIN payments p ON p.id = o.id JOIN dim@`o` d ON d.k = o.k",
        "FROM (orders o JOIN payments p ON p.id = o.id) JOIN dim d ON d.k = o.k"
            + "| FROM (<orders> o JOIN payments p ON p.id = o.id) JOIN dim@`o` d ON d.k = o.k",
        "FROM (SELECT k, UPPER(k) AS u FROM orders) AS o JOIN dim d ON d.k = o.u"
            + "| FROM <(SELECT k, UPPER(k) AS u FROM orders)> AS o JOIN dim@`o` d ON d.k = o.u",
        "FROM ( (SELECT k AS x FROM orders WHERE (amount > 1)) ) JOIN dim ON dim.k = x"
            + "| FROM <( (SELECT k AS x FROM orders WHERE (amount > 1)) )> AS `tidemark_left`"
            + " JOIN dim@`tidemark_left` ON dim.k = x",
        "FROM ((SELECT k FROM orders) UNION ALL (SELECT k FROM payments)) u JOIN dim d ON d.k = u.k"
            + "| FROM <((SELECT k FROM orders) UNION ALL (SELECT k FROM payments))> u"
            + " JOIN dim@`u` d ON d.k = u.k",
        "FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' HOUR)) w"
            + " JOIN dim d ON d.k = w.k"
            + "| FROM <TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' HOUR))> w"
            + " JOIN dim@`w` d ON d.k = w.k",
        "FROM (SELECT o.k AS j FROM orders o JOIN dim d ON d.k = o.k) i JOIN dim e ON e.k = i.j"
            + "| FROM <(SELECT o.k AS j FROM <orders> o JOIN dim@`o` d ON d.k = o.k)> i"
            + " JOIN dim@`i` e ON e.k = i.j",
      })
  void everyJoinedReferenceBecomesALookup(String from, String expected) {
    String whole =
        expected
            .replaceAll("@(`\\w+`)", " FOR SYSTEM_TIME AS OF $1.tidemark_at")
            .replaceAll("<(?=[(`\\w])", "(SELECT *, PROCTIME() AS tidemark_at FROM ")
            .replaceAll("(?<=[)`\\w])>", ")");

    assertThat(live("SELECT 1 AS x1 " + from)).isEqualTo("SELECT 1 AS x1 " + whole);
  }

  @Test
  void linesCommentsAndNamesOfWithStayAsTheyAre() {
    String query =
        "WITH w AS (SELECT * FROM orders), dim2 AS (SELECT 'dim' AS k)\r\n"
            + "\tSELECT w.id, -- FROM dim\r"
            + "  d.name, 'JOIN dim (' AS `a(``b`\n"
            + "FROM w /* ( */ JOIN dim d\n  ON d.k = w.k";

    assertThat(live(query))
        .isEqualTo(
            query
                .replace("FROM w /*", "FROM (SELECT *, PROCTIME() AS tidemark_at FROM w) AS `w` /*")
                .replace("JOIN dim d", "JOIN dim FOR SYSTEM_TIME AS OF `w`.tidemark_at d"));
    assertThat(
            live(
                "WITH dim AS (SELECT k FROM orders) SELECT o.id FROM orders o JOIN dim"
                    + " ON dim.k = o.k"))
        .doesNotContain("tidemark_at");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT * FROM orders o JOIN dim d ON d.k = o.k",
        "SELECT id, name FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY o.k ORDER BY ts DESC) AS"
            + " rn FROM orders o JOIN dim d ON d.k = o.k) WHERE rn = 1",
        "SELECT * FROM orders o JOIN dim d ON d.k = o.k"
            + " UNION ALL SELECT * FROM orders o JOIN dim d ON d.k = o.k",
        "SELECT DISTINCT name FROM (SELECT * FROM orders o JOIN dim d ON d.k = o.k)",
      })
  void aStarOverALookupIsWelcomeWhereTheColumnIsNotCompared(String query) {
    assertThat(live(query)).contains("FOR SYSTEM_TIME AS OF `o`.tidemark_at");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT DISTINCT * FROM orders o JOIN dim d ON d.k = o.k",
        "SELECT DISTINCT o.* FROM orders o JOIN dim d ON d.k = o.k",
        "SELECT * FROM orders o JOIN dim d ON d.k = o.k"
            + " UNION SELECT * FROM orders o JOIN dim d ON d.k = o.k",
      })
  void aStarOverALookupIsRefusedWhereTheColumnIsCompared(String query) {
    assertThat(refused(query).code()).isEqualTo("TM-SQL-021");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SELECT o.id FROM dim d JOIN orders o ON d.k = o.k| is the first in a FROM",
        "SELECT o.id FROM orders o RIGHT JOIN dim d ON d.k = o.k| is joined by a RIGHT JOIN",
        "SELECT o.id FROM orders o FULL JOIN dim d ON d.k = o.k| is joined by a FULL JOIN",
        "SELECT id FROM orders WHERE k IN (SELECT k FROM dim)| is read by itself",
        "SELECT id FROM orders o WHERE EXISTS (SELECT 1 FROM dim d WHERE d.k = o.k)"
            + "| is read by itself",
        "SELECT o.id FROM orders o JOIN (SELECT k FROM dim) d ON d.k = o.k| is read by itself",
        "WITH d AS (SELECT k FROM dim) SELECT o.id FROM orders o JOIN d ON d.k = o.k"
            + "| is read by itself",
        "SELECT o.id FROM orders o JOIN (dim d JOIN payments p ON p.k = d.k) ON d.k = o.k"
            + "| is read by itself",
        "SELECT x.a FROM orders AS x(a, b, c, e) JOIN dim d ON d.k = x.b"
            + "| is joined to an input whose columns are renamed in a list",
        "SELECT o.id FROM orders o CROSS JOIN dim d| is joined without an equality",
        "SELECT o.id FROM orders o JOIN dim d ON d.k > o.k| is joined without an equality",
        "SELECT o.id FROM orders o JOIN dim d ON UPPER(d.k) = o.k| is joined without an equality",
      })
  void aReferenceThatCannotBeLookedUpIsRefused(String query, String how) {
    Problem problem = refused(query);

    assertThat(problem.code()).isEqualTo("TM-SQL-020");
    assertThat(problem.what()).contains(how);
    assertThat(problem.fix()).isNotEmpty();
  }

  @Test
  void everyReferenceThatCannotBeLookedUpIsNamedWithItsLine() {
    LiveSql.Answer answer =
        SQL.live(
            "SELECT o.id\nFROM orders o\nRIGHT JOIN dim d ON d.k = o.k\n"
                + "WHERE o.k IN (SELECT zone FROM odd_name)",
            WHERE);

    assertThat(answer.problems())
        .extracting(Problem::what)
        .containsExactlyInAnyOrder(
            "reference 'dim' is joined by a RIGHT JOIN (line 3 of the query)",
            "reference 'odd_name' is read by itself (line 4 of the query)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE fine, DESCRIPTOR(ts),"
            + " INTERVAL '1' HOUR)) GROUP BY window_start, window_end",
        "SELECT id, SUM(amount) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 1 PRECEDING AND"
            + " CURRENT ROW) AS s FROM orders",
      })
  void aMissingTimeAttributeIsNamed(String query) {
    Problem problem = refused(query);

    assertThat(problem.code()).isEqualTo("TM-SQL-023");
    assertThat(problem.fix()).contains("TIMESTAMP(3)");
  }

  @Test
  void whatFlinkCannotPlanAsAStreamIsSaidInItsWords() {
    Problem problem =
        refused(
            "SELECT o.id FROM orders o JOIN payments p ON o.id = p.id AND p.pt BETWEEN"
                + " CAST(o.ts AS TIMESTAMP_LTZ(3)) AND CAST(o.ts AS TIMESTAMP_LTZ(3)) +"
                + " INTERVAL '1' HOUR");

    assertThat(problem.code()).isEqualTo("TM-SQL-024");
    assertThat(problem.what()).contains("requires same rowtime types");
  }

  @Test
  void theOrderOfAWholeResultIsLeftOut() {
    assertThat(live("SELECT id, ts FROM orders ORDER BY ts, id DESC -- newest\n").strip())
        .isEqualTo("SELECT id, ts FROM orders");
    assertThat(
            live("SELECT o.id, ROW_NUMBER() OVER (ORDER BY ts) AS n FROM orders o"
                    + " ORDER/**/BY id;")
                .strip())
        .isEqualTo("SELECT o.id, ROW_NUMBER() OVER (ORDER BY ts) AS n FROM orders o ;");
  }

  /** Flink says that all of these are final but the last two, and is wrong except for the first. */
  @ParameterizedTest
  @CsvSource({
    "ts, 1, ''",
    "'ts DESC, id', 1, TM-SQL-025",
    "'amount DESC, ts, id', 1, TM-SQL-025",
    "'amount DESC, id', 1, TM-SQL-025",
    "'CAST(ts AS TIMESTAMP(6)) DESC, id', 1, TM-SQL-025",
    "amount, 1, TM-SQL-025",
    "ts DESC, 1, ''",
    "'ts DESC, id', 2, ''"
  })
  void firstRowsThatFlinkTakesForFinalAndChangesAreRefused(String order, int first, String code) {
    LiveSql.Answer answer =
        SQL.live(
            "SELECT id, k, ts, amount, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k,"
                + " CAST(ts AS DATE) ORDER BY "
                + order
                + ") AS rn FROM orders) WHERE rn <= "
                + first,
            WHERE);

    assertThat(answer.problems().stream().map(Problem::code).toList())
        .isEqualTo(code.isEmpty() ? List.of() : List.of(code));
  }
}
