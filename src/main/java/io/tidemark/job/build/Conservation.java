package io.tidemark.job.build;

import io.tidemark.job.catalog.RowBounds;
import io.tidemark.job.slice.SliceTally;
import io.tidemark.job.slice.SliceTotals;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Expectation;
import io.tidemark.model.JobSpec;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.DataFile;

/**
 * Holds the rows of a build against each other: what manifests say that its scans must deliver,
 * what they delivered, what the transform made of it, what was measured, and what the written files
 * hold. Nothing is lost or doubled where all of these add up.
 */
final class Conservation implements Serializable {
  private static final long serialVersionUID = 1;

  private final List<String> inputs;
  private final List<RowBounds> held;
  private final boolean oneToOne;

  /**
   * @param held how many rows must be read of each input
   * @param oneToOne whether the transform makes one row of each row of its only input
   */
  Conservation(JobSpec.Build spec, List<RowBounds> held, boolean oneToOne) {
    this.inputs = spec.inputs().stream().map(JobSpec.Input::name).map(DatasetId::value).toList();
    this.held = List.copyOf(held);
    this.oneToOne = oneToOne;
  }

  /**
   * @param slices those of the job
   */
  CheckOutcome check(SliceTally tally, List<SliceTotals> slices) {
    List<String> wrong = new ArrayList<>();
    long off = 0;
    List<Long> read = tally.rowsIn(inputs.size());
    for (int i = 0; i < inputs.size(); i++) {
      long rows = read.get(i);
      if (held.get(i).off(rows) > 0) {
        off += held.get(i).off(rows);
        wrong.add(rows + " rows read of '" + inputs.get(i) + "', which holds " + held.get(i));
      }
    }
    long arrived = tally.rows() + tally.outside();
    if (oneToOne && read.get(0) != arrived) {
      off += Math.abs(read.get(0) - arrived);
      wrong.add(read.get(0) + " rows read, one row made of each, " + arrived + " arrived");
    }
    if (tally.made().isPresent() && tally.made().getAsLong() != arrived) {
      off += Math.abs(tally.made().getAsLong() - arrived);
      wrong.add(tally.made().getAsLong() + " rows made, " + arrived + " arrived at the writers");
    }
    long files = tally.files().stream().mapToLong(DataFile::recordCount).sum();
    if (files != tally.rows()) {
      off += Math.abs(files - tally.rows());
      wrong.add(tally.rows() + " rows measured, " + files + " in the files");
    }
    return new CheckOutcome(
        CheckOutcome.CONSERVATION,
        Expectation.Severity.ERROR,
        off,
        off == 0 ? "rows read, made and written add up" : String.join("; ", wrong),
        off == 0 ? List.of() : slices.stream().map(SliceTotals::ordinal).toList());
  }
}
