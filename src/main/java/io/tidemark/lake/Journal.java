package io.tidemark.lake;

import io.tidemark.lake.notes.Told.At;
import io.tidemark.lake.refs.Refs;
import io.tidemark.lake.setup.Guard;
import io.tidemark.model.LiveMark;
import io.tidemark.model.RecordJson;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.Transaction;

/**
 * Copies of the stamps of publishes, reverts and live jobs as empty snapshots on the guard branch,
 * where no engine's expiry takes them away and where they keep no file alive. What main's own
 * history still tells is always taken from there; the journal speaks only of what lies behind its
 * end.
 */
final class Journal {
  private static final String OF = "tidemark.journal.snapshot";
  private static final String SEQUENCE = "tidemark.journal.sequence";
  private static final String AT = "tidemark.journal.at";
  private static final String LIVE = "tidemark.journal.live";
  private static final String BACK_TO = "tidemark.journal.back-to";

  private Journal() {}

  /**
   * A stamped commit that main has or had.
   *
   * @param summary with the stamp
   */
  record Entry(long snapshot, Optional<Long> parent, long at, Map<String, String> summary) {
    static Entry of(Snapshot snapshot) {
      return new Entry(
          snapshot.snapshotId(),
          Optional.ofNullable(snapshot.parentId()),
          snapshot.timestampMillis(),
          snapshot.summary());
    }
  }

  /** Notes a commit on main, and keeps it by a tag besides. Does nothing if it is noted already. */
  static void record(Refs refs, TableRef ref, long commit, BiPredicate<Table, Transaction> also) {
    refs.retry(
        ref,
        table -> {
          Snapshot snapshot = table.snapshot(commit);
          Transaction transaction = table.newTransaction();
          boolean changed = also.test(table, transaction);
          if (snapshot != null && notes(table).noneMatch(commit)) {
            Map<String, String> note = new TreeMap<>();
            snapshot.summary().entrySet().stream()
                .filter(e -> e.getKey().startsWith("tidemark."))
                .forEach(e -> note.put(e.getKey(), e.getValue()));
            note.put(OF, Long.toString(commit));
            note.put(SEQUENCE, Long.toString(snapshot.sequenceNumber()));
            note.put(AT, Long.toString(snapshot.timestampMillis()));
            append(table, transaction, note);
            changed = true;
          }
          if (changed) {
            transaction.commitTransaction();
          }
          return !changed;
        });
  }

  /** What the commit of a live job or of a load said. */
  private record Said(long snapshot, long sequence, long at, Stamp stamp, Optional<LiveMark> mark) {
    static Optional<Said> of(Snapshot snapshot) {
      Optional<LiveMark> mark = History.mark(snapshot.summary());
      return History.stamp(snapshot)
          .filter(stamp -> mark.isPresent() || stamp.kind() == Stamp.Kind.LOAD)
          .map(
              stamp ->
                  new Said(
                      snapshot.snapshotId(),
                      snapshot.sequenceNumber(),
                      snapshot.timestampMillis(),
                      stamp,
                      mark));
    }

    boolean tells() {
      return mark.isEmpty()
          || !stamp.content().slices().isEmpty()
          || !mark.get().doubts().isEmpty();
    }

    /** The same, with what an older mark of the same table took, which is noted nowhere else. */
    Said with(LiveMark older) {
      return new Said(snapshot, sequence, at, stamp, mark.map(m -> m.with(older)));
    }

    Entry entry() {
      return new Entry(
          snapshot,
          Optional.empty(),
          at,
          mark.map(m -> StampSummary.write(stamp, m)).orElseGet(() -> StampSummary.write(stamp)));
    }
  }

  /** Many commits in one note: each note is a snapshot. */
  private record SaidTogether(List<Said> commits) {}

  /**
   * Notes the commits of live jobs on main that close or doubt slices, and loads, which are known
   * by their files, in one note for all that are not noted yet. With them, or where it is in danger
   * of being expired, the newest mark: one that is main's head and followed by others soon is in
   * none, and a note each would be many. What the marks between took is added to the next one.
   *
   * @param quiet before this, a commit is no longer followed soon
   */
  static void recordLive(Refs refs, TableRef ref, Instant quiet) {
    refs.retry(
        ref,
        table -> {
          List<Said> fresh = unnoted(table, quiet);
          if (fresh.isEmpty()) {
            return true;
          }
          Transaction transaction = table.newTransaction();
          String packed =
              StampSummary.pack(RecordJson.write(new SaidTogether(fresh), SaidTogether.class));
          append(table, transaction, Map.of(LIVE, packed));
          transaction.commitTransaction();
          return false;
        });
  }

