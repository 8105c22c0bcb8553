package io.tidemark.job.build;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.job.catalog.RowBounds;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.job.slice.SliceTally;
import io.tidemark.job.slice.SliceTotals;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Column;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.Location;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import io.tidemark.testing.JobBed;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.PartitionSpec;
import org.junit.jupiter.api.Test;

/** One row more or less, wherever it happens, does not add up. */
class ConservationTest {
  private static final TableRef TABLE = new TableRef("ns", "out");
  private static final SliceSet ALL = SliceSet.range(Grain.ALL, 0, 1);
  private static final JobSpec.Output OUTPUT =
      new JobSpec.Output(
          DatasetId.of("out"),
          TABLE,
          "b",
          new Schema(List.of(Column.nullable("id", "BIGINT"))),
          List.of("id"),
          Layout.unsliced(),
          ALL);

  private static JobSpec.Build spec() {
    return new JobSpec.Build(
        "k",
        new CatalogSpec("lake", new TreeMap<>()),
        new Transform(
            DatasetId.of("out"),
            new Transform.Sql("SELECT id FROM i"),
            List.of(DatasetId.of("i")),
            Transform.Window.EXACT,
            "",
            JobBed.analysis(io.tidemark.model.Analysis.Locality.ONE_TO_ONE),
            Location.of("t.sql")),
        List.of(
            new JobSpec.Input(
                DatasetId.of("i"), new TableRef("ns", "i"), 1, Layout.unsliced(), TimeRanges.ALL)),
        OUTPUT,
        List.of(),
        new Stamp(
            "k",
            Stamp.Kind.BUILD,
            DatasetId.of("out"),
            Stamp.Origin.NONE,
            new Stamp.Content(Grain.ALL, List.of(), List.of()),
            ""),
        "r.json");
  }

  private static SliceTally tally(long read, long made, long outside, long rows, long inFiles) {
    SliceTally tally = new SliceTally(OUTPUT, 0);
    SliceTotals totals = new SliceTotals(0, 1, 0);
    for (long i = 0; i < rows; i++) {
      totals.addRow(i, i);
    }
    List<DataFile> files =
        inFiles == 0
            ? List.of()
            : List.of(
                DataFiles.builder(PartitionSpec.unpartitioned())
                    .withPath("/f.parquet")
                    .withFileSizeInBytes(10)
                    .withRecordCount(inFiles)
                    .build());
    tally.add(SliceReport.read(0, 0, read));
    tally.add(SliceReport.read(0, SliceReport.MADE, made));
    tally.add(SliceReport.written(0, outside, List.of(totals), files));
    return tally;
  }

  private static CheckOutcome check(RowBounds held, boolean oneToOne, SliceTally tally) {
    return new Conservation(spec(), List.of(held), oneToOne).check(tally, tally.slices(ALL));
  }

  @Property(tries = 200)
  void oneRowMoreOrLessAnywhereIsFound(
      @ForAll @IntRange(min = 1, max = 50) int outside,
      @ForAll @IntRange(min = 1, max = 50) int rows,
      @ForAll @IntRange(max = 4) int where,
      @ForAll boolean more) {
    long all = (long) outside + rows;
    RowBounds held = new RowBounds(all, all);
    assertThat(check(held, true, tally(all, all, outside, rows, rows)).passed()).isTrue();

    long[] n = {all, all, outside, rows, rows};
    n[where] += more ? 1 : -1;
    CheckOutcome broken = check(held, true, tally(n[0], n[1], n[2], n[3], n[4]));
    assertThat(broken.violations()).isPositive();
    assertThat(broken.slices()).containsExactly(0L);
  }

  @Test
  void whereMetadataOnlyKnowsBoundsTheyAreHeld() {
    RowBounds held = new RowBounds(5, 9);
    assertThat(check(held, false, tally(5, 2, 0, 2, 2)).passed()).isTrue();
    assertThat(check(held, false, tally(9, 2, 0, 2, 2)).passed()).isTrue();
    assertThat(check(held, false, tally(10, 2, 0, 2, 2)))
        .extracting(CheckOutcome::violations, CheckOutcome::detail)
        .containsExactly(1L, "10 rows read of 'i', which holds 5 to 9");
  }
}
