package io.tidemark.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Analysis;
import io.tidemark.model.Analysis.Locality;
import io.tidemark.model.DatasetId;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the planner's relational plan says of a query, column by column. */
class SqlAnalysisTest {
  @TempDir Path folder;

  private Analysis of(String sql) {
    return Projects.analysis(folder, sql);
  }

  private static Map<String, Set<String>> reads(Analysis analysis) {
    return analysis.reads().entrySet().stream()
        .collect(Collectors.toMap(e -> e.getKey().value(), e -> e.getValue()));
  }

  private static Set<String> changed(Analysis before, Analysis after) {
    Set<String> changed = new TreeSet<>();
    before
        .columns()
        .forEach(
            (column, fingerprint) -> {
              if (!fingerprint.equals(after.columns().get(column))) {
                changed.add(column);
              }
            });
    return changed;
  }

  @Test
  void changingOneExpressionChangesThatColumnAlone() {
    Analysis before = of("SELECT id AS k, a + 1 AS x, b AS y FROM events WHERE b > 0");
    Analysis after = of("SELECT id AS k, a + 2 AS x, b AS y FROM events WHERE b > 0");

    assertThat(after.fingerprint()).isNotEqualTo(before.fingerprint());
    assertThat(after.rows()).isEqualTo(before.rows());
    assertThat(changed(before, after)).containsExactly("x");
  }

  @Test
  void changingTheFilterChangesTheRowsAndNoColumn() {
    Analysis before = of("SELECT id AS k, a AS x FROM events WHERE b > 0");
    Analysis after = of("SELECT id AS k, a AS x FROM events WHERE b > 1");

    assertThat(after.rows()).isNotEqualTo(before.rows());
    assertThat(changed(before, after)).isEmpty();
  }

  @Test
  void changingOneAggregateChangesThatColumnAlone() {
    String sql =
        "SELECT name AS k, SUM(a) AS x, COUNT(*) AS n, MAX(b) FILTER (WHERE a > %d) AS m"
            + " FROM events GROUP BY name";
    Analysis before = of(sql.formatted(1));
    Analysis after = of(sql.formatted(2));

    assertThat(after.rows()).isEqualTo(before.rows());
    assertThat(changed(before, after)).containsExactly("m");
  }

  @Test
  void changingTheGroupsChangesTheRows() {
    Analysis before = of("SELECT MAX(name) AS k, COUNT(*) AS n FROM events GROUP BY a");
    Analysis after = of("SELECT MAX(name) AS k, COUNT(*) AS n FROM events GROUP BY a, b");

    assertThat(after.rows()).isNotEqualTo(before.rows());
  }

