package io.tidemark.job.follow;

import io.tidemark.job.slice.TimeFilter;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveMark;
import io.tidemark.model.Problem;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;
import org.apache.iceberg.CombinedScanTask;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.TableScan;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.flink.TableLoader;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.util.SnapshotUtil;

/**
 * Looks at a table that another live job writes. Rows of its open slices are not final: only what
 * its newest mark calls closed is told. Opened with the first look. Not thread-safe.
 */
final class TableWatch implements AutoCloseable {
  /** What one reader takes at a time; a checkpoint waits for the end of it. */
  private static final long PART_BYTES = 32L * 1024 * 1024;

  private final TableLoader loader;
  private final FollowedTable followed;
  private Table table;

  TableWatch(TableLoader loader, FollowedTable followed) {
    this.loader = loader;
    this.followed = followed;
  }

  /** The table's name. */
  String table() {
    return followed.name();
  }

  /**
   * What happened since a look.
   *
   * @param last the snapshot of that look; 0 for an empty table
   * @param next ordinal of the first slice that was open then; {@link Closed#NONE} if none had
   *     closed
   * @return empty if nothing did
   * @throws TidemarkException REFUSED if what was read is not what main holds any more
   */
  Optional<Closed> look(long last, long next) {
    if (table == null) {
      loader.open();
      table = loader.loadTable();
    } else {
      table.refresh();
    }
    long head = table.currentSnapshot() == null ? 0 : table.currentSnapshot().snapshotId();
    if (head == last) {
      return Optional.empty();
    } else if (head == 0) {
      throw TidemarkException.refused(gone(last));
    }
    long open = openFrom(head, last).orElse(next);
    if (open < next) {
      throw TidemarkException.refused(openAgain(open));
    }
    return Optional.of(
        open == next
            ? new Closed(head, next, next, new ArrayList<>(), 0)
            : planned(head, next, open));
  }

  /** The first open slice as of a snapshot, if a commit after another snapshot says so. */
  private Optional<Long> openFrom(long head, long last) {
    Optional<Long> open = Optional.empty();
    for (Snapshot snapshot : SnapshotUtil.ancestorsOf(head, table::snapshot)) {
      if (snapshot.snapshotId() == last) {
        return open;
      }
      if (open.isEmpty()) {
        open = StampSummary.readMark(snapshot.summary()).flatMap(LiveMark::openFrom);
        open.ifPresent(o -> requireGrain(snapshot));
      }
    }
    if (last != 0) {
      throw TidemarkException.refused(gone(last));
    }
    return open;
  }

  private Problem gone(long last) {
    return Problem.of(
        "TM-LIVE-040",
        "the history of " + followed.name() + " no longer leads back to snapshot " + last,
        "it was rolled back or replaced, or what was read has expired; what was made of it may be"
            + " of rows that main does not hold",
        "start the live job again: it goes on from what the table holds now");
  }

  private Problem openAgain(long open) {
    return Problem.of(
        "TM-LIVE-042",
        "slices of " + followed.name() + " that were read are open again",
        "its live job was started with "
            + followed.grain().label(open)
            + " as the first open slice, which had closed",
        "start this live job again once they have closed; what was made of them is stale then, and"
            + " tidemark run makes it anew");
  }

  private void requireGrain(Snapshot snapshot) {
    boolean other =
        StampSummary.read(snapshot.summary())
            .map(Stamp::content)
            .filter(c -> c.grain() != followed.grain())
            .isPresent();
    if (other) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-LIVE-041",
              "the slices of " + followed.name() + " are not what they were when this job started",
              "its live job was started with other slices than " + followed.grain().text(),
              "start this job again, too"));
    }
  }

  private Closed planned(long snapshot, long from, long to) {
    Expression wanted = filter(table, followed, from, to);
    TableScan scan = table.newScan().useSnapshot(snapshot).filter(wanted);
    ArrayList<CombinedScanTask> parts = new ArrayList<>();
    long rows = 0;
    try (CloseableIterable<FileScanTask> files = scan.planFiles();
        CloseableIterable<CombinedScanTask> planned =
            scan.option(TableProperties.SPLIT_SIZE, Long.toString(PART_BYTES)).planTasks()) {
      for (FileScanTask file : files) {
        boolean whole =
            file.deletes().isEmpty() && file.residual().equals(Expressions.alwaysTrue());
        rows = whole && rows >= 0 ? rows + file.file().recordCount() : -1;
      }
      planned.forEach(parts::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Closed(snapshot, from, to, parts, rows);
  }

  /** The rows of slices. */
  static Expression filter(Table table, FollowedTable followed, long from, long to) {
    Grain grain = followed.grain();
    TimeRange range =
        new TimeRange(from == Closed.NONE ? Instant.MIN : grain.start(from), grain.start(to));
    return TimeFilter.of(table.schema(), followed.eventTime(), TimeRanges.of(range));
  }

  @Override
  public void close() throws IOException {
    loader.close();
  }
}
