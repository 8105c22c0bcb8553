package io.tidemark.job.live;

import static io.tidemark.testing.JobBed.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Location;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TimeRanges;
import io.tidemark.spec.sql.LiveSql;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.KafkaBroker;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.core.execution.JobClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The queries that are made of joins with references give what the queries themselves give. */
class LiveLookupIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final List<String> QUERIES =
      List.of(
          """
          SELECT p.id, p.`at`, c.name FROM payments AS p LEFT JOIN codes AS c ON p.code = c.code\
          """,
          """
          SELECT u.id, u.`at`, c.name
          FROM (SELECT id, `at`, LOWER(code) AS low FROM payments WHERE (id < 100)) AS u -- first
          JOIN codes AS c ON c.code = u.low\
          """,
          """
          SELECT MIN(w.id) AS id, w.window_start AS `at`, c.name
          FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(`at`), INTERVAL '30' MINUTES)) AS w
          JOIN codes AS c ON c.code = w.code
          GROUP BY w.window_start, w.window_end, c.name\
          """,
          """
          WITH p AS (SELECT * FROM payments)
          SELECT p.id, p.`at`, codes.name || '/' || d.name AS name
          FROM p JOIN codes USING (code) LEFT JOIN codes AS d ON d.name = codes.name\
          """);

  @TempDir Path dir;

  @Test
  void lookupsGiveWhatTheJoinsGive() throws Exception {
    try (LiveBed live = new LiveBed(dir, KAFKA)) {
      JobBed bed = live.bed();
      Dataset payments =
          live.source(
              "payments", 2, "at", "id BIGINT NOT NULL", "at TIMESTAMP(3) NOT NULL", "code STRING");
      Dataset codes =
          bed.dataset("codes", Layout.unsliced(), "code STRING NOT NULL", "name STRING");
      bed.append(codes, List.of(List.of("a", "Ann"), List.of("b", "Bob"), List.of("b", "Bea")));
      LiveSql planner = new LiveSql();
      planner.register(payments);
      planner.register(reference(codes));
      List<Dataset> outputs = new ArrayList<>();
      List<LiveSpec.Task> tasks = new ArrayList<>();
      for (int i = 0; i < QUERIES.size(); i++) {
        Dataset output =
            bed.dataset(
                "out" + i,
                JobBed.sliced("at", Grain.HOUR, Grain.HOUR),
                "id BIGINT NOT NULL",
                "at TIMESTAMP(3) NOT NULL",
                "name STRING");
        LiveSql.Answer answer = planner.live(QUERIES.get(i), Location.of("pipeline.yaml"));
        assertThat(answer.problems()).isEmpty();
        outputs.add(output);
        tasks.add(LiveBed.sql(output, QUERIES.get(i), answer.text(), "payments", "codes"));
      }
      JobClient job =
          live.start(
              live.spec(
                  List.of(live.ingest(payments)),
                  List.of(bed.input(codes)),
                  tasks.toArray(LiveSpec.Task[]::new)),
              1);

      Instant start = at("2026-03-01T00:00:00Z");
      for (int i = 0; i < 150; i++) {
        Instant time = start.plusSeconds(60L * i);
        live.send(
            payments,
            i % 2,
            start,
            "{\"id\":%d,\"at\":\"%s\",\"code\":\"%s\"}"
                .formatted(i, time.toString().replace("Z", ""), List.of("a", "b", "c").get(i % 3)));
      }
      live.until(job, () -> outputs.stream().allMatch(o -> live.closed(o).size() == 2));
      live.stop(job);

      for (int i = 0; i < QUERIES.size(); i++) {
        assertSame(live, outputs.get(i), QUERIES.get(i), payments, codes);
      }
    }
  }

  private static Dataset reference(Dataset dataset) {
    return new Dataset(
        dataset.id(),
        Dataset.Kind.REFERENCE,
        dataset.table(),
        dataset.schema(),
        dataset.key(),
        dataset.layout(),
        dataset.governance());
  }

  /** Builds the closed slices from what their commits pin. */
  private static void assertSame(
      LiveBed live, Dataset output, String query, Dataset events, Dataset codes) {
    Map<Long, Stamp.SliceDigest> digests = live.closed(output);
    long rows = 0;
    for (Stamp stamp : live.stamps(output.table())) {
      if (stamp.content().slices().isEmpty()) {
        continue;
      }
      SliceSet slices = stamp.content().sliceSet();
      long snapshot = stamp.origin().pins().get(events.id()).snapshot();
      JobSpec.Input pinned = JobSpec.Input.of(events, snapshot, slices.ranges());
      JobSpec.Input table = live.bed().input(codes, TimeRanges.ALL);
      String key = "b/" + output.id() + "-" + stamp.key().replace('/', '-');
      JobResult.Built built =
          live.bed().built(live.bed().sql(key, query, output, slices, pinned, table));
      built.slices().forEach(s -> assertThat(digests.get(s.ordinal()).hash()).isEqualTo(s.hash()));
      rows += built.slices().stream().mapToLong(s -> s.rows()).sum();
    }
    assertThat(rows).as("rows of " + output.id()).isPositive();
  }
}
