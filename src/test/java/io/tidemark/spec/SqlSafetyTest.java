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

  @Test
  void aSumOverAPartitionHasNoOrderEither() {
    assertThat(
            problems(
                Projects.PIPELINE, "SELECT id AS k, SUM(v) OVER (PARTITION BY w) AS x FROM others"))
        .containsExactly("TM-SQL-012");
  }
}
