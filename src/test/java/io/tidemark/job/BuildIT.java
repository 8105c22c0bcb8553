package io.tidemark.job;

import static io.tidemark.job.JobBed.row;
import static io.tidemark.job.JobBed.sliced;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.SliceSet;
import io.tidemark.model.SliceStats;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

  private static Instant at(String text) {
    return Instant.parse(text);
  }

  private static SliceSet months(String labels) {
    return SliceSet.parse(Grain.MONTH, labels);
  }

  private static Dataset events(String name) {
    Dataset events =
        bed.dataset(
            name,
            sliced("at", Grain.MONTH, Grain.MONTH),
            "id BIGINT NOT NULL",
            "at TIMESTAMP(6)",
            "amount INT");
    bed.append(
        events,
        List.of(
            row(1L, at("2001-01-05T00:00:00Z"), 10),
            row(2L, at("2001-01-31T23:59:59.999999Z"), 20),
            row(3L, at("2001-02-01T00:00:00Z"), 30),
            row(4L, at("2001-03-15T12:00:00Z"), null)));
    return events;
  }

  @Test
  void replacesExactlyTheSlicesAskedForAndCountsTheRest() {
    Dataset events = events("events1");
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
}
