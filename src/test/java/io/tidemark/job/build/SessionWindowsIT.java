package io.tidemark.job.build;

import static io.tidemark.testing.JobBed.row;
import static io.tidemark.testing.JobBed.sliced;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.testing.JobBed;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Windows that are not aligned, which Flink plans in streaming mode alone. */
class SessionWindowsIT {
  private static final Instant FROM = Instant.parse("2001-01-31T00:00:00Z");
  private static final Duration GAP = Duration.ofMinutes(30);
  private static final String QUERY =
      "SELECT who, window_start AS began, COUNT(*) AS visits FROM SESSION(TABLE visits PARTITION BY"
          + " who, DESCRIPTOR(`at`), INTERVAL '30' MINUTE) GROUP BY who, window_start, window_end";

  @Test
  void aBoundedBuildHasTheSessionsOfItsSlices(@TempDir Path dir) {
    try (JobBed bed = JobBed.open(dir)) {
      Dataset visits =
          bed.dataset(
              "visits",
              sliced("at", Grain.DAY, Grain.DAY),
              "who BIGINT NOT NULL",
              "at TIMESTAMP(3) NOT NULL");
      Random random = new Random(5);
      TreeMap<Long, List<Instant>> byPerson = new TreeMap<>();
      List<List<Object>> rows = new ArrayList<>();
      for (int i = 0; i < 600; i++) {
        long who = random.nextInt(4);
        Instant at = FROM.plusMillis(random.nextInt(3 * 86_400_000));
        byPerson.computeIfAbsent(who, w -> new ArrayList<>()).add(at);
        rows.add(row(who, at));
      }
      bed.append(visits, rows);
      Dataset out =
          bed.dataset(
              "sessions",
              sliced("began", Grain.DAY, Grain.DAY),
              "who BIGINT NOT NULL",
              "began TIMESTAMP(6) NOT NULL",
              "visits BIGINT NOT NULL");
      JobSpec.Build job =
          bed.sql(
              "r1/build-sessions-1",
              QUERY,
              out,
              SliceSet.parse(Grain.DAY, "2001-02-01..2001-02-02"),
              bed.input(visits));

      JobResult.Built built = bed.built(job);

      List<String> expected = new ArrayList<>();
      sessions(byPerson).forEach(s -> keep(s, expected));
      assertThat(bed.rows(out)).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(expected).hasSizeGreaterThan(50);
      assertThat(built.rowsIn()).containsExactly(600L);
    }
  }

  @Test
  void eventTimeThatIsFinerThanMillisecondsIsRefusedInWords(@TempDir Path dir) {
    try (JobBed bed = JobBed.open(dir)) {
      Dataset visits =
          bed.dataset(
              "visits", sliced("at", Grain.DAY, Grain.DAY), "who BIGINT", "at TIMESTAMP(6)");
      bed.append(visits, List.of(row(1L, FROM)));
      Dataset out =
          bed.dataset(
              "sessions",
              sliced("began", Grain.DAY, Grain.DAY),
              "who BIGINT",
              "began TIMESTAMP(6)");
      SliceSet day = SliceSet.parse(Grain.DAY, "2001-01-31");
      JobSpec.Build job = bed.sql("r1/build-sessions-1", QUERY, out, day, bed.input(visits));

      assertThatThrownBy(() -> bed.run(job))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> {
                assertThat(e.problems().get(0).code()).isEqualTo("TM-JOB-005");
                assertThat(e.problems().get(0).why()).contains("time attribute");
                assertThat(e.problems().get(0).fix()).contains("TIMESTAMP(3)");
              });
    }
  }

  private record Session(long who, Instant began, long visits) {}

  private static void keep(Session session, List<String> rows) {
    String began = session.began().toString();
    if (began.startsWith("2001-02-01") || began.startsWith("2001-02-02")) {
      rows.add(
          List.of(session.who(), session.began().toString().replace("Z", ""), session.visits())
              .toString());
    }
  }

  private static List<Session> sessions(Map<Long, List<Instant>> byPerson) {
    List<Session> sessions = new ArrayList<>();
    byPerson.forEach(
        (who, times) -> {
          List<Instant> sorted = times.stream().sorted().toList();
          int first = 0;
          for (int i = 1; i <= sorted.size(); i++) {
            // Flink merges windows that touch.
            if (i == sorted.size() || sorted.get(i).isAfter(sorted.get(i - 1).plus(GAP))) {
              sessions.add(new Session(who, sorted.get(first), i - first));
              first = i;
            }
          }
        });
    return sessions;
  }
}
