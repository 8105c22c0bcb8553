package io.tidemark.job.verify;

import static io.tidemark.job.verify.VerifyBed.DAY;
import static io.tidemark.job.verify.VerifyBed.LAYOUT;
import static io.tidemark.job.verify.VerifyBed.check;
import static io.tidemark.job.verify.VerifyBed.days;
import static io.tidemark.job.verify.VerifyBed.diff;
import static io.tidemark.job.verify.VerifyBed.row;
import static io.tidemark.job.verify.VerifyBed.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.CheckOutcome;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Expectation;
import io.tidemark.model.Expectation.Severity;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.TableRef;
import io.tidemark.model.TimeRanges;
import io.tidemark.testing.TestTable;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks that need a pass of their own. */
final class VerifyChecksIT {
  private static VerifyBed bed;

  @BeforeAll
  static void open(@TempDir Path folder) {
    bed = new VerifyBed(folder);
  }

  @AfterAll
  static void close() {
    bed.close();
  }

  @Test
  void keysReferencesRatiosTotalsAndExtractsAreChecked() {
    TestTable inputTable = bed.newTable();
    TableRef input = bed.newest();
    long read =
        inputTable.replace(
            List.of(
                row(1L, "2001-03-01T01:00:00", "a", 10.0),
                row(2L, "2001-03-01T02:00:00", "b", 20.0),
                row(3L, "2001-03-02T03:00:00", "c", 30.0),
                row(4L, "2001-03-09T03:00:00", "outside", 1e9)));
    TestTable table = bed.newTable();
    long candidate =
        table.replace(
            List.of(
                row(1L, "2001-03-01T01:00:00", "a", 30.0),
                row(2L, "2001-03-02T02:00:00", "b", 10.0),
                row(2L, "2001-03-02T02:30:00", "b", 19.0),
                row(9L, "2001-03-02T03:00:00", null, 0.0)));
    List<Expectation> checks =
        List.of(
            new Expectation("ids", Severity.ERROR, new Expectation.Unique(List.of("id"))),
            new Expectation("pairs", Severity.WARN, new Expectation.Unique(List.of("id", "at"))),
            new Expectation(
                "known",
                Severity.ERROR,
                new Expectation.References("id", DatasetId.of("raw"), "id")),
            new Expectation(
                "names",
                Severity.ERROR,
                new Expectation.References("name", DatasetId.of("raw"), "name")),
            new Expectation(
                "ratio",
                Severity.ERROR,
                new Expectation.RowCount(
                    Optional.of(0.9), Optional.of(2.0), Expectation.RowCount.Basis.INPUT)),
            new Expectation(
                "sum",
                Severity.ERROR,
                new Expectation.Conserve(DatasetId.of("raw"), "SUM(amount)", "SUM(amount)", 0.001)),
            new Expectation(
                "sum5",
                Severity.ERROR,
                new Expectation.Conserve(DatasetId.of("raw"), "SUM(amount)", "SUM(amount)", 0.05)),
            new Expectation(
                "frozen",
                Severity.ERROR,
                new Expectation.Golden(
                    "g.csv",
                    "id,at,amount\n1,2001-03-01T01:00:00,30\n9,2001-03-02 03:00:00,1\n"
                        + "77,2001-03-02T00:00:00,\n78,2001-04-01T00:00:00,5\n")));
    JobSpec.Input raw = new JobSpec.Input(DatasetId.of("raw"), input, read, LAYOUT, TimeRanges.ALL);

    JobResult.Verified result =
        bed.verify(
            table, with(bed.spec(Optional.empty(), candidate, days(0, 2)), checks, List.of(raw)));

    assertThat(check(result, "ids").violations()).isEqualTo(1);
    assertThat(check(result, "ids").slices()).containsExactly(DAY + 1);
    assertThat(check(result, "pairs").passed()).isTrue();
    assertThat(check(result, "known").violations()).isEqualTo(1);
    assertThat(check(result, "names").passed()).isTrue();
    assertThat(check(result, "ratio"))
        .isEqualTo(
            new CheckOutcome(
                "ratio",
                Severity.ERROR,
                2,
                "2 slices out of bounds; 4 rows of 3 read",
                List.of(DAY, DAY + 1)));
    assertThat(check(result, "sum").detail()).isEqualTo("input 60.0, output 59.0");
    assertThat(check(result, "sum").passed()).isFalse();
    assertThat(check(result, "sum5").passed()).isTrue();
    assertThat(check(result, "frozen").violations()).isEqualTo(2);
    assertThat(check(result, "frozen").detail())
        .isEqualTo("3 rows expected, 2 found, 1 of them with other values");
    assertThat(diff(result).counts().added()).isEqualTo(4);
  }
}
