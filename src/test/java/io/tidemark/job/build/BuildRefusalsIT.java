package io.tidemark.job.build;

import static io.tidemark.testing.JobBed.at;
import static io.tidemark.testing.JobBed.months;
import static io.tidemark.testing.JobBed.row;
import static io.tidemark.testing.JobBed.sliced;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import io.tidemark.sdk.TransformContext;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.LakeFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.table.api.Table;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a build cannot do is told before its commit, by its code, and leaves nothing behind. */
class BuildRefusalsIT {
  private static JobBed bed;

  @BeforeAll
  static void open(@TempDir Path dir) {
    bed = JobBed.open(dir);
  }

  @AfterAll
  static void close() {
    bed.close();
  }

  /** Is broken. */
  public static final class Throwing implements io.tidemark.sdk.Transform {
    private static final long serialVersionUID = 1;

    @Override
    public Table apply(TransformContext context) {
      throw new UnsupportedOperationException("not today");
    }
  }

  @Test
  void mistakesOfATransformAreToldBeforeAnythingRuns() {
    Dataset events = bed.events("events5");
    Dataset out =
        bed.dataset(
            "out5",
            sliced("at", Grain.MONTH, Grain.MONTH),
            "id INT",
            "at TIMESTAMP(6)",
            "amount INT");
    requireProblem(events, out, sql("SELECT nope FROM events5"), "TM-JOB-005", "nope");
    requireProblem(
        events,
        out,
        sql("SELECT CAST(id AS INT) AS id, `at` FROM events5"),
        "TM-JOB-015",
        "amount");
    requireProblem(events, out, sql("SELECT * FROM events5"), "TM-JOB-016", "BIGINT");
    requireProblem(events, out, java("no.Such"), "TM-JOB-006", "no.Such");
    requireProblem(events, out, java("java.lang.String"), "TM-JOB-006", "is no");
    requireProblem(events, out, java(Throwing.class.getName()), "TM-JOB-006", "not today");
  }

  private static Transform.Logic sql(String query) {
    return new Transform.Sql(query);
  }

  private static Transform.Logic java(String name) {
    return new Transform.JavaClass(name, List.of());
  }

  private static void requireProblem(
      Dataset in, Dataset out, Transform.Logic logic, String code, String text) {
    JobSpec.Build job = bed.build("r1/out5", logic, out, months("2001-01"), bed.input(in));
    assertThatThrownBy(() -> bed.run(job))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.USER);
              assertThat(e.problems().get(0).code()).isEqualTo(code);
              assertThat(e.problems().get(0).what() + e.problems().get(0).why()).contains(text);
            });
  }

  @Test
  void aRowWithoutEventTimeStopsTheBuild() {
    Dataset events = bed.events("events6");
    Dataset out =
        bed.dataset("out6", sliced("at", Grain.MONTH, Grain.MONTH), "id BIGINT", "at TIMESTAMP(6)");
    JobSpec.Build job =
        bed.sql(
            "r1/out6",
            "SELECT id, CASE WHEN id < 3 THEN `at` END AS `at` FROM events6",
            out,
            months("2001-01"),
            bed.input(events));
    assertThatThrownBy(() -> bed.run(job))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("TM-JOB-012");
    assertThat(bed.lake().find(out.table(), JobBed.BRANCH, job.key())).isEmpty();
  }

  @Test
  void aFileThatStraddlesSlicesIsRefusedAndNothingIsLeft() throws IOException {
    Dataset events = bed.events("events7");
    Dataset out =
        bed.dataset(
            "out7",
            new Layout(Optional.of("at"), Grain.ALL, Grain.MONTH),
            "id BIGINT",
            "at TIMESTAMP(6)");
    bed.append(
        out, List.of(row(1L, at("2001-01-05T00:00:00Z")), row(2L, at("2001-02-05T00:00:00Z"))));
    JobSpec.Build job =
        bed.sql(
            "r1/out7", "SELECT id, `at` FROM events7", out, months("2001-01"), bed.input(events));
    assertThatThrownBy(() -> bed.run(job))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.REFUSED);
              assertThat(e.problems().get(0).code()).isEqualTo("TM-JOB-022");
            });
    Path location = Path.of(bed.fixture().table(out.table()).location().replace("file:", ""));
    try (Stream<Path> files = Files.walk(location)) {
      assertThat(files.filter(f -> f.toString().endsWith(".parquet"))).hasSize(1);
    }
  }

  @Test
  void anInputThatIsGoneIsToldByName() {
    Dataset events = bed.events("events8");
    Dataset out =
        bed.dataset("out8", sliced("at", Grain.MONTH, Grain.MONTH), "id BIGINT", "at TIMESTAMP(6)");
    JobSpec.Input input = bed.input(events);
    JobSpec.Input expired =
        new JobSpec.Input(input.name(), input.table(), 4711, input.layout(), input.ranges());
    assertThatThrownBy(
            () ->
                bed.run(bed.sql("r1/a", "SELECT * FROM events8", out, months("2001-01"), expired)))
        .hasMessageContaining("TM-JOB-004")
        .hasMessageContaining("4711");
    bed.fixture().catalog().dropTable(LakeFixture.identifier(events.table()));
    assertThatThrownBy(
            () -> bed.run(bed.sql("r1/b", "SELECT * FROM events8", out, months("2001-01"), input)))
        .hasMessageContaining("TM-JOB-001")
        .hasMessageContaining("ns.events8");
  }
}
