package io.tidemark.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which queries give the same slice whatever else is recomputed, and in whatever order. */
class SqlSafetyTest {
  private static final String SLICED =
      Projects.PIPELINE.replace(
          "table: db.out", "table: db.out\n    event_time: t\n    partition: P1D");

  @TempDir Path folder;

  private List<String> problems(String pipeline, String sql) {
    try {
      Projects.analysis(folder, pipeline, sql);
      return List.of();
    } catch (TidemarkException e) {
      return e.problems().stream().map(Problem::code).toList();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "FROM events e JOIN others o ON o.id = e.id AND o.`at` = e.ts",
        "FROM events e JOIN others o ON o.id = e.id AND e.ts = o.`at`",
        "FROM events e LEFT JOIN others o"
            + " ON o.id = e.id AND FLOOR(o.`at` TO DAY) = FLOOR(e.ts TO DAY)",
        "FROM events e, others o WHERE o.id = e.id AND CAST(o.`at` AS DATE) = CAST(e.ts AS DATE)",
        "FROM events e, codes c, others o WHERE o.id = e.id AND c.name = e.name AND o.`at` = e.ts",
        "FROM events e, others o, others p WHERE o.`at` = e.ts AND p.`at` = o.`at`",
        "FROM events e JOIN others o ON YEAR(o.`at`) = YEAR(e.ts)"
            + " AND MONTH(o.`at`) = MONTH(e.ts) AND DAYOFMONTH(e.ts) = DAYOFMONTH(o.`at`)",
        "FROM events e JOIN others o ON FLOOR(o.`at` TO DAY) ="
            + " CAST(CAST(e.ts AS DATE) AS TIMESTAMP(6))",
        "FROM events e JOIN codes c ON c.name = e.name",
        "FROM events e WHERE e.name IN (SELECT name FROM codes)",
        "FROM events e WHERE (e.id, e.ts) IN (SELECT id, `at` FROM others)",
        "FROM events e WHERE EXISTS (SELECT 1 FROM others o WHERE o.`at` = e.ts AND o.id = e.id)",
        "FROM (SELECT * FROM TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' HOUR)) e JOIN"
            + " (SELECT * FROM TUMBLE(TABLE others, DESCRIPTOR(`at`), INTERVAL '1' HOUR)) o ON"
            + " o.id = e.id AND o.window_start = e.window_start AND o.window_end = e.window_end",
      })
  void joinsThatShareEventTimeAreTaken(String from) {
    assertThat(problems(SLICED, "SELECT e.id AS k, e.ts AS t " + from)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "FROM events e JOIN others o ON o.id = e.id",
        "FROM events e LEFT JOIN others o ON o.id = e.id AND o.`at` > e.ts",
        "FROM events e JOIN others o ON o.id = e.id AND o.`at` = TIMESTAMP '2001-01-01 00:00:00'",
        "FROM events e JOIN others o ON o.id = e.id"
            + " AND o.`at` BETWEEN e.ts AND e.ts + INTERVAL '1' HOUR",
        "FROM events e JOIN others o ON FLOOR(o.`at` TO MONTH) = FLOOR(e.ts TO MONTH)",
        "FROM events e JOIN others o ON FLOOR(o.`at` TO DAY) = FLOOR(e.ts TO MONTH)",
        "FROM events e JOIN others o ON o.`at` = e.ts + INTERVAL '1' DAY",
        "FROM events e LEFT JOIN others p ON p.`at` = e.ts LEFT JOIN others o"
            + " ON o.`at` IS NOT DISTINCT FROM p.`at`",
        "FROM events e JOIN others o ON EXTRACT(HOUR FROM o.`at`) = EXTRACT(HOUR FROM e.ts)",
        "FROM events e JOIN others o ON YEAR(o.`at`) = YEAR(e.ts)"
            + " AND MONTH(o.`at`) = DAYOFMONTH(e.ts) AND DAYOFMONTH(o.`at`) = MONTH(e.ts)",
        "FROM events e, others o WHERE o.id = e.id",
        "FROM events e JOIN events o ON o.id = e.id",
        "FROM events e, others o, others p WHERE o.`at` = e.ts AND p.id = o.id",
        "FROM events e WHERE e.id IN (SELECT id FROM others)",
        "FROM events e WHERE EXISTS (SELECT 1 FROM others o WHERE o.id = e.id)",
      })
  void joinsOverSlicesNeedALookback(String from) {
    String sql = "SELECT e.id AS k, e.ts AS t " + from;
    assertThat(problems(SLICED, sql)).isNotEmpty().containsOnly("TM-SPEC-063");

    assertThat(problems(SLICED.replace("sql: out.sql", "sql: out.sql\n    lookback: PT1H"), sql))
        .isEmpty();
    assertThat(problems(Projects.PIPELINE, sql)).isEmpty();
  }

