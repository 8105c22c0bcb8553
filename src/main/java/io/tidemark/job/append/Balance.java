package io.tidemark.job.append;

import io.tidemark.job.slice.FileTimes;
import io.tidemark.model.Layout;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.Table;

/**
 * Whether a commit that says it only rewrote rows put back as many as it took, as far as metadata
 * tells: the rows of its files, by event time. That they are the same rows it does not tell.
 */
record Balance(Table table, Layout layout) {

  /** Rows that a file brings, or takes away. */
  private record Move(TimeRange range, long rows) {}

  /** The event time in which there are more or fewer rows than before; empty if it adds up. */
  TimeRanges of(Snapshot snapshot) {
    SnapshotChanges changes = SnapshotChanges.builderFor(table).snapshot(snapshot).build();
    if (changes.addedDeleteFiles().iterator().hasNext()
        || changes.removedDeleteFiles().iterator().hasNext()) {
      return TimeRanges.ALL;
    }
    List<Move> moves = new ArrayList<>();
    changes.addedDataFiles().forEach(f -> moves.add(new Move(range(f), f.recordCount())));
    changes.removedDataFiles().forEach(f -> moves.add(new Move(range(f), -f.recordCount())));
    moves.sort(Comparator.comparing(m -> m.range().from()));
    List<TimeRange> unequal = new ArrayList<>();
    int i = 0;
    while (i < moves.size()) {
      // Files that overlap may have exchanged rows; others cannot.
      Instant to = moves.get(i).range().to();
      long rows = 0;
      int j = i;
      while (j < moves.size() && (j == i || moves.get(j).range().from().isBefore(to))) {
        to = to.isAfter(moves.get(j).range().to()) ? to : moves.get(j).range().to();
        rows += moves.get(j).rows();
        j++;
      }
      if (rows != 0) {
        unequal.add(new TimeRange(moves.get(i).range().from(), to));
      }
      i = j;
    }
    return new TimeRanges(unequal);
  }

  private TimeRange range(DataFile file) {
    return layout
        .eventTime()
        .flatMap(column -> new FileTimes(table, column).range(file))
        .orElse(TimeRange.ALL);
  }
}
