package io.tidemark.job;

import static io.tidemark.testing.JobBed.row;
import static io.tidemark.testing.JobBed.sliced;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Dataset;
import io.tidemark.model.Expectation;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.SliceSet;
import io.tidemark.testing.JobBed;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Operators of bounded jobs, as Flink's front end and its REST API have them. */
final class OperatorIdsIT {
  @TempDir private Path folder;

  @Test
  void theSameOrderIsTheSameOperatorsWhateverThisProcessPlannedBefore() {
    try (JobBed bed = JobBed.open(folder)) {
      Dataset in = dataset(bed, "sales");
      Dataset out = dataset(bed, "totals");
      bed.append(in, List.of(row(1L, Instant.parse("2001-01-01T00:00:00Z"), 3)));
      bed.append(out, List.of(row(1L, Instant.parse("2001-01-01T00:00:00Z"), 2)));
      SliceSet month = SliceSet.parse(Grain.MONTH, "2001-01");
      JobSpec.Build build =
          bed.sql(
              "r1/build",
              "SELECT id, `at`, SUM(n) AS n FROM sales GROUP BY id, `at`"
                  + " UNION ALL SELECT a.id, a.`at`, b.n FROM sales a JOIN sales b ON a.n = b.id",
              out,
              month,
              bed.input(in));
      long head = bed.fixture().head(out.table());
      JobSpec.Verify verify =
          new JobSpec.Verify(
              "r1/verify",
              build.catalog(),
              build.output(),
              Optional.of(head),
              head,
              Optional.empty(),
              List.of(expectation()),
              List.of(),
              2,
              bed.lake().documentPath(out.table(), "verify.json"));
      JobSpec.Compact compact =
          new JobSpec.Compact(
              "r1/compact",
              build.catalog(),
              build.output(),
              head,
              List.of(),
              build.stamp(),
              bed.lake().documentPath(out.table(), "compact.json"));
      for (JobSpec job : List.of(build, verify, compact)) {
        List<String> first = operators(job);
        assertThat(operators(job)).isNotEmpty().doesNotHaveDuplicates().isEqualTo(first);
        assertThat(first).allMatch(o -> o.contains("totals: "));
      }
    }
  }

  private static Dataset dataset(JobBed bed, String name) {
    return bed.dataset(
        name,
        sliced("at", Grain.MONTH, Grain.MONTH),
        "id BIGINT NOT NULL",
        "at TIMESTAMP(6)",
        "n INT");
  }

  private static Expectation expectation() {
    return new Expectation(
        "ids", Expectation.Severity.ERROR, new Expectation.Unique(List.of("id")));
  }

  private static List<String> operators(JobSpec job) {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.setParallelism(2);
    JobMain.compose(job, env);
    return env.getStreamGraph().getStreamNodes().stream()
        .map(n -> n.getOperatorName() + " = " + uid(n))
        .sorted()
        .toList();
  }

  private static String uid(StreamNode node) {
    return String.valueOf(node.getTransformationUID());
  }
}
