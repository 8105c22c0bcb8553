package io.tidemark.job.build;

import static io.tidemark.testing.JobBed.at;
import static io.tidemark.testing.JobBed.months;
import static io.tidemark.testing.JobBed.row;
import static io.tidemark.testing.JobBed.sliced;
import static org.apache.flink.table.api.Expressions.$;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.job.JobMain;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Dataset;
import io.tidemark.model.Expectation;
import io.tidemark.model.Grain;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.SliceSet;
import io.tidemark.model.SliceStats;
import io.tidemark.model.Stamp;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import io.tidemark.sdk.TransformContext;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.Table;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a build makes of its slices, and counts. */
class BuildIT {
  private static JobBed bed;

  @BeforeAll
  static void open(@TempDir Path dir) {
    bed = JobBed.open(dir);
  }

  @AfterAll
  static void close() {
    bed.close();
  }

  @Test
  void replacesExactlyTheSlicesAskedForAndCountsTheRest() {
    Dataset events = bed.events("events1");
    Dataset out =
        bed.dataset(
            "out1",
            sliced("at", Grain.MONTH, Grain.MONTH),
            "id BIGINT NOT NULL",
            "at TIMESTAMP(6)",
            "twice INT");
    bed.append(
        out,
        List.of(
            row(90L, at("2001-01-02T00:00:00Z"), 0),
            row(91L, at("2001-03-02T00:00:00Z"), 0),
            row(92L, at("2001-04-02T00:00:00Z"), 0)));
    JobSpec.Build job =
        bed.sql(
            "r1/build-out1-1",
            "SELECT id, `at`, amount * 2 AS twice FROM events1",
            out,
            months("2001-01..2001-02,2001-04"),
            bed.input(
                events,
                TimeRanges.of(
                    new TimeRange(at("2001-01-01T00:00:00Z"), at("2001-03-31T00:00:00Z")))));

    JobResult.Built result = bed.built(job);

    assertThat(bed.rows(out))
        .containsExactly(
            "[1, 2001-01-05T00:00, 20]",
            "[2, 2001-01-31T23:59:59.999999, 40]",
            "[3, 2001-02-01T00:00, 60]",
            "[91, 2001-03-02T00:00, 0]");
    assertThat(result.rowsIn()).containsExactly(4L);
    assertThat(result.rowsOutside()).isEqualTo(1);
    assertThat(result.slices()).extracting(SliceStats::rows).containsExactly(2L, 1L, 0L);
    assertThat(result.slices().get(2).earliest()).isEmpty();
    assertThat(result.slices().get(0).latest()).contains(at("2001-01-31T23:59:59.999999Z"));
    assertThat(bed.stamp(job).content().sliceSet()).isEqualTo(job.output().slices());
    assertThat(bed.fixture().rows(out.table())).as("main is untouched").hasSize(3);
  }

  @Test
  void timesAreReadInTheDeclaredPrecisionAndStillFilteredByTheScan() {
    Dataset events =
        bed.dataset(
            "fine",
            sliced("at", Grain.MONTH, Grain.MONTH),
            "id BIGINT NOT NULL",
            "at TIMESTAMP_LTZ(3) NOT NULL",
            "seen TIMESTAMP(0)",
            "exact TIMESTAMP(6)");
    bed.append(
        events,
        List.of(
            row(
                1L,
                at("2001-01-05T00:00:00.123456Z"),
                at("2001-01-05T00:00:01.999999Z"),
                at("2001-01-05T00:00:00.123456Z")),
            row(2L, at("2001-01-31T23:59:59.999999Z"), null, null)));
    bed.append(events, List.of(row(3L, at("2001-02-01T00:00:00Z"), null, null)));
    Dataset out =
        bed.dataset(
            "coarse",
            sliced("at", Grain.MONTH, Grain.MONTH),
            "id BIGINT NOT NULL",
            "at TIMESTAMP_LTZ(3) NOT NULL",
            "text STRING",
            "minute_start TIMESTAMP_LTZ(3)");
    SliceSet january = months("2001-01");

    JobResult.Built result =
        bed.built(
            bed.sql(
                "r1/coarse",
                "SELECT id, `at`, CAST(seen AS STRING) || ' ' || CAST(`exact` AS STRING) AS text,"
                    + " window_start AS minute_start"
                    + " FROM TUMBLE(TABLE fine, DESCRIPTOR(`at`), INTERVAL '1' MINUTE)",
                out,
                january,
                bed.input(events, january.ranges())));

    assertThat(bed.rows(out))
        .containsExactly(
            "[1, 2001-01-05T00:00:00.123Z, 2001-01-05 00:00:01 2001-01-05 00:00:00.123456,"
                + " 2001-01-05T00:00Z]",
            "[2, 2001-01-31T23:59:59.999Z, null, 2001-01-31T23:59Z]");
    assertThat(result.rowsIn()).containsExactly(2L);
  }

