package io.tidemark.lake;

import io.tidemark.lake.refs.Refs;
import io.tidemark.model.Dataset;
import io.tidemark.model.LiveMark;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;

/** Gives up a stopped live job's open slices: a commit of no rows whose mark says so. */
final class Release {
  private final Refs refs;

  Release(Refs refs) {
    this.refs = refs;
  }

  void run(Dataset dataset) {
    refs.retry(
        dataset.table(),
        table -> {
          Optional<LiveMark> newest = Ledger.mark(table, SnapshotRef.MAIN_BRANCH);
          if (newest.isEmpty() || newest.get().phase() == LiveMark.Phase.RELEASED) {
            return true;
          }
          LiveMark mark = newest.get();
          String key = "release/" + mark.job() + "/" + dataset.table() + "/" + mark.checkpoint();
          Stamp stamp =
              new Stamp(
                  key,
                  Stamp.Kind.LIVE,
                  dataset.id(),
                  Stamp.Origin.NONE,
                  new Stamp.Content(dataset.layout().slice(), List.of(), List.of()),
                  "released");
          AppendFiles append = table.newAppend();
          StampSummary.write(stamp, mark.released()).forEach(append::set);
          append.validateWith(ancestry -> isNewest(ancestry, mark));
          append.commit();
          return false;
        });
  }

  private static boolean isNewest(Iterable<Snapshot> ancestry, LiveMark mark) {
    for (Snapshot snapshot : ancestry) {
      Optional<LiveMark> found = History.mark(snapshot.summary());
      if (found.isPresent()) {
        return found.get().equals(mark);
      }
    }
    // It expired; the guard's note of it is the newest there is.
    return true;
  }
}