  /** Of slices of a day, except where another slice is named first. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ts",
        "FLOOR(ts TO DAY)",
        "FLOOR(ts TO HOUR)",
        "CAST(ts AS DATE)",
        "CAST(ts AS TIMESTAMP_LTZ(3))",
        "CAST(ts AS STRING)",
        "CAST(FLOOR(CAST(ts AS TIMESTAMP_LTZ(6)) TO DAY) AS DATE)",
        "ts + INTERVAL '5' HOUR",
        "DATE_FORMAT(ts, 'yyyy-MM-dd')",
        "DATE_FORMAT(ts, 'dd.MM.yyyy HH')",
        "YEAR(ts), MONTH(ts), DAYOFMONTH(ts)",
        "EXTRACT(YEAR FROM ts), EXTRACT(DOY FROM ts)",
        "name, DATE_FORMAT(ts, 'yyyyMM'), EXTRACT(DAY FROM ts)",
        "TUMBLE(ts, INTERVAL '6' HOUR)",
        "PT1H: FLOOR(ts TO HOUR)",
        "PT1H: DATE_FORMAT(ts, 'yyyyMMddHH')",
        "P1M: FLOOR(ts TO MONTH)",
        "P1M: YEAR(ts), MONTH(ts)",
        "P1M: DATE_FORMAT(ts, 'MM/yyyy')",
        "P1Y: YEAR(ts)",
        "P1Y: FLOOR(ts TO QUARTER)",
        "all: EXTRACT(HOUR FROM ts)",
        "all: name",
      })
  void keysThatTellTheSliceAreTaken(String keys) {
    assertThat(grouped(keys, slicedBy(keys))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "FLOOR(ts TO MONTH)",
        "FLOOR(ts TO WEEK)",
        "CEIL(ts TO DAY)",
        "EXTRACT(HOUR FROM ts)",
        "YEAR(ts), MONTH(ts)",
        "MONTH(ts), DAYOFMONTH(ts)",
        "DATE_FORMAT(ts, 'HH')",
        "DATE_FORMAT(ts, 'yyyy-MM')",
        "DATE_FORMAT(ts, 'yyyyMd')",
        "DATE_FORMAT(ts, name)",
        "MOD(EXTRACT(DAY FROM ts), 7)",
        "CAST(ts AS TIME)",
        "CAST(ts AS VARCHAR(7))",
        "FLOOR(ts + INTERVAL '5' HOUR TO DAY)",
        "CAST(ts + INTERVAL '5' HOUR AS DATE)",
        "CASE WHEN b > 1 THEN ts END",
        "CONVERT_TZ(CAST(ts AS STRING), 'UTC', 'Asia/Tokyo')",
        "ROLLUP(FLOOR(ts TO DAY), name)",
        "PT1H: FLOOR(ts TO DAY)",
        "P1M: YEAR(ts)",
        "P1M: DATE_FORMAT(ts, 'MMM yyyy')",
        "P1M: FLOOR(ts TO QUARTER)",
        "P1Y: FLOOR(ts TO WEEK)",
      })
  void keysThatReachOverSlicesAreNot(String keys) {
    assertThat(grouped(keys, slicedBy(keys))).isNotEmpty().containsOnly("TM-SPEC-062");

    assertThat(grouped(keys, slicedBy(keys).replace("out.sql", "out.sql\n    lookback: P7D")))
        .isEmpty();
  }

  private static String slicedBy(String keys) {
    int colon = keys.startsWith("P") || keys.startsWith("all:") ? keys.indexOf(": ") : -1;
    String slice = colon < 0 ? "P1D" : keys.substring(0, colon);
    return slice.equals("all")
        ? Projects.PIPELINE
        : SLICED.replace("t\n    partition: P1D", "t\n    partition: " + slice);
  }

  private List<String> grouped(String keys, String pipeline) {
    String by = keys.replaceFirst("^(P\\w+|all): ", "");
    return problems(
        pipeline, "SELECT MAX(id) AS k, MAX(ts) AS t, COUNT(*) AS n FROM events GROUP BY " + by);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT id AS k, ts AS t FROM events UNION SELECT id, `at` FROM others",
        "SELECT MAX(id) AS k, MAX(t) AS t FROM (SELECT id, ts AS t FROM events UNION ALL"
            + " SELECT id, `at` FROM others) AS u GROUP BY FLOOR(t TO DAY)",
        "SELECT DISTINCT id AS k, FLOOR(ts TO HOUR) AS t FROM events",
        "SELECT id AS k, ts AS t, COUNT(*) OVER (PARTITION BY CAST(ts AS DATE)) AS n FROM events",
        "SELECT MAX(e.id) AS k, MAX(e.ts) AS t FROM events e LEFT JOIN others o ON o.`at` = e.ts"
            + " GROUP BY e.ts",
        "SELECT MAX(n) AS k, d AS t FROM (SELECT name, FLOOR(ts TO DAY) AS d, COUNT(*) AS n"
            + " FROM events GROUP BY name, FLOOR(ts TO DAY)) AS x GROUP BY d",
        "SELECT MAX(id) AS k, window_start AS t FROM TUMBLE(TABLE events, DESCRIPTOR(ts),"
            + " INTERVAL '1' HOUR) GROUP BY CAST(window_start AS DATE), window_start",
      })
  void theTimeIsFollowedThroughTheQuery(String sql) {
    assertThat(problems(SLICED, sql)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT id AS k, ts AS t FROM events UNION SELECT id, ts FROM"
            + " (SELECT id, TIMESTAMP '2001-01-01 00:00:00' AS ts FROM others) AS x",
        "SELECT DISTINCT id AS k, FLOOR(ts TO MONTH) AS t FROM events",
        "SELECT id AS k, ts AS t, COUNT(*) OVER (PARTITION BY FLOOR(ts TO YEAR)) AS n FROM events",
        "SELECT MAX(e.id) AS k, MAX(e.ts) AS t FROM events e LEFT JOIN others o ON o.`at` = e.ts"
            + " GROUP BY o.`at`",
        "SELECT MAX(e.id) AS k, MAX(e.ts) AS t FROM events e JOIN others o ON o.`at` = e.ts"
            + " GROUP BY FLOOR(e.ts TO MONTH), EXTRACT(DAY FROM o.`at`)",
        "SELECT MAX(id) AS k, MAX(ts) AS t FROM TUMBLE(TABLE events, DESCRIPTOR(ts),"
            + " INTERVAL '1' HOUR) GROUP BY CAST(window_end AS DATE)",
      })
  void theTimeIsNotTakenForAnother(String sql) {
    assertThat(problems(SLICED, sql)).isNotEmpty().containsOnly("TM-SPEC-062");
  }

  @Test
  void theJoinIsNamedAtItsPlace() {
    String sql = "SELECT e.id AS k, e.ts AS t\nFROM events e\n  JOIN others o USING (id)";

    TidemarkException e =
        catchThrowableOfType(TidemarkException.class, () -> Projects.analysis(folder, SLICED, sql));

    assertThat(e.problems())
        .singleElement()
        .extracting(p -> p.where().orElseThrow().toString())
        .isEqualTo("jobs/test/out.sql:3:3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SUM(CAST(e.a AS DOUBLE))",
        "AVG(CAST(e.b AS DOUBLE))",
        "AVG(CAST(e.id AS DOUBLE)) FILTER (WHERE e.b > 1)",
        "SUM(CASE WHEN e.b > 1 THEN CAST(e.b AS DOUBLE) END)",
        "SUM(CASE WHEN e.b > 1 THEN 1E0 ELSE 0E0 END)",
        "SUM(CAST(o.v AS DECIMAL(38, 9)))",
        "CAST(AVG(CAST(o.v AS DECIMAL(38, 9))) AS DOUBLE)",
        "MAX(o.v)",
        "COUNT(o.v)",
        "CAST(SUM(e.b) AS DOUBLE) / COUNT(*)",
      })
  void exactSumsAreTaken(String sum) {
    assertThat(problems(Projects.PIPELINE, grouped(sum))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SUM(o.v)",
        "AVG(o.v)",
        "SUM(DISTINCT o.v)",
        "SUM(CAST(o.v AS FLOAT))",
        "SUM(CAST(e.b AS DOUBLE) / 3)",
        "SUM(CASE WHEN e.b > 1 THEN 0.1E0 ELSE 0E0 END)",
        "STDDEV_POP(o.v)",
        "VAR_SAMP(o.v)",
        "1 + SUM(o.v) FILTER (WHERE e.b > 1)",
      })
  void sumsOfFloatingPointNumbersAreNot(String sum) {
    assertThat(problems(Projects.PIPELINE, grouped(sum))).containsExactly("TM-SQL-012");
  }

  private static String grouped(String sum) {
    return "SELECT e.name AS k, "
        + sum
        + " AS x FROM events e JOIN others o ON o.id = e.id GROUP BY e.name";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT id AS k, ts AS t FROM SESSION(TABLE events PARTITION BY id, DESCRIPTOR(ts),"
            + " INTERVAL '5' MINUTE)",
        "SELECT id AS k, t FROM events MATCH_RECOGNIZE (PARTITION BY id ORDER BY ts"
            + " MEASURES LAST(B.ts) AS t ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW"
            + " PATTERN (A B) DEFINE B AS B.name <> A.name)",
      })
  void functionsOfAWholeTableNeedALookback(String sql) {
    assertThat(problems(SLICED, sql)).containsExactly("TM-SPEC-062");
  }

  @Test
  void anUnnestedArrayStaysInItsRow() {
    assertThat(
            problems(
                SLICED,
                "SELECT e.id AS k, e.ts AS t FROM events e"
                    + " CROSS JOIN UNNEST(ARRAY[e.id, 1]) AS u (x)"))
        .isEmpty();
  }

  @Test
  void aSumOverAPartitionHasNoOrderEither() {
    assertThat(
            problems(
                Projects.PIPELINE, "SELECT id AS k, SUM(v) OVER (PARTITION BY w) AS x FROM others"))
        .containsExactly("TM-SQL-012");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "RANGE BETWEEN INTERVAL '3' DAY PRECEDING AND CURRENT ROW",
        "RANGE INTERVAL '3' HOUR PRECEDING",
      })
  void aRangeOfTimeAroundEachRowIsRefusedSinceBuildsCannotRunIt(String range) {
    assertThat(problems(Projects.PIPELINE, over(range))).containsExactly("TM-SQL-026");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
        "ROWS BETWEEN 3 PRECEDING AND CURRENT ROW",
      })
  void otherFramesAreTaken(String frame) {
    assertThat(problems(Projects.PIPELINE, over(frame))).isEmpty();
  }

  private static String over(String frame) {
    return "SELECT name AS k, COUNT(b) OVER (PARTITION BY name ORDER BY ts "
        + frame
        + ") AS x"
        + " FROM events";
  }
}
