package io.tidemark.lake;

import io.tidemark.lake.Lake.Conflict;
import io.tidemark.lake.Lake.Done;
import io.tidemark.lake.Lake.Outcome;
import io.tidemark.lake.files.Deltas;
import io.tidemark.lake.files.SliceIndex;
import io.tidemark.lake.refs.Backoff;
import io.tidemark.lake.refs.Tables;
import io.tidemark.lake.refs.Trouble;
import io.tidemark.model.Dataset;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.log.LogLine;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.expressions.Expressions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One conditional commit on main that exchanges files of some slices: analyse, commit on condition
 * that the slices are as analysed, analyse again if not. The condition is evaluated on every
 * attempt that Iceberg makes, on the ancestry that the attempt builds on.
 *
 * <p>After a failure whose outcome is not known, main is asked for the key. Trying again is safe
 * even if the first commit is still on its way: both are conditional on the same state of the
 * table, so at most one of them can land.
 */
final class Replacement {
  private static final Logger LOG = LoggerFactory.getLogger(Replacement.class);

  /** Analyses are cheap and converge unless somebody writes into the very slices. */
  private static final int ATTEMPTS = 12;

  /** What fails for another reason than a conflict will mostly fail again. */
  static final int LOST_ANSWERS = 3;

  static final int LOOKS = 4;
  private static final int MOST_TERMS = 50;

  private final Tables tables;
  private final Deltas deltas;
  private final Backoff backoff;

  Replacement(Tables tables, Deltas deltas, Backoff backoff) {
    this.tables = tables;
    this.deltas = deltas;
    this.backoff = backoff;
  }

  /**
   * What to exchange.
   *
   * @param head the snapshot of main that was analysed; 0 for none
   * @param notes more summary properties
   */
  record Exchange(
      long head,
      Collection<DataFile> remove,
      Collection<DataFile> add,
      Map<String, String> notes) {}

  /** Looks at a state of main. */
  interface Analysis {
    /** Either a conflict or an exchange. */
    Finding analyse(Table table, SliceIndex index, Optional<Snapshot> head);
  }

  /** What an analysis found: one of the two. */
  sealed interface Finding permits Found, Refused {}

  record Found(Exchange exchange) implements Finding {}

  record Refused(Conflict conflict) implements Finding {}

  /**
   * @param before is told of the analysed state before each commit
   */
  Outcome run(
      Dataset dataset,
      SliceSet slices,
      Stamp stamp,
      Analysis analysis,
      java.util.function.BiConsumer<Table, Exchange> before) {
    TableRef ref = dataset.table();
    RuntimeException last = null;
    int lost = 0;
    int attempt = 1;
    for (; attempt <= ATTEMPTS && lost < LOST_ANSWERS; attempt++) {
      if (attempt > 1) {
        backoff.pause(attempt - 1);
      }
      Table table = tables.load(ref);
      Optional<Done> done = done(table, stamp.key());
      if (done.isPresent()) {
        return done.get();
      }
      SliceIndex index = SliceIndex.of(ref, table, dataset.layout());
      Finding finding = analysis.analyse(table, index, History.main(table));
      if (finding instanceof Refused refused) {
        return refused.conflict();
      }
      Exchange exchange = ((Found) finding).exchange();
      before.accept(table, exchange);
      Set<String> garbage = new LinkedHashSet<>();
      try {
        commit(tables.load(ref), index, slices, stamp, exchange, garbage);
        Optional<Done> landed = look(ref, stamp.key(), LOOKS);
        clean(ref, landed, garbage);
        Done committed = landed.orElseThrow();
        LOG.info(
            LogLine.committed(ref, "main", committed.snapshot(), StampSummary.clear(stamp))
                .toString());
        return committed;
      } catch (ValidationException | CommitFailedException e) {
        LOG.info(LogLine.of("commit-again").with("table", ref).because(e).toString());
        Optional<Done> landed = look(ref, stamp.key(), 1);
        clean(ref, landed, garbage);
        if (landed.isPresent()) {
          return landed.get();
        }
        last = e;
      } catch (NoSuchTableException | TidemarkException e) {
        throw e;
      } catch (RuntimeException e) {
        LOG.warn(LogLine.of("commit-answer-lost").with("table", ref).because(e).toString());
        Optional<Done> landed = look(ref, stamp.key(), LOOKS);
        if (landed.isPresent()) {
          clean(ref, landed, garbage);
          return landed.get();
        }
        last = e;
        lost++;
      }
    }
    throw TidemarkException.external(
        Problem.of(
            "TM-LAKE-040",
            "cannot commit to table '" + ref + "' after " + (attempt - 1) + " attempts",
            "the last one failed: " + (last == null ? "" : Trouble.reason(last)),
            "repeat the command: a commit that landed after all is found by its key and not made"
                + " twice"),
        last);
  }

