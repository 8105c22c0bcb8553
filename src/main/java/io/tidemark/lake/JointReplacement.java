package io.tidemark.lake;

import io.tidemark.lake.Lake.AllDone;
import io.tidemark.lake.Lake.Done;
import io.tidemark.lake.Lake.Joint;
import io.tidemark.lake.Lake.NoneDone;
import io.tidemark.lake.Replacement.Exchange;
import io.tidemark.lake.Replacement.Finding;
import io.tidemark.lake.Replacement.Found;
import io.tidemark.lake.Replacement.Refused;
import io.tidemark.lake.files.SliceIndex;
import io.tidemark.lake.pointers.PointerSwap;
import io.tidemark.lake.refs.Backoff;
import io.tidemark.lake.refs.Tables;
import io.tidemark.lake.refs.Trouble;
import io.tidemark.model.Dataset;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.log.LogLine;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.Table;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.ValidationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several exchanges of files that land together or not at all. Each table is analysed, stamped and
 * validated as alone; only the last move, of what the catalog says that each table's metadata is,
 * is one transaction on condition that no table has moved since it was staged. Tables that have are
 * analysed and staged again, the others keep what is staged.
 *
 * <p>Staged files are deleted once it is sure that they did not land, and never while it is not.
 */
final class JointReplacement {
  private static final Logger LOG = LoggerFactory.getLogger(JointReplacement.class);

  /** Somebody who commits to one of the tables all the time leaves only short gaps. */
  private static final int ATTEMPTS = 60;

  /** Up to here pauses grow: longer ones would only meet more commits. */
  private static final int LONGEST_PAUSE = 3;

  private final Tables tables;
  private final Replacement replacement;
  private final PointerSwap swap;
  private final Backoff backoff;

  JointReplacement(Tables tables, Replacement replacement, PointerSwap swap, Backoff backoff) {
    this.tables = tables;
    this.replacement = replacement;
    this.swap = swap;
    this.backoff = backoff;
  }

  /** One exchange; several of one table are of slices that do not overlap. */
  record Part(Dataset dataset, SliceSet slices, Stamp stamp, Replacement.Analysis analysis) {
    TableRef table() {
      return dataset.table();
    }
  }

  /** Is told of the analysed state of a part's table before anything is staged on it. */
  @FunctionalInterface
  interface Before {
    void accept(Part part, Exchange exchange);
  }

  Joint run(List<Part> parts, Before before) {
    Map<TableRef, StagedTable> staged = new LinkedHashMap<>();
    RuntimeException last = null;
    int lost = 0;
    int attempt = 1;
    for (; attempt <= ATTEMPTS && lost < Replacement.LOST_ANSWERS; attempt++) {
      if (attempt > 1) {
        backoff.pause(Math.min(attempt - 1, LONGEST_PAUSE));
      }
      Map<Part, Done> done = done(parts);
      List<Part> left = parts.stream().filter(p -> !done.containsKey(p)).toList();
      if (left.isEmpty()) {
        discard(staged);
        return new AllDone(parts.stream().map(done::get).toList());
      }
      try {
        Optional<NoneDone> refused = stage(left, staged, before);
        if (refused.isPresent()) {
          discard(staged);
          return refused.get();
        }
        if (swap.commit(staged.values().stream().map(StagedTable::move).toList())) {
          staged.values().forEach(StagedTable::landed);
          staged.clear();
        } else {
          LOG.info(LogLine.of("commit-again").with("tables", staged.keySet()).toString());
          discardMoved(staged);
          last = new CommitFailedException("a table moved meanwhile");
        }
      } catch (ValidationException | CommitFailedException e) {
        last = e;
      } catch (CommitStateUnknownException e) {
        LOG.warn(
            LogLine.of("commit-answer-lost").with("tables", staged.keySet()).because(e).toString());
        // It may still be on its way. Trying again is safe: it is conditional on the same state.
        staged.clear();
        lookFor(left);
        last = e;
        lost++;
      } catch (NoSuchTableException | TidemarkException e) {
        discard(staged);
        throw e;
      } catch (RuntimeException e) {
        last = e;
        lost++;
      }
    }
    discard(staged);
    throw TidemarkException.external(
        Problem.of(
            "TM-LAKE-042",
            "cannot switch tables "
                + parts.stream().map(p -> p.table().toString()).distinct().toList()
                + " together after "
                + (attempt - 1)
                + " attempts",
            "the last one failed: " + (last == null ? "" : Trouble.reason(last)),
            "repeat the command: a commit that landed after all is found by its key and not made"
                + " twice"),
        last);
  }

  private Map<Part, Done> done(List<Part> parts) {
    Map<Part, Done> done = new LinkedHashMap<>();
    for (Part part : parts) {
      Replacement.done(tables.load(part.table()), part.stamp().key())
          .ifPresent(d -> done.put(part, d));
    }
    return done;
  }

  /** Analyses and stages the tables that are not staged yet. */
  private Optional<NoneDone> stage(
      List<Part> parts, Map<TableRef, StagedTable> staged, Before before) {
    Map<TableRef, List<Analysed>> byTable = new LinkedHashMap<>();
    for (Part part : parts) {
      if (staged.containsKey(part.table())) {
        continue;
      }
      Table table = tables.load(part.table());
      if (Replacement.done(table, part.stamp().key()).isPresent()) {
        // Its own commit must not be taken for one of somebody else.
        throw new CommitFailedException("an earlier attempt has landed meanwhile");
      }
      SliceIndex index = SliceIndex.of(part.table(), table, part.dataset().layout());
      Finding finding = part.analysis().analyse(table, index, History.main(table));
      if (finding instanceof Refused refused) {
        return Optional.of(new NoneDone(part.dataset().id(), refused.conflict()));
      }
      Exchange exchange = ((Found) finding).exchange();
      before.accept(part, exchange);
      byTable
          .computeIfAbsent(part.table(), t -> new ArrayList<>())
          .add(new Analysed(part, index, exchange));
    }
    // Only now, one right after the other: what is staged is in vain as soon as a table moves.
    byTable.forEach(
        (ref, all) -> staged.put(ref, StagedTable.stage(tables, replacement, ref, all)));
    return Optional.empty();
  }

  record Analysed(Part part, SliceIndex index, Exchange exchange) {}

  /** Waits for a commit that may still be on its way; who finds it is the next attempt. */
  private void lookFor(List<Part> parts) {
    for (Part part : parts) {
      if (replacement.look(part.table(), part.stamp().key(), Replacement.LOOKS).isPresent()) {
        return;
      }
    }
  }

  private void discardMoved(Map<TableRef, StagedTable> staged) {
    staged
        .values()
        .removeIf(
            table -> {
              boolean moved = table.isMoved(tables);
              if (moved) {
                table.discard(tables);
              }
              return moved;
            });
  }

  private void discard(Map<TableRef, StagedTable> staged) {
    staged.values().forEach(table -> table.discard(tables));
    staged.clear();
  }
}