  /** Oldest first. */
  private static List<Said> unnoted(Table table, Instant quiet) {
    TreeMap<Long, Said> standing = standing(table);
    long noted = standing.isEmpty() ? -1 : standing.lastKey();
    List<Said> fresh = new ArrayList<>();
    boolean worthIt = false;
    boolean marked = false;
    Optional<Snapshot> head = History.main(table);
    for (Snapshot snapshot : head.map(h -> History.ancestry(table, h)).orElse(List.of())) {
      if (snapshot.sequenceNumber() <= noted) {
        break;
      }
      Optional<Said> said = Said.of(snapshot);
      boolean tells = said.filter(Said::tells).isPresent();
      boolean newest = !marked && said.flatMap(Said::mark).isPresent();
      marked |= newest;
      if (tells || newest) {
        boolean endangered =
            snapshot.snapshotId() != head.get().snapshotId()
                || Instant.ofEpochMilli(snapshot.timestampMillis()).isBefore(quiet);
        worthIt |= tells || endangered;
        fresh.add(0, said.get());
      } else {
        said.flatMap(Said::mark).ifPresent(mark -> carry(mark, fresh));
      }
    }
    return worthIt ? fresh : List.of();
  }

  /** Adds what a mark took to the oldest of those that are newer. */
  private static void carry(LiveMark mark, List<Said> newer) {
    for (int i = 0; i < newer.size(); i++) {
      if (newer.get(i).mark().isPresent()) {
        newer.set(i, newer.get(i).with(mark));
        return;
      }
    }
  }

  /** What is noted of live jobs and loads, but for what main went back behind. */
  private static TreeMap<Long, Said> standing(Table table) {
    TreeMap<Long, Said> standing = new TreeMap<>();
    for (Map<String, String> note : oldestFirst(table)) {
      said(note).forEach(s -> standing.put(s.sequence(), s));
      backTo(note).ifPresent(to -> standing.tailMap(to.sequence(), false).clear());
    }
    return standing;
  }

  /**
   * Marks of main that speak of every offset that was taken once, newest first: as they are noted,
   * and those since from main's history.
   */
  static List<LiveMark> taken(Table table) {
    TreeMap<Long, Said> standing = standing(table);
    long noted = standing.isEmpty() ? -1 : standing.lastKey();
    List<LiveMark> marks = new ArrayList<>();
    Optional<Snapshot> head = History.main(table);
    for (Snapshot snapshot : head.map(h -> History.ancestry(table, h)).orElse(List.of())) {
      if (snapshot.sequenceNumber() <= noted) {
        break;
      }
      History.mark(snapshot.summary()).ifPresent(marks::add);
    }
    standing.descendingMap().values().forEach(s -> s.mark().ifPresent(marks::add));
    return marks;
  }

  private static List<Said> said(Map<String, String> note) {
    String packed = note.get(LIVE);
    return packed == null
        ? List.of()
        : RecordJson.read(StampSummary.unpack(packed), SaidTogether.class).commits();
  }

  /** Notes that main went back to a snapshot: what it held since is no longer its history. */
  static void rolledBack(Refs refs, TableRef ref) {
    refs.retry(
        ref,
        table -> {
          List<Map<String, String>> unnoted = unnotedRollbacks(table);
          if (table.snapshot(Refs.GUARD) == null || unnoted.isEmpty()) {
            return true;
          }
          Transaction transaction = table.newTransaction();
          append(table, transaction, unnoted);
          transaction.commitTransaction();
          return false;
        });
  }