  private void commit(
      Table table,
      SliceIndex index,
      SliceSet slices,
      Stamp stamp,
      Exchange exchange,
      Set<String> garbage) {
    OverwriteFiles overwrite = table.newOverwrite();
    describe(overwrite, table, index, slices, stamp, exchange, garbage);
    overwrite.commit();
  }

  /** The exchange and the conditions it is made on. */
  void describe(
      OverwriteFiles overwrite,
      Table table,
      SliceIndex index,
      SliceSet slices,
      Stamp stamp,
      Exchange exchange,
      Set<String> garbage) {
    exchange.remove().forEach(overwrite::deleteFile);
    exchange.add().forEach(overwrite::addFile);
    StampSummary.write(stamp).forEach(overwrite::set);
    exchange.notes().forEach(overwrite::set);
    if (exchange.head() != 0) {
      overwrite.validateFromSnapshot(exchange.head());
    }
    // Many ranges cost more to test than they save; the condition below is exact for any number.
    boolean few = slices.ranges().ranges().size() <= MOST_TERMS;
    overwrite
        .conflictDetectionFilter(
            few ? index.covering(slices, MOST_TERMS) : Expressions.alwaysFalse())
        .validateNoConflictingData()
        .validateNoConflictingDeletes()
        .validateWith(
            ancestry -> unchanged(table, index, slices, stamp.key(), exchange.head(), ancestry))
        // After a lost answer Iceberg would delete the manifests of a commit that has landed.
        .deleteWith(garbage::add);
  }

  private boolean unchanged(
      Table table,
      SliceIndex index,
      SliceSet slices,
      String key,
      long analysed,
      Iterable<Snapshot> ancestry) {
    for (Snapshot snapshot : ancestry) {
      if (snapshot.snapshotId() == analysed) {
        return true;
      }
      if (History.hasKey(snapshot, key)
          || !deltas.of(table, index, snapshot).slices(slices).isEmpty()) {
        return false;
      }
    }
    return analysed == 0;
  }

  static Optional<Done> done(Table table, String key) {
    return History.find(table, SnapshotRef.MAIN_BRANCH, key).map(c -> new Done(c.snapshot()));
  }

  /** Asks main for a commit whose answer was lost. */
  Optional<Done> look(TableRef ref, String key, int looks) {
    RuntimeException last = null;
    for (int i = 1; i <= looks; i++) {
      try {
        Optional<Done> done = done(tables.load(ref), key);
        if (done.isPresent()) {
          return done;
        }
        last = null;
      } catch (NoSuchTableException e) {
        throw e;
      } catch (RuntimeException e) {
        last = e;
      }
      if (i < looks) {
        backoff.pause(i);
      }
    }
    if (last != null) {
      throw TidemarkException.external(
          Problem.of(
              "TM-LAKE-041",
              "it is not known whether a commit to table '" + ref + "' has landed",
              "its answer was lost and the table cannot be read: " + Trouble.reason(last),
              "repeat the command once the catalog answers again: a commit that landed is found by"
                  + " its key and not made twice"),
          last);
    }
    return Optional.empty();
  }

  /** Deletes what attempts left behind, except for what the commit that landed uses. */
  void clean(TableRef ref, Optional<Done> landed, Set<String> garbage) {
    if (garbage.isEmpty()) {
      return;
    }
    try {
      Table table = tables.load(ref);
      Set<String> used = new HashSet<>();
      if (landed.isPresent()) {
        Snapshot snapshot = table.snapshot(landed.get().snapshot());
        if (snapshot == null) {
          return;
        }
        used.add(snapshot.manifestListLocation());
        snapshot.allManifests(table.io()).forEach(m -> used.add(m.path()));
      }
      garbage.stream().filter(path -> !used.contains(path)).forEach(table.io()::deleteFile);
    } catch (RuntimeException e) {
      LOG.info(
          LogLine.of("metadata-left")
              .with("table", ref)
              .with("files", garbage.size())
              .because(e)
              .toString());
    }
  }
}
