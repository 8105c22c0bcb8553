package io.tidemark.job.build;

import static io.tidemark.testing.JobBed.row;
import static io.tidemark.testing.JobBed.sliced;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.SliceSet;
import io.tidemark.testing.JobBed;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a build asks Flink for: rows should not travel between tasks without need. */
class BuildTopologyIT {
  private static final int PARALLELISM = 3;

  @Test
  void rowsThatNeedNoSortingAreWrittenByTheTaskThatReadsThem(@TempDir Path dir) {
    try (JobBed bed = JobBed.open(dir)) {
      Dataset events =
          bed.dataset(
              "events", sliced("at", Grain.MONTH, Grain.MONTH), "id BIGINT", "at TIMESTAMP(6)");
      bed.append(events, List.of(row(1L, Instant.parse("2001-01-05T00:00:00Z"))));
      Dataset out =
          bed.dataset(
              "out", sliced("at", Grain.MONTH, Grain.MONTH), "id BIGINT", "at TIMESTAMP(6)");
      JobSpec.Build job =
          bed.sql(
              "r1/build-out-1",
              "SELECT id + 1 AS id, `at` FROM events",
              out,
              SliceSet.parse(Grain.MONTH, "2001-01..2001-12"),
              bed.input(events));

      List<JobVertex> vertices = vertices(job);

      assertThat(vertices)
          .filteredOn(v -> v.getName().contains("IcebergSource"))
          .singleElement()
          .satisfies(
              v -> assertThat(v.getName()).contains("write slices"),
              v -> assertThat(v.getParallelism()).isEqualTo(PARALLELISM));
    }
  }

  private static List<JobVertex> vertices(JobSpec.Build job) {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.setParallelism(PARALLELISM);
    BuildComposer.compose(job, env);
    return StreamSupport.stream(
            env.getStreamGraph(false).getJobGraph().getVertices().spliterator(), false)
        .toList();
  }
}