  @Test
  void aTotalOverEverythingDependsOnTheFilterThroughItsRows() {
    Analysis before = of("SELECT COUNT(*) AS k FROM events WHERE a > 1");
    Analysis after = of("SELECT COUNT(*) AS k FROM events WHERE a > 2");

    assertThat(after.rows()).isNotEqualTo(before.rows());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "INNER JOIN others AS o ON o.id = e.id | LEFT JOIN others AS o ON o.id = e.id",
        "JOIN others AS o ON o.id = e.id | JOIN others AS o ON o.id = e.a",
        "WHERE e.id IN (SELECT id FROM others) | WHERE e.id IN (SELECT id FROM others WHERE v > 1)",
        "WHERE EXISTS (SELECT 1 FROM others o WHERE o.id = e.id)"
            + " | WHERE NOT EXISTS (SELECT 1 FROM others o WHERE o.id = e.id)",
        "WHERE EXISTS (SELECT 1 FROM others o WHERE o.id = e.id)"
            + " | WHERE EXISTS (SELECT 1 FROM others o WHERE o.id = e.a)",
        "ORDER BY e.id LIMIT 5 | ORDER BY e.id LIMIT 6",
        "ORDER BY e.id LIMIT 5 | ORDER BY e.id DESC LIMIT 5",
      })
  void whatDecidesTheRowsIsSeen(String one, String other) {
    Analysis before = of("SELECT e.id AS k, e.b AS x FROM events AS e " + one);
    Analysis after = of("SELECT e.id AS k, e.b AS x FROM events AS e " + other);

    assertThat(after.rows()).isNotEqualTo(before.rows());
    assertThat(after.fingerprint()).isNotEqualTo(before.fingerprint());
  }

  @Test
  void theSidesOfASelfJoinAreToldApart() {
    String sql = "SELECT l.id AS k, %s.a AS x FROM events l JOIN events r ON l.id = r.b";

    assertThat(changed(of(sql.formatted("l")), of(sql.formatted("r")))).containsExactly("x");
    assertThat(of("SELECT l.id AS k FROM events l JOIN events r ON l.b = r.id").rows())
        .isNotEqualTo(of("SELECT l.id AS k FROM events l JOIN events r ON l.id = r.b").rows());
  }

  @Test
  void orderAndFrameOfAWindowFunctionCount() {
    String sql =
        "SELECT id AS k, SUM(a) OVER (PARTITION BY name ORDER BY ts %s) AS x, b AS y FROM events";
    Analysis before = of(sql.formatted("ROWS BETWEEN 1 PRECEDING AND CURRENT ROW"));

    assertThat(changed(before, of(sql.formatted("ROWS BETWEEN 2 PRECEDING AND CURRENT ROW"))))
        .containsExactly("x");
    assertThat(reads(before).get("events")).containsExactly("a", "b", "id", "name", "ts");
  }

  @Test
  void branchesOfAUnionCount() {
    String sql =
        "SELECT id AS k, a AS x FROM events UNION ALL SELECT id, %s FROM events WHERE b > %d";
    Analysis before = of(sql.formatted("a", 1));

    assertThat(of(sql.formatted("a", 2)).rows()).isNotEqualTo(before.rows());
    Analysis otherColumn = of(sql.formatted("b", 1));
    assertThat(otherColumn.rows()).isEqualTo(before.rows());
    assertThat(changed(before, otherColumn)).containsExactly("x");
    assertThat(of(sql.replace("UNION ALL", "UNION").formatted("a", 1)).rows())
        .isNotEqualTo(of(sql.replace("UNION ALL", "UNION").formatted("b", 1)).rows());
  }

  @Test
  void aliasesAndCommonTableExpressionsAreNoLogic() {
    Analysis plain = of("SELECT id AS k, a + b AS x FROM events WHERE b > 0");
    Analysis wrapped =
        of(
            "WITH t AS (SELECT id, unused, a + b AS s, b AS c FROM events)"
                + " SELECT q.id AS k, q.s AS x FROM t AS q WHERE q.c > 0");

    assertThat(wrapped.rows()).isEqualTo(plain.rows());
    assertThat(wrapped.columns()).isEqualTo(plain.columns());
    assertThat(wrapped.reads()).isEqualTo(plain.reads());
  }

  @Test
  void readsNameEveryColumnUsedAndNoOther() {
    Analysis analysis =
        of(
            """
            WITH wide AS (SELECT e.*, c.label, c.extra FROM events AS e
                          JOIN codes AS c ON c.name = e.name)
            SELECT id AS k, label AS x, (SELECT MAX(o.v) FROM others o WHERE o.id = wide.id) AS m
            FROM wide WHERE b > 0
            """);

    assertThat(reads(analysis))
        .containsEntry("events", new TreeSet<>(Set.of("b", "id", "name")))
        .containsEntry("codes", new TreeSet<>(Set.of("label", "name")))
        .containsEntry("others", new TreeSet<>(Set.of("id", "v")));
    assertThat(analysis.lineage().get("x")).hasToString("[codes.label]");
    assertThat(analysis.lineage().get("m").toString()).contains("others.v");
  }

  @Test
  void lineageFollowsValuesAndNotFilters() {
    Analysis analysis =
        of(
            "SELECT name AS k, SUM(a * b) AS x, COUNT(*) AS n FROM events WHERE id > 0 GROUP BY"
                + " name");

    assertThat(analysis.lineage().get("k")).hasToString("[events.name]");
    assertThat(analysis.lineage().get("x")).hasToString("[events.a, events.b]");
    assertThat(analysis.lineage().get("n")).isEmpty();
    assertThat(reads(analysis).get("events")).containsExactly("a", "b", "id", "name");
  }

  @Test
  void aNewColumnOfAnInputChangesNothingUnlessItIsSelected() {
    String withNew = Projects.PIPELINE.replace("unused: STRING", "unused: STRING\n      more: INT");
    Analysis before = of("SELECT id AS k, a AS x FROM events");
    Analysis star = of("SELECT id AS k, events.* FROM events");

    assertThat(Projects.analysis(folder, withNew, "SELECT id AS k, a AS x FROM events"))
        .isEqualTo(before);
    assertThat(
            Projects.analysis(folder, withNew, "SELECT id AS k, events.* FROM events")
                .fingerprint())
        .isNotEqualTo(star.fingerprint());
  }

  @Test
  void aChangedTypeOfAColumnThatIsReadIsSeen() {
    Analysis before = of("SELECT id AS k, a AS x FROM events");
    Analysis after =
        Projects.analysis(
            folder,
            Projects.PIPELINE.replace("a: INT", "a: BIGINT"),
            "SELECT id AS k, a AS x FROM events");

    assertThat(after.fingerprint()).isNotEqualTo(before.fingerprint());
    assertThat(changed(before, after)).containsExactly("x");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "description: hello | same",
        "owner: me | same",
        "tier: critical | same",
        "expectations: [{not_null: [k]}] | same",
        "event_time: t | other",
        "schema: {k: BIGINT NOT NULL, t: TIMESTAMP(6)} | same",
        "schema: {k: BIGINT NOT NULL, t: TIMESTAMP(6) NOT NULL} | other",
      })
  void governanceNeverCausesWorkAndLayoutDoes(String key, String expected) {
    String sql = "SELECT id AS k, ts AS t FROM events";
    String pipeline = key.startsWith("event_time") ? key + "\n    partition: P1D" : key;
    Analysis before = of(sql);
    Analysis after =
        Projects.analysis(
            folder,
            Projects.PIPELINE.replace("    table: db.out", "    table: db.out\n    " + pipeline),
            sql);

    assertThat(after.fingerprint().equals(before.fingerprint())).isEqualTo(expected.equals("same"));
    assertThat(after.columns()).isEqualTo(before.columns());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SELECT id AS k, UPPER(name) AS x FROM events | ONE_TO_ONE",
        "SELECT id AS k, name AS x FROM events ORDER BY ts | ONE_TO_ONE",
        "SELECT id AS k, UPPER(name) AS x FROM events WHERE b > 0 | PRESERVED",
        "SELECT e.id AS k, c.label FROM events e JOIN codes c ON c.name = e.name | PRESERVED",
        "SELECT e.id AS k, c.label FROM events e LEFT JOIN codes c ON c.name = e.name | PRESERVED",
        "SELECT e.id AS k, window_start AS s FROM TUMBLE(TABLE events, DESCRIPTOR(ts),"
            + " INTERVAL '1' HOUR) AS e | PRESERVED",
        "SELECT e.id AS k, o.v FROM events e JOIN others o ON o.id = e.id | SHUFFLED",
        "SELECT name AS k, COUNT(*) AS n FROM events GROUP BY name | SHUFFLED",
        "SELECT DISTINCT name AS k FROM events | SHUFFLED",
        "SELECT id AS k, ROW_NUMBER() OVER (ORDER BY ts) AS n FROM events | SHUFFLED",
        "SELECT id AS k FROM events WHERE id IN (SELECT id FROM others) | SHUFFLED",
      })
  void localityIsKeptByRowWiseQueriesOnly(String sql, Locality expected) {
    assertThat(of(sql).locality()).isEqualTo(expected);
  }

  @Test
  void groupsAreKeysAlsoThroughLosslessCastsAndWithoutTheWindowsEnd() {
    Analysis analysis =
        Projects.out(
                folder,
                "name, t",
                """
                SELECT name, CAST(window_start AS TIMESTAMP_LTZ(6)) AS t, COUNT(*) AS n
                FROM TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' DAY)
                GROUP BY name, window_start, window_end
                """)
            .analysis();

    assertThat(analysis.uniqueKeys()).singleElement().asList().containsExactly("name", "t");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SELECT CAST(FLOOR(ts TO MONTH) AS DATE) AS k, COUNT(*) AS n FROM events"
            + " GROUP BY FLOOR(ts TO MONTH)",
        "SELECT CAST(FLOOR(ts TO DAY) AS DATE) AS k, COUNT(*) AS n FROM events"
            + " GROUP BY FLOOR(ts TO DAY)",
        "SELECT CAST(m AS DATE) AS k, n FROM (SELECT FLOOR(ts TO YEAR) AS m, COUNT(*) AS n"
            + " FROM events GROUP BY FLOOR(ts TO YEAR)) WHERE n > 1",
        "SELECT CAST(CAST(FLOOR(ts TO DAY) AS TIMESTAMP(6)) AS DATE) AS k, COUNT(*) AS n"
            + " FROM events GROUP BY FLOOR(ts TO DAY)",
      })
  void aDateOfAMidnightIsTheSameKey(String sql) {
    assertThat(of(sql).uniqueKeys()).singleElement().asList().containsExactly("k");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SELECT CAST(FLOOR(ts TO HOUR) AS DATE) AS k, COUNT(*) AS n FROM events"
            + " GROUP BY FLOOR(ts TO HOUR)",
        "SELECT CAST(ts AS DATE) AS k, COUNT(*) AS n FROM events GROUP BY ts",
        "SELECT id AS k FROM events",
        "SELECT CAST(b AS TINYINT) AS k FROM (SELECT b, COUNT(*) AS n FROM events GROUP BY b)",
        "SELECT name AS k FROM events GROUP BY name, a",
        "SELECT name AS k, COUNT(*) AS n FROM events GROUP BY GROUPING SETS ((name), ())",
        "SELECT e.k FROM (SELECT name AS k FROM events GROUP BY name) e, others",
      })
  void whatIsNotProvenIsNoKey(String sql) {
    assertThat(of(sql).uniqueKeys()).isEmpty();
  }

  @Test
  void windowsOfTwoSidesDoNotStandForOneAnother() {
    Analysis analysis =
        of(
            """
            SELECT l.window_start AS k, COUNT(*) AS n
            FROM TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' DAY) AS l
            JOIN TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' DAY) AS r ON l.id = r.id
            GROUP BY l.window_start, r.window_end
            """);

    assertThat(analysis.uniqueKeys()).isEmpty();
  }

  @Test
  void functionsOfTheirArgumentsAloneAreDeterministic() {
    assertThat(
            of("SELECT id AS k, UNIX_TIMESTAMP(name) AS u, DATE_FORMAT(ts, 'yyyy') AS y,"
                    + " TO_TIMESTAMP_LTZ(a, 3) AS t  FROM events")
                .columns())
        .hasSize(4);
  }

  @Test
  void inputsAreFoundInTheOrderOfTheTextAndNotInWithNames() {
    assertThat(
            Projects.out(
                    folder,
                    "k",
                    """
                    WITH codes AS (SELECT id FROM others)
                    SELECT e.id AS k FROM events AS e JOIN codes ON codes.id = e.id
                    """)
                .inputs())
        .containsExactly(DatasetId.of("others"), DatasetId.of("events"));
  }

  /** Other values here mean that everything on every lake would be recomputed once. */
  @Test
  void fingerprintsAreTheSameInEveryProcessAndVersion() {
    Analysis analysis =
        of(
            "SELECT name AS k, SUM(a) FILTER (WHERE b > 1) AS x, COUNT(DISTINCT id) AS n"
                + " FROM events WHERE ts < TIMESTAMP '2020-01-01 00:00:00' GROUP BY name");

    assertThat(analysis.fingerprint().abbreviated()).isEqualTo("61dfe501096a");
    assertThat(analysis.rows().abbreviated()).isEqualTo("41bbdd13308c");
    assertThat(analysis.columns().get("x").abbreviated()).isEqualTo("4dc8ef41d977");
  }
}
