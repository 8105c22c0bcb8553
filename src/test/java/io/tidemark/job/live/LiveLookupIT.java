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
import io.tidemark.model.SliceStats;
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
import java.util.TreeMap;
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
          FROM (SELECT id, `at`, LOWER(code) AS low FROM payments WHERE (id < 1000)) AS u -- first
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
  void lookupsGiveWhatTheJoinsGiveAndEachSliceOfOnePin() throws Exception {
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
      JobSpec.Input first = bed.input(codes);
      LiveSpec spec =
          live.spec(
              List.of(live.ingest(payments)), List.of(first), tasks.toArray(LiveSpec.Task[]::new));
      JobClient job = live.start(spec, 1);
      send(live, payments, 0, 150);
      live.until(job, () -> outputs.stream().allMatch(o -> live.closed(o).size() == 2));
      live.stop(job);

      // The third hour is open: half of it was joined with what the reference was before.
      bed.append(codes, List.of(List.of("a", "Ada"), List.of("c", "Cid")));
      JobSpec.Input second = bed.input(codes);
      job = live.start(referring(live.again(spec), second), 1);
      send(live, payments, 150, 270);
      live.until(job, () -> outputs.stream().allMatch(o -> live.told(o).size() == 4));
      live.stop(job);

      for (int i = 0; i < QUERIES.size(); i++) {
        TreeMap<Long, Long> pins = pins(live, outputs.get(i), codes);
        long third = Grain.HOUR.ordinal(at("2026-03-01T02:00:00Z"));
        assertThat(pins.headMap(third).values())
            .as("of %s", outputs.get(i).id())
            .containsExactly(first.snapshot(), first.snapshot());
        assertThat(pins.tailMap(third).values())
            .as("of %s", outputs.get(i).id())
            .isSubsetOf(second.snapshot());
        assertSame(live, outputs.get(i), QUERIES.get(i), payments, codes);
      }
    }
  }

  /** One event per minute. */
  private static void send(LiveBed live, Dataset payments, int from, int to) {
    Instant start = at("2026-03-01T00:00:00Z");
    for (int i = from; i < to; i++) {
      Instant time = start.plusSeconds(60L * i);
      live.send(
          payments,
          i % 2,
          start,
          "{\"id\":%d,\"at\":\"%s\",\"code\":\"%s\"}"
              .formatted(i, time.toString().replace("Z", ""), List.of("a", "b", "c").get(i % 3)));
    }
  }

  private static LiveSpec referring(LiveSpec spec, JobSpec.Input reference) {
    return new LiveSpec(
        spec.name(),
        spec.job(),
        spec.epoch(),
        spec.catalog(),
        spec.streaming(),
        spec.sources(),
        List.of(reference),
        spec.tasks());
  }

  /** Per closed slice with rows the snapshot of the reference that it was made from. */
  private static TreeMap<Long, Long> pins(LiveBed live, Dataset output, Dataset reference) {
    TreeMap<Long, Long> pins = new TreeMap<>();
    for (Stamp stamp : live.stamps(output.table())) {
      if (stamp.kind() == Stamp.Kind.LIVE) {
        stamp.content().slices().stream()
            .filter(s -> s.rows() > 0)
            .forEach(
                s -> pins.put(s.ordinal(), stamp.origin().pins().get(reference.id()).snapshot()));
      }
    }
    return pins;
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
      JobSpec.Input table =
          JobSpec.Input.of(codes, stamp.origin().pins().get(codes.id()).snapshot(), TimeRanges.ALL);
      String key = "b/" + output.id() + "-" + stamp.key().replace('/', '-');
      JobResult.Built built =
          live.bed().built(live.bed().sql(key, query, output, slices, pinned, table));
      for (SliceStats slice : built.slices()) {
        if (slice.rows() == 0) {
          assertThat(digests).doesNotContainKey(slice.ordinal());
        } else {
          assertThat(digests.get(slice.ordinal()).hash()).isEqualTo(slice.hash());
        }
      }
      rows += built.slices().stream().mapToLong(s -> s.rows()).sum();
    }
    assertThat(rows).as("rows of " + output.id()).isPositive();
  }
}
