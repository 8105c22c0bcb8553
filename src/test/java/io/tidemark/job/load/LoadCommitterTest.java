package io.tidemark.job.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.job.slice.SliceReport;
import io.tidemark.job.slice.SliceTally;
import io.tidemark.job.slice.SliceTotals;
import io.tidemark.model.Column;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.Problem;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TableRef;
import java.util.List;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.PartitionSpec;
import org.junit.jupiter.api.Test;

class LoadCommitterTest {
  private static final TableRef TABLE = new TableRef("ns", "out");

  private static SliceTally tally(long rows, long inFiles) {
    SliceTally tally =
        new SliceTally(
            new JobSpec.Output(
                DatasetId.of("out"),
                TABLE,
                "main",
                new Schema(List.of(Column.nullable("id", "BIGINT"))),
                List.of("id"),
                Layout.unsliced(),
                SliceSet.empty(Grain.ALL)),
            0);
    SliceTotals totals = new SliceTotals(0, 1, 0);
    for (long i = 0; i < rows; i++) {
      totals.addRow(i, i);
    }
    tally.add(
        SliceReport.written(
            0,
            0,
            List.of(totals),
            List.of(
                DataFiles.builder(PartitionSpec.unpartitioned())
                    .withPath("/f.parquet")
                    .withFileSizeInBytes(10)
                    .withRecordCount(inFiles)
                    .build())));
    return tally;
  }

  @Test
  void rowsFoundAreWrittenOrSetAsideOrNothingIsLoaded() {
    assertThat(LoadCommitter.conserved(TABLE, 7, 2, tally(5, 5))).isEmpty();
    assertThat(LoadCommitter.conserved(TABLE, 8, 2, tally(5, 5))).isPresent();
    assertThat(LoadCommitter.conserved(TABLE, 6, 2, tally(5, 5))).isPresent();

    Problem lost = LoadCommitter.conserved(TABLE, 7, 2, tally(5, 4)).orElseThrow();
    assertThat(lost.code()).isEqualTo("TM-JOB-031");
    assertThat(lost.why())
        .isEqualTo("7 rows found in the files, 5 measured, 4 written, 2 set aside");
  }
}