  @Test
  void windowsOverSeveralRangesGiveTheSameHashAtAnyParallelism() throws Exception {
    Dataset events =
        bed.dataset(
            "clicks", sliced("at", Grain.MONTH, Grain.MONTH), "id BIGINT", "at TIMESTAMP_LTZ(6)");
    for (int file = 0; file < 3; file++) {
      List<List<Object>> rows = new ArrayList<>();
      for (long i = 0; i < 500; i++) {
        rows.add(row(i % 7, at("2001-01-01T00:00:00Z").plusSeconds((i * 3 + file) * 7_001)));
      }
      bed.append(events, rows);
    }
    String query =
        """
        SELECT id, CAST(window_start AS TIMESTAMP_LTZ(6)) AS hour_start, COUNT(*) AS clicks
        FROM TUMBLE(TABLE clicks, DESCRIPTOR(`at`), INTERVAL '1' HOUR)
        GROUP BY id, window_start, window_end
        """;
    SliceSet slices = months("2001-01,2001-03..2001-04");
    List<JobResult.Built> results = new ArrayList<>();
    for (String name : List.of("hours1", "hours2")) {
      Dataset out =
          bed.dataset(
              name,
              sliced("hour_start", Grain.DAY, Grain.MONTH),
              "id BIGINT",
              "hour_start TIMESTAMP_LTZ(6)",
              "clicks BIGINT");
      JobSpec.Build job =
          bed.sql("r1/" + name, query, out, slices, bed.input(events, slices.ranges()));
      if (name.equals("hours1")) {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1);
        JobMain.compose(job, env);
        env.execute();
        results.add(bed.result(job));
      } else {
        results.add(bed.built(job));
      }
      assertThat(bed.stamp(job).content().slices())
          .extracting(Stamp.SliceDigest::hash)
          .containsExactlyElementsOf(
              results.get(0).slices().stream().map(SliceStats::hash).toList());
    }
    assertThat(results.get(1).slices()).isEqualTo(results.get(0).slices());
    assertThat(results.get(0).rowsIn()).isEqualTo(results.get(1).rowsIn());
    List<String> inside =
        bed.fixture().rows(events.table()).stream()
            .filter(r -> r.contains("2001-01-") || r.contains("2001-03-") || r.contains("2001-04-"))
            .toList();
    assertThat(results.get(0).rowsIn()).containsExactly((long) inside.size());
    double clicks =
        results.get(0).slices().stream().mapToDouble(s -> s.metrics().get(2).sum()).sum();
    assertThat(clicks).isEqualTo(inside.size());
  }

  @Test
  void manyPartitionsInAnyOrderGetOneFileEach() {
    Dataset numbers = bed.dataset("numbers", Layout.unsliced(), "n BIGINT");
    List<List<Object>> rows = new ArrayList<>();
    for (long i = 0; i < 800; i++) {
      rows.add(row((i * 7919) % 800));
    }
    bed.append(numbers, rows);
    Dataset out = bed.dataset("wide", sliced("day", Grain.DAY, Grain.DAY), "n BIGINT", "day DATE");
    SliceSet slices = SliceSet.range(Grain.DAY, -200, 200);

    JobResult.Built result =
        bed.built(
            bed.sql(
                "r1/wide",
                "SELECT n, TIMESTAMPADD(DAY, CAST(n / 2 AS INT) - 200, DATE '1970-01-01') AS `day`"
                    + " FROM numbers",
                out,
                slices,
                bed.input(numbers)));

    assertThat(result.slices()).hasSize(400).allMatch(s -> s.rows() == 2);
    long head = bed.fixture().head(out.table(), JobBed.BRANCH);
    assertThat(LakeFixture.files(bed.fixture().table(out.table()), head))
        .as("a partition's rows come together, so no more than one file is open")
        .hasSize(400);
  }

  @Test
  void checksAreEvaluatedInTheSamePass() {
    Dataset events = bed.events("events2");
    Dataset out =
        bed.dataset(
            "out2",
            sliced("at", Grain.MONTH, Grain.MONTH),
            "id BIGINT",
            "at TIMESTAMP(6)",
            "amount INT",
            "label STRING");
    JobSpec.Build job =
        JobBed.checked(
            bed.sql(
                "r1/out2",
                "SELECT id, `at`, amount, CASE id WHEN 1 THEN 'it''s' WHEN 2 THEN 'b' END AS label"
                    + " FROM events2",
                out,
                months("2001-01..2001-04"),
                bed.input(events)),
            error("nulls", new Expectation.NotNull(List.of("amount"))),
            error("labels", new Expectation.AcceptedValues("label", List.of("it's", "c"))),
            error("ids", new Expectation.AcceptedValues("id", List.of("1", "2", "3", "4"))),
            error("range", new Expectation.InRange("amount", Optional.of("20"), Optional.empty())),
            error("rows", rowCount(1, 1)),
            error("sql", new Expectation.SqlPredicate("amount > 10 -- and more")));

    List<CheckOutcome> checks = bed.built(job).checks();

    assertThat(checks)
        .extracting(CheckOutcome::expectation)
        .containsExactly("nulls", "labels", "ids", "range", "sql", "rows", "conservation");
    assertThat(checks)
        .extracting(CheckOutcome::violations)
        .containsExactly(1L, 1L, 0L, 1L, 2L, 2L, 0L);
    long january = Grain.MONTH.ordinal(at("2001-01-01T00:00:00Z"));
    assertThat(checks.get(0).slices()).containsExactly(january + 2);
    assertThat(checks.get(4).slices()).containsExactly(january, january + 2);
    assertThat(checks.get(5).slices()).containsExactly(january, january + 3);
    assertThat(checks.get(3).detail()).isEqualTo("1 rows in 1 of 4 slices");
  }

  private static Expectation error(String name, Expectation.Rule rule) {
    return new Expectation(name, Expectation.Severity.ERROR, rule);
  }

  private static Expectation.Rule rowCount(double min, double max) {
    return new Expectation.RowCount(
        Optional.of(min), Optional.of(max), Expectation.RowCount.Basis.ABSOLUTE);
  }

  @Test
  void timesFarFromNowFallInTheirSlices() {
    Dataset old =
        bed.dataset(
            "ancient",
            new Layout(Optional.of("at"), Grain.ALL, Grain.YEAR),
            "id INT",
            "at TIMESTAMP_LTZ(6)");
    bed.append(
        old,
        List.of(
            row(1, at("1969-12-31T23:59:59.999999Z")),
            row(2, at("1970-01-01T00:00:00Z")),
            row(3, at("0033-04-03T12:00:00Z")),
            row(4, at("2262-04-12T00:00:00Z")),
            row(5, at("9998-12-31T23:59:59Z")),
            // Iceberg's own transform would put this into the year before.
            row(6, at("1960-01-01T00:00:00.999999Z")),
            row(7, at("1960-06-01T00:00:00Z"))));
    Dataset out =
        bed.dataset(
            "far", sliced("at", Grain.YEAR, Grain.YEAR), "id INT", "at TIMESTAMP_LTZ(6)", "l DATE");
    SliceSet slices = SliceSet.parse(Grain.YEAR, "0033,1960,1969..1970,2262,9998");

    JobResult.Built result =
        bed.built(
            bed.sql(
                "r1/far",
                "SELECT id, `at`, CAST(`at` AS DATE) AS l FROM ancient",
                out,
                slices,
                bed.input(old, slices.ranges())));

    assertThat(result.rowsOutside()).isZero();
    assertThat(result.slices())
        .extracting(SliceStats::rows)
        .containsExactly(1L, 2L, 1L, 1L, 1L, 1L);
    assertThat(
            LakeFixture.files(
                bed.fixture().table(out.table()), bed.fixture().head(out.table(), JobBed.BRANCH)))
        .extracting(f -> f.partition().get(0, Integer.class))
        .contains(-10)
        .doesNotContain(-11);
    assertThat(bed.rows(out))
        .containsExactly(
            "[1, 1969-12-31T23:59:59.999999Z, 1969-12-31]",
            "[2, 1970-01-01T00:00Z, 1970-01-01]",
            "[3, 0033-04-03T12:00Z, 0033-04-03]",
            "[4, 2262-04-12T00:00Z, 2262-04-12]",
            "[5, 9998-12-31T23:59:59Z, 9998-12-31]",
            "[6, 1960-01-01T00:00:00.999999Z, 1960-01-01]",
            "[7, 1960-06-01T00:00Z, 1960-06-01]");
  }

  @Test
  void namesMayHoldQuotesAndTypesMayBeOdd() {
    Dataset in = bed.dataset("plain", Layout.unsliced(), "n INT");
    bed.append(in, List.of(row(1)));
    Dataset out =
        bed.dataset(
            "odd",
            Layout.unsliced(),
            "it's_`a`_\"name\" BOOLEAN",
            "select DECIMAL(38, 10)",
            "b BYTES",
            "list ARRAY<INT>",
            "tags MAP<STRING, DOUBLE>",
            "pair ROW<`x` INT, `y` STRING>",
            "f FLOAT",
            "nothing STRING");
    String query =
        """
        SELECT TRUE AS `it's_``a``_"name"`, CAST(n AS DECIMAL(38, 10)) / 3 AS `select`,
          X'00FF' AS b, ARRAY[n, 2] AS `list`, MAP['k', 1.5E0] AS tags,
          CAST(ROW(n, 'y') AS ROW<`x` INT, `y` STRING>) AS pair, CAST(0.1 AS FLOAT) AS f,
          CAST(NULL AS STRING) AS nothing
        FROM plain
        """;
    SliceSet all = SliceSet.range(Grain.ALL, 0, 1);
    JobResult.Built first = bed.built(bed.sql("r1/odd-1", query, out, all, bed.input(in)));
    JobResult.Built again = bed.built(bed.sql("r1/odd-2", query, out, all, bed.input(in)));

    assertThat(bed.rows(out)).as("replaced, not added").hasSize(1);
    assertThat(bed.rows(out).get(0)).startsWith("[true, 0.3333333333, ").endsWith(", 0.1, null]");
    assertThat(again.slices()).isEqualTo(first.slices());
    assertThat(first.slices().get(0).metrics().get(7).nulls()).isEqualTo(1);
  }

  @Test
  void anEmptyInputEmptiesTheSlices() {
    Dataset none = bed.dataset("void_of_rows", Layout.unsliced(), "id BIGINT", "at TIMESTAMP(6)");
    Dataset out =
        bed.dataset("out3", sliced("at", Grain.MONTH, Grain.MONTH), "id BIGINT", "at TIMESTAMP(6)");
    bed.append(out, List.of(row(1L, at("2001-01-01T00:00:00Z"))));

    JobResult.Built result =
        bed.built(
            bed.sql(
                "r1/out3",
                "SELECT * FROM void_of_rows",
                out,
                months("2001-01..2001-02"),
                bed.input(none)));

    assertThat(result.slices()).extracting(SliceStats::rows).containsExactly(0L, 0L);
    assertThat(bed.rows(out)).isEmpty();
    assertThat(bed.fixture().rows(out.table())).hasSize(1);
  }

  @Test
  void javaTransformsRunOnBothApis() {
    Dataset events = bed.events("events4");
    Dataset out =
        bed.dataset("out4", sliced("at", Grain.MONTH, Grain.MONTH), "id BIGINT", "at TIMESTAMP(6)");
    for (Class<?> type : List.of(OnTables.class, OnStreams.class)) {
      JobSpec.Build job =
          bed.build(
              "r1/out4-" + type.getSimpleName(),
              new Transform.JavaClass(type.getName(), List.of()),
              out,
              months("2001-01..2001-03"),
              bed.input(events));
      assertThat(bed.built(job).rowsIn()).containsExactly(4L);
      assertThat(bed.rows(out))
          .containsExactly(
              "[100, 2001-01-05T00:00]",
              "[200, 2001-01-31T23:59:59.999999]",
              "[300, 2001-02-01T00:00]",
              "[400, 2001-03-15T12:00]");
    }
  }

  /** Multiplies ids. */
  public static final class OnTables implements io.tidemark.sdk.Transform {
    private static final long serialVersionUID = 1;

    @Override
    public Table apply(TransformContext context) {
      return context.input("events4").select($("id").times(100).as("id"), $("at"));
    }
  }

  /** Multiplies ids. */
  public static final class OnStreams implements io.tidemark.sdk.Transform {
    private static final long serialVersionUID = 1;

    @Override
    public Table apply(TransformContext context) {
      return context
          .tables()
          .fromDataStream(
              context.stream("events4")
                  .map(r -> Row.of(100 * (Long) r.getField("id"), r.getField("at")))
                  .returns(
                      Types.ROW_NAMED(
                          new String[] {"id", "at"}, Types.LONG, Types.LOCAL_DATE_TIME)));
    }
  }
}