  /**
   * Rollbacks that nobody came to note: the process ended after the commit. They are told all the
   * same, and noted before anything else is.
   */
  private static List<Map<String, String>> unnotedRollbacks(Table table) {
    Set<String> noted =
        notes(table).snapshots().stream()
            .flatMap(s -> Optional.ofNullable(s.summary().get(BACK_TO)).stream())
            .collect(Collectors.toSet());
    List<Map<String, String>> unnoted = new ArrayList<>();
    Rollback.done(table.properties())
        .forEach(
            (number, done) -> {
              String id = number + ":" + done.to();
              // Older versions noted rollbacks without saying the sequence in the record.
              if (done.sequence() >= 0 && !noted.contains(id)) {
                unnoted.add(Map.of(BACK_TO, id, SEQUENCE, Long.toString(done.sequence())));
              }
            });
    return unnoted;
  }

  static void append(Table table, Transaction transaction, Map<String, String> note) {
    List<Map<String, String>> notes = new ArrayList<>(unnotedRollbacks(table));
    notes.add(note);
    append(table, transaction, notes);
  }

  private static void append(
      Table table, Transaction transaction, List<Map<String, String>> notes) {
    for (Map<String, String> note : notes) {
      AppendFiles append = transaction.newFastAppend().toBranch(Refs.GUARD);
      append.set(Guard.MARK, "empty");
      note.forEach(append::set);
      append.commit();
    }
    // Exactly the guard's own snapshots: further back lies main's history, which may go.
    transaction
        .manageSnapshots()
        .setMinSnapshotsToKeep(Refs.GUARD, notes(table).snapshots().size() + notes.size())
        .commit();
  }

  /** The guard's own snapshots, newest first. */
  private record Notes(List<Snapshot> snapshots) {
    boolean noneMatch(long commit) {
      String id = Long.toString(commit);
      return snapshots.stream().noneMatch(s -> id.equals(s.summary().get(OF)));
    }
  }

  private static Notes notes(Table table) {
    List<Snapshot> own = new ArrayList<>();
    Snapshot guard = table.snapshot(Refs.GUARD);
    if (guard != null) {
      for (Snapshot snapshot : History.ancestry(table, guard)) {
        if (!snapshot.summary().containsKey(Guard.MARK)) {
          break;
        }
        own.add(snapshot);
      }
    }
    return new Notes(own);
  }

  /** What every note says, from the oldest. */
  static List<Map<String, String>> oldestFirst(Table table) {
    List<Map<String, String>> notes = new ArrayList<>();
    notes(table).snapshots().forEach(s -> notes.add(0, s.summary()));
    notes.addAll(unnotedRollbacks(table));
    return notes;
  }

  /** Where main went back to, if a note says that it did. */
  static Optional<At> backTo(Map<String, String> note) {
    return Optional.ofNullable(note.get(BACK_TO))
        .map(id -> Long.parseLong(id.substring(id.lastIndexOf(':') + 1)))
        .map(to -> new At(to, Long.parseLong(note.get(SEQUENCE))));
  }

  /** Main's stamped commits, newest first: from its history, and behind its end from the notes. */
  static List<Entry> main(Table table) {
    List<Entry> entries = new ArrayList<>();
    Snapshot end = null;
    Optional<Snapshot> head = History.main(table);
    if (head.isPresent()) {
      for (Snapshot snapshot : History.ancestry(table, head.get())) {
        end = snapshot;
        if (snapshot.summary().containsKey(StampSummary.KEY)) {
          entries.add(Entry.of(snapshot));
        }
      }
    }
    if (end != null && end.parentId() != null) {
      entries.addAll(behind(table, end.sequenceNumber()));
    }
    return entries;
  }

  private static List<Entry> behind(Table table, long end) {
    TreeMap<Long, Entry> valid = new TreeMap<>();
    for (Map<String, String> summary : oldestFirst(table)) {
      for (Said said : said(summary)) {
        if (said.sequence() < end) {
          valid.put(said.sequence(), said.entry());
        }
      }
      if (summary.containsKey(BACK_TO)) {
        valid.tailMap(Long.parseLong(summary.get(SEQUENCE)), false).clear();
      } else if (summary.containsKey(OF)) {
        long sequence = Long.parseLong(summary.get(SEQUENCE));
        long snapshot = Long.parseLong(summary.get(OF));
        if (sequence < end) {
          valid.put(
              sequence,
              new Entry(snapshot, Optional.empty(), Long.parseLong(summary.get(AT)), summary));
        }
      }
    }
    return new ArrayList<>(valid.descendingMap().values());
  }
}
