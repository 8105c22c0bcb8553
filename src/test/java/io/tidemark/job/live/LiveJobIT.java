package io.tidemark.job.live;

import static io.tidemark.testing.JobBed.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.KafkaBroker;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ExceptionUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class LiveJobIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  @TempDir Path dir;

  private static final String PLAIN = "SELECT id, `at`, amount * 2 AS amount, code FROM payments";

  private static final String TENS =
      """
      SELECT window_start AS `at`, SUM(amount) AS amount, COUNT(*) AS n
      FROM TUMBLE(TABLE payments, DESCRIPTOR(`at`), INTERVAL '10' MINUTES)
      GROUP BY window_start, window_end\
      """;

  private static final String HOURS =
      """
      SELECT FLOOR(`at` TO HOUR) AS `at`, SUM(amount) AS amount, COUNT(*) AS n
      FROM payments GROUP BY FLOOR(`at` TO HOUR)\
      """;

  private static final String NAMED =
      "SELECT p.id, p.`at`, c.name FROM payments AS p LEFT JOIN codes %sAS c ON p.code = c.code";

  private static final String CHAINED =
      """
      SELECT window_start AS `at`, SUM(amount) AS amount, COUNT(*) AS n
      FROM TUMBLE(TABLE plain, DESCRIPTOR(`at`), INTERVAL '20' MINUTES)
      GROUP BY window_start, window_end\
      """;

  private static String payment(long id, Instant at, int amount, String code) {
    return "{\"id\":%d,\"at\":\"%s\",\"amount\":%d,\"code\":\"%s\"}"
        .formatted(id, at.toString().replace("Z", ""), amount, code);
  }

  private static Dataset sums(JobBed bed, String name) {
    return bed.dataset(
        name,
        JobBed.sliced("at", Grain.HOUR, Grain.HOUR),
        "at TIMESTAMP(3) NOT NULL",
        "amount INT",
        "n BIGINT NOT NULL");
  }

  @Test
  void closedSlicesHoldWhatABoundedBuildMakesOfTheirPins() throws Exception {
    try (LiveBed live = new LiveBed(dir, KAFKA)) {
      JobBed bed = live.bed();
      Dataset payments =
          live.source(
              "payments",
              3,
              "at",
              "id BIGINT NOT NULL",
              "at TIMESTAMP(3) NOT NULL",
              "amount INT",
              "code STRING");
      Dataset codes =
          bed.dataset(
              "codes", io.tidemark.model.Layout.unsliced(), "code STRING NOT NULL", "name STRING");
      bed.append(codes, List.of(List.of("a", "Ann"), List.of("b", "Bob"), List.of("b", "Bea")));
      Dataset plain =
          bed.dataset(
              "plain",
              JobBed.sliced("at", Grain.HOUR, Grain.HOUR),
              "id BIGINT NOT NULL",
              "at TIMESTAMP(3) NOT NULL",
              "amount INT",
              "code STRING");
      Dataset tens = sums(bed, "tens");
      Dataset hours = sums(bed, "hours");
      Dataset chained = sums(bed, "chained");
      Dataset named =
          bed.dataset(
              "named",
              JobBed.sliced("at", Grain.HOUR, Grain.HOUR),
              "id BIGINT NOT NULL",
              "at TIMESTAMP(3) NOT NULL",
              "name STRING");
      LiveSpec spec =
          live.spec(
              List.of(live.ingest(payments)),
              List.of(bed.input(codes)),
              LiveBed.sql(plain, PLAIN, Optional.of(PLAIN), "payments"),
              LiveBed.sql(tens, TENS, Optional.of(TENS), "payments"),
              LiveBed.sql(hours, HOURS, Optional.of(HOURS), "payments"),
              LiveBed.sql(
                  named,
                  NAMED.formatted(""),
                  Optional.of(NAMED.formatted("FOR SYSTEM_TIME AS OF p.tidemark_now ")),
                  "payments",
                  "codes"),
              LiveBed.sql(chained, CHAINED, Optional.of(CHAINED), "plain"));
      assertThat(operators(spec))
          .isNotEmpty()
          .doesNotHaveDuplicates()
          .as("the same order is the same operators")
          .containsExactlyElementsOf(operators(spec));
      JobClient job = live.start(spec, 2);

      Instant start = at("2026-03-01T00:00:00Z");
      send(live, payments, start, 0, 180);
      live.send(payments, 0, start, "no json");
      live.send(payments, 1, start, payment(-1, start.plusSeconds(10 * 86400), 1, "a"));
      live.until(job, () -> live.closed(chained).size() == 2 && live.closed(hours).size() == 2);
      // Late for the first two hours, in time for the third.
      live.send(payments, 2, start, payment(1000, start.plusSeconds(60), 7, "a"));
      live.send(payments, 2, start, payment(1001, start.plusSeconds(2 * 3600 + 60), 7, "a"));
      // Sent twice: the rows are two.
      live.send(payments, 2, start, payment(1001, start.plusSeconds(2 * 3600 + 60), 7, "a"));
      send(live, payments, start, 180, 300);
      live.until(job, () -> live.closed(chained).size() == 4 && live.closed(hours).size() == 4);
      live.until(job, () -> live.closed(named).size() == 4 && live.closed(tens).size() == 4);
      live.until(job, () -> bed.fixture().rows(payments.table()).size() == 303);
      live.stop(job);

      assertThat(bed.fixture().rows(payments.table())).hasSize(303);
      assertThat(bed.fixture().rows(LiveBed.deadLetters(payments)))
          .hasSize(2)
          .anyMatch(r -> r.contains("it is no JSON"))
          .anyMatch(r -> r.contains("further ahead"));
      for (Dataset gated : List.of(plain, tens, hours, named)) {
        assertThat(bed.fixture().rows(LiveBed.late(gated)))
            .singleElement()
            .asString()
            .contains("payments, 2026-03-01T00:01Z");
      }
      assertSame(live, plain, PLAIN, payments);
      assertSame(live, tens, TENS, payments);
      assertSame(live, hours, HOURS, payments);
      assertSame(live, named, NAMED.formatted(""), payments, codes);
      assertSame(live, chained, CHAINED, plain);
    }
  }

  /** By which Flink knows each operator of a job again, with the names that people see. */
  private static List<String> operators(LiveSpec spec) {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    LiveComposer.compose(spec, env);
    List<String> operators = new ArrayList<>();
    for (JobVertex vertex : env.getStreamGraph(false).getJobGraph().getVertices()) {
      vertex
          .getOperatorIDs()
          .forEach(
              id ->
                  operators.add(
                      id.getUserDefinedOperatorID()
                          .orElse(id.getGeneratedOperatorID())
                          .toString()));
    }
    return operators.stream().sorted().toList();
  }

  @Test
  void aJobThatStartsAgainGoesOnWhereItsTablesAre() throws Exception {
    try (LiveBed live = new LiveBed(dir, KAFKA)) {
      JobBed bed = live.bed();
      Dataset payments =
          live.source(
              "again",
              3,
              "at",
              "id BIGINT NOT NULL",
              "at TIMESTAMP(3) NOT NULL",
              "amount INT",
              "code STRING");
      Dataset tens = sums(bed, "again_tens");
      Dataset hours = sums(bed, "again_hours");
      Dataset days =
          bed.dataset(
              "again_days",
              JobBed.sliced("at", Grain.DAY, Grain.DAY),
              "at TIMESTAMP(3) NOT NULL",
              "amount INT",
              "n BIGINT NOT NULL");
      String day =
          """
          SELECT window_start AS `at`, SUM(amount) AS amount, SUM(n) AS n
          FROM TUMBLE(TABLE again_hours, DESCRIPTOR(`at`), INTERVAL '1' DAY)
          GROUP BY window_start, window_end\
          """;
      String ten = TENS.replace("payments", "again");
      String hour = HOURS.replace("payments", "again");
      LiveSpec spec =
          live.spec(
              List.of(live.ingest(payments)),
              List.of(),
              LiveBed.sql(tens, ten, Optional.of(ten), "again"),
              LiveBed.sql(hours, hour, Optional.of(hour), "again"),
              LiveBed.sql(days, day, Optional.of(day), "again_hours"));
      Instant start = at("2026-03-01T20:00:00Z");
      JobClient job = live.start(spec, 2);
      send(live, payments, start, 0, 160);
      live.until(job, () -> live.closed(hours).size() == 2 && live.closed(tens).size() == 2);
      live.stop(job);
      // While nothing runs.
      send(live, payments, start, 160, 200);
      LiveSpec next = live.again(spec);
      JobClient second = live.start(next, 3);
      send(live, payments, start, 200, 320);
      live.until(second, () -> live.told(days).size() == 1);
      live.until(second, () -> live.told(tens).size() == 5 && live.told(hours).size() == 5);
      live.until(second, () -> bed.fixture().rows(payments.table()).size() == 320);
      live.stop(second);

      assertThat(bed.fixture().rows(payments.table())).hasSize(320);
      assertThat(bed.fixture().rows(days.table())).hasSize(1);
      assertSame(live, tens, ten, payments);
      assertSame(live, hours, hour, payments);
      if (!live.closed(days).isEmpty()) {
        assertSame(live, days, day, hours);
      }
      assertThat(live.marks(tens.table())).allMatch(m -> m.counts().strays() == 0);
      assertThat(live.marks(tens.table()).stream().flatMap(m -> m.doubts().stream()))
          .as("of slices that closed while all went well")
          .allMatch(d -> d.slices().ordinals().noneMatch(live.closed(tens)::containsKey))
          .allMatch(d -> d.slices().ordinals().allMatch(live.told(tens)::contains));
    }
  }

  @Test
  void aJavaTransformRunsAsItDoesInBuilds() throws Exception {
    try (LiveBed live = new LiveBed(dir, KAFKA)) {
      JobBed bed = live.bed();
      Dataset gappy =
          live.source(
              "gappy",
              2,
              "at",
              "id BIGINT NOT NULL",
              "at TIMESTAMP(3) NOT NULL",
              "amount INT",
              "code STRING");
      Dataset gaps =
          bed.dataset(
              "gaps",
              JobBed.sliced("at", Grain.HOUR, Grain.HOUR),
              "code STRING NOT NULL",
              "at TIMESTAMP(3) NOT NULL",
              "gap BIGINT NOT NULL");
      Transform.JavaClass logic = new Transform.JavaClass(Gaps.class.getName(), List.of());
      LiveSpec spec =
          live.spec(
              List.of(live.ingest(gappy)),
              List.of(),
              LiveBed.task(gaps, logic, Optional.empty(), "gappy"));
      JobClient job = live.start(spec, 2);
      Instant start = at("2026-03-01T00:00:00Z");
      for (int i = 0; i < 200; i++) {
        live.send(
            gappy, i % 2, start, payment(i, start.plusSeconds(i * i * 60L / 100), 1, "c" + i % 7));
      }
      live.until(job, () -> live.closed(gaps).size() == 6);
      live.stop(job);
      assertSame(live, gaps, logic, gappy);
    }
  }

  @Test
  void anOffsetThatTheTopicLosesWhileTheJobRunsEndsIt() throws Exception {
    try (LiveBed live = new LiveBed(dir, KAFKA)) {
      Dataset lost = live.source("lost", 1, "at", "id BIGINT NOT NULL", "at TIMESTAMP(3) NOT NULL");
      Instant at = at("2026-03-01T00:00:00Z");
      for (int i = 0; i < 3; i++) {
        live.send(lost, 0, at, "{\"id\": " + i + ", \"at\": \"2026-03-01T00:00:00\"}");
      }
      JobClient job = live.start(live.spec(List.of(live.ingest(lost)), List.of()), 1);
      live.until(job, () -> live.bed().fixture().rows(lost.table()).size() == 3);
      KAFKA.deleteTopic("lost");
      KAFKA.createTopic("lost", 1);
      assertThatThrownBy(() -> job.getJobExecutionResult().get(5, TimeUnit.MINUTES))
          .satisfies(
              e ->
                  assertThat(
                          TidemarkException.findIn(ExceptionUtils.stringifyException(e))
                              .orElseThrow()
                              .problems())
                      .singleElement()
                      .extracting(Problem::code)
                      .isEqualTo("TM-LIVE-001"));
    }
  }

  @Test
  void aTopicThatIsMadeAnewWithMoreRecordsWhileTheJobRunsEndsItBeforeTheyAreCommitted()
      throws Exception {
    try (LiveBed live = new LiveBed(dir, KAFKA)) {
      Dataset anew = live.source("anew", 1, "at", "id BIGINT NOT NULL", "at TIMESTAMP(3) NOT NULL");
      sendIds(live, anew, 0, 3);
      LiveSpec.Source source = live.ingest(anew, KAFKA.topicId("anew"));
      JobClient job = live.start(live.spec(List.of(source), List.of()), 1);
      live.until(job, () -> live.bed().fixture().rows(anew.table()).size() == 3);
      KAFKA.deleteTopic("anew");
      KAFKA.createTopic("anew", 1);
      sendIds(live, anew, 100, 140);
      assertThatThrownBy(() -> job.getJobExecutionResult().get(3, TimeUnit.MINUTES))
          .satisfies(
              e ->
                  assertThat(
                          TidemarkException.findIn(ExceptionUtils.stringifyException(e))
                              .orElseThrow()
                              .problems())
                      .singleElement()
                      .extracting(Problem::code)
                      .isIn("TM-LIVE-038", "TM-LIVE-001"));
      assertThat(live.bed().fixture().rows(anew.table())).hasSize(3);
    }
  }

  private static void sendIds(LiveBed live, Dataset source, int from, int to) {
    for (int i = from; i < to; i++) {
      live.send(
          source,
          0,
          at("2026-03-01T00:00:00Z"),
          "{\"id\": " + i + ", \"at\": \"2026-03-01T00:00:00\"}");
    }
  }

  @Test
  void anOffsetThatTheTopicDoesNotHaveEndsTheJob() throws Exception {
    try (LiveBed live = new LiveBed(dir, KAFKA)) {
      Dataset brief =
          live.source("short", 1, "at", "id BIGINT NOT NULL", "at TIMESTAMP(3) NOT NULL");
      live.send(brief, 0, at("2026-03-01T00:00:00Z"), "{}");
      for (long offset : List.of(0L, 5L)) {
        KAFKA.deleteRecords("short", 0, 1);
        LiveSpec.Source source = live.ingest(brief);
        LiveSpec spec =
            live.spec(
                List.of(
                    new LiveSpec.Source(
                        source.dataset(),
                        source.mode(),
                        source.deadLetters(),
                        source.since(),
                        0,
                        new TreeMap<>(Map.of(0, offset)),
                        Optional.empty(),
                        Optional.empty(),
                        1)),
                List.of());
        JobClient job = live.start(spec, 1);
        assertThatThrownBy(() -> job.getJobExecutionResult().get(5, TimeUnit.MINUTES))
            .satisfies(
                e -> {
                  TidemarkException told =
                      TidemarkException.findIn(ExceptionUtils.stringifyException(e)).orElseThrow();
                  assertThat(told.category()).isEqualTo(TidemarkException.Category.REFUSED);
                  assertThat(told.problems())
                      .singleElement()
                      .extracting(Problem::code)
                      .isEqualTo("TM-LIVE-001");
                });
      }
    }
  }

  /** One event per minute and partition in turn, some of them out of order. */
  private static void send(LiveBed live, Dataset payments, Instant start, int from, int to) {
    for (int i = from; i < to; i++) {
      Instant at = start.plusSeconds(60L * (i % 5 == 4 ? i - 3 : i));
      live.send(payments, i % 3, start, payment(i, at, i, List.of("a", "b", "c").get(i % 3)));
    }
  }

  /** Builds every closed slice from the snapshots that its commit pins, and compares content. */
  static void assertSame(LiveBed live, Dataset output, String query, Dataset... inputs) {
    assertSame(live, output, new Transform.Sql(query), inputs);
  }

  private static void assertSame(
      LiveBed live, Dataset output, Transform.Logic logic, Dataset... inputs) {
    JobBed bed = live.bed();
    int closed = 0;
    for (Stamp stamp : live.stamps(output.table())) {
      if (stamp.kind() != Stamp.Kind.LIVE || stamp.content().slices().isEmpty()) {
        continue;
      }
      SliceSet slices = stamp.content().sliceSet();
      JobSpec.Input[] pinned = new JobSpec.Input[inputs.length];
      for (int i = 0; i < inputs.length; i++) {
        pinned[i] =
            new JobSpec.Input(
                inputs[i].id(),
                inputs[i].table(),
                stamp.origin().pins().get(inputs[i].id()).snapshot(),
                inputs[i].layout(),
                inputs[i].layout().eventTime().isEmpty()
                    ? io.tidemark.model.TimeRanges.ALL
                    : slices.ranges());
      }
      JobResult.Built built =
          bed.built(bed.build("b/" + output.id() + closed, logic, output, slices, pinned));
      Map<Long, Stamp.SliceDigest> digests =
          stamp.content().slices().stream()
              .collect(Collectors.toMap(Stamp.SliceDigest::ordinal, s -> s));
      built
          .slices()
          .forEach(
              s -> {
                Stamp.SliceDigest digest = digests.get(s.ordinal());
                assertThat(digest.rows()).as(output.id() + " " + s).isEqualTo(s.rows());
                assertThat(digest.hash()).as(output.id() + " " + s).isEqualTo(s.hash());
              });
      closed += stamp.content().slices().size();
    }
    assertThat(closed).as("closed slices of " + output.id()).isPositive();
  }
}
