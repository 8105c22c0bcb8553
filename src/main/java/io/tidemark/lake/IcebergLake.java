package io.tidemark.lake;

import io.tidemark.lake.files.ColumnValues;
import io.tidemark.lake.files.DataFiles;
import io.tidemark.lake.files.Deltas;
import io.tidemark.lake.files.SliceIndex;
import io.tidemark.lake.pointers.PointerSwap;
import io.tidemark.lake.refs.Backoff;
import io.tidemark.lake.refs.Patience;
import io.tidemark.lake.refs.Refs;
import io.tidemark.lake.refs.Tables;
import io.tidemark.lake.refs.Trouble;
import io.tidemark.lake.setup.ColumnTypes;
import io.tidemark.lake.setup.Documents;
import io.tidemark.lake.setup.Guard;
import io.tidemark.lake.setup.Orphans;
import io.tidemark.lake.setup.Setup;
import io.tidemark.model.Analysis;
import io.tidemark.model.Changes;
import io.tidemark.model.Dataset;
import io.tidemark.model.Environment;
import io.tidemark.model.Facts.Refusal;
import io.tidemark.model.Facts.SliceFiles;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.LiveMark;
import io.tidemark.model.Pin;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import io.tidemark.model.TimeRanges;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Function;
import org.apache.iceberg.ManageSnapshots;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;

/** The lake on an Iceberg catalog. */
final class IcebergLake implements Lake {
  private final Tables tables;
  private final Clock clock;
  private final Duration revertWindow;
  private final Refs refs;
  private final Guard guard;
  private final Setup setup;
  private final Replacement replacement;
  private final PointerSwap swap;
  private final JointReplacement joint;
  private final Rollback rollback;
  private final Deltas deltas = new Deltas();
  private final Chronicle chronicle;
  private final Expiry expiry;
  private final Documents documents;

  IcebergLake(Catalog catalog, Clock clock, Backoff backoff) {
    this(catalog, PointerSwap.NONE, clock, backoff, Environment.Limits.REVERT_WINDOW);
  }

  IcebergLake(
      Catalog catalog, PointerSwap swap, Clock clock, Backoff backoff, Duration revertWindow) {
    this(catalog, swap, clock, backoff, revertWindow, Patience.usual());
  }

  /**
   * @param revertWindow how long the state before a publish is kept for a revert
   * @param patience how long is waited for the metadata of one table
   */
  IcebergLake(
      Catalog catalog,
      PointerSwap swap,
      Clock clock,
      Backoff backoff,
      Duration revertWindow,
      Patience patience) {
    this.revertWindow = revertWindow;
    this.tables = Tables.keeping(catalog, patience);
    this.clock = clock;
    this.refs = new Refs(tables, clock, backoff);
    this.guard = new Guard(tables, refs);
    this.setup = new Setup(tables, refs, guard);
    this.replacement = new Replacement(tables, deltas, backoff);
    this.swap = swap;
    this.joint = new JointReplacement(tables, replacement, swap, backoff);
    this.rollback = new Rollback(refs, clock, revertWindow);
    this.chronicle = new Chronicle(refs, deltas);
    this.expiry = new Expiry(tables, refs, guard, chronicle);
    this.documents = new Documents(tables);
  }

  @Override
  public Optional<Schema> schema(TableRef ref) {
    return Trouble.explain(
        ref, "reading its schema", () -> tables.find(ref).map(t -> ColumnTypes.read(t.schema())));
  }

  @Override
  public void ensure(Dataset dataset) {
    Trouble.explain(dataset.table(), "preparing it", () -> setup.ensure(dataset));
  }

  @Override
  public Optional<TableFacts> facts(Dataset dataset, Set<Pin> pins) {
    return Trouble.explain(
        dataset.table(),
        "reading its metadata",
        () -> tables.find(dataset.table()).map(table -> facts(dataset, table, pins)));
  }

  private TableFacts facts(Dataset dataset, Table table, Set<Pin> pins) {
    SliceIndex index = SliceIndex.of(dataset.table(), table, dataset.layout());
    Optional<Snapshot> head = History.main(table);
    Optional<Inventory> inventory = head.map(h -> new Inventory(dataset, table, index, h));
    Map<Pin, Changes> changes = new ChangeHistory(table, index, deltas).since(pins);
    boolean derived = dataset.kind() == Dataset.Kind.DERIVED;
    Ledger ledger = Ledger.read(table, dataset.layout().slice());
    return new TableFacts(
        head.map(Snapshot::snapshotId),
        ColumnTypes.read(table.schema()),
        inventory.map(Inventory::slices).orElse(List.<SliceFiles>of()),
        derived ? written(ledger, inventory) : List.of(),
        changes,
        inventory.map(Inventory::refusals).orElse(List.<Refusal>of()),
        ledger.live());
  }

  /** Where the rows are not as many as the stamp counted, somebody wrote past the stamps. */
  private static List<SliceRecord> written(Ledger ledger, Optional<Inventory> inventory) {
    return ledger.records().stream()
        .filter(r -> r.rows() == inventory.map(i -> i.rows(r.ordinal())).orElse(0L))
        .toList();
  }

  @Override
  public Map<Fingerprint, Analysis> analyses(TableRef ref) {
    return Trouble.explain(
        ref, "reading its history", () -> tables.find(ref).map(Ledger::analyses).orElse(Map.of()));
  }

  @Override
  public Changes changesSince(Dataset dataset, Pin pin) {
    return Trouble.explain(
        dataset.table(),
        "reading its history",
        () -> {
          Table table = tables.load(dataset.table());
          SliceIndex index = SliceIndex.of(dataset.table(), table, dataset.layout());
          return new ChangeHistory(table, index, deltas).since(Set.of(pin)).get(pin);
        });
  }

  @Override
  public TimeRanges live(Dataset dataset, long after, Instant from, Instant to) {
    return Trouble.explain(
        dataset.table(),
        "reading its history",
        () -> {
          Table table = tables.load(dataset.table());
          SliceIndex index = SliceIndex.of(dataset.table(), table, dataset.layout());
          return new ChangeHistory(table, index, deltas).live(after, from, to);
        });
  }

  @Override
  public Map<Long, Long> rows(Dataset dataset, long snapshot, SliceSet slices) {
    return Trouble.explain(
        dataset.table(),
        "counting a candidate",
        () -> {
          Table table = tables.load(dataset.table());
          SliceIndex index = SliceIndex.of(dataset.table(), table, dataset.layout());
          Map<Long, Long> rows = new HashMap<>();
          Snapshot at = table.snapshot(snapshot);
          if (at != null) {
            new DataFiles(table, index)
                .in(at, slices, DataFiles.Detail.LIGHT)
                .values()
                .forEach(
                    file -> rows.merge(index.place(file).first(), file.recordCount(), Long::sum));
          }
          return rows;
        });
  }

  @Override
  public boolean holdsValues(TableRef ref, String column) {
    return Trouble.explain(
        ref,
        "reading its metadata",
        () ->
            tables
                .find(ref)
                .flatMap(t -> History.main(t).map(s -> ColumnValues.areIn(t, s, column)))
                .orElse(false));
  }

  @Override
  public Optional<Long> head(TableRef ref, String branch) {
    return Trouble.explain(
        ref,
        "reading its refs",
        () -> tables.find(ref).flatMap(t -> History.head(t, branch)).map(Snapshot::snapshotId));
  }

  @Override
  public void lease(TableRef ref, long snapshot, String holder, Instant until) {
    Trouble.explain(ref, "leasing a snapshot", () -> refs.lease(ref, snapshot, holder, until));
  }

  @Override
  public Set<String> holders(TableRef ref) {
    return Trouble.explain(
        ref, "reading its refs", () -> tables.find(ref).map(Refs::holders).orElse(Set.of()));
  }

  @Override
  public void release(TableRef ref, String holder) {
    Trouble.explain(ref, "releasing a lease", () -> refs.release(ref, holder));
  }

  @Override
  public void branch(TableRef ref, String branch, long base) {
    Trouble.explain(
        ref,
        "cutting a branch",
        () -> refs.branch(ref, branch, base == 0 ? guard.ensure(ref) : base));
  }

  @Override
  public void dropBranch(TableRef ref, String branch) {
    Trouble.explain(ref, "dropping a branch", () -> refs.remove(ref, branch::equals));
  }

  @Override
  public int deleteOrphans(TableRef ref, String branch) {
    return Trouble.explain(
        ref, "deleting unused files", () -> new Orphans(tables).delete(ref, branch));
  }

  private <T> Optional<T> told(TableRef ref, Function<Table, Optional<T>> read) {
    return Trouble.explain(ref, "reading its history", () -> tables.find(ref).flatMap(read));
  }

  @Override
  public List<Committed> stamps(TableRef ref, String branch) {
    return told(ref, t -> Optional.of(History.stamps(t, branch))).orElse(List.of());
  }

  @Override
  public Optional<Committed> find(TableRef ref, String branch, String key) {
    return told(ref, t -> History.find(t, branch, key));
  }

  @Override
  public Optional<LiveMark> liveMark(TableRef ref, String branch) {
    return told(ref, t -> Ledger.mark(t, branch));
  }

  @Override
  public List<LiveMark> liveMarks(TableRef ref, String branch) {
    return told(ref, t -> Optional.of(Ledger.marks(t, branch))).orElse(List.of());
  }

  @Override
  public List<LiveMark> taken(TableRef ref) {
    return told(ref, t -> Optional.of(Journal.taken(t))).orElse(List.of());
  }

  @Override
  public Optional<SortedMap<Integer, Long>> offsetsAt(Dataset source, long snapshot) {
    return told(source.table(), t -> Ledger.offsets(t, source.id(), snapshot));
  }

  @Override
  public void remember(TableRef ref, Instant quiet) {
    Trouble.explain(
        ref,
        "noting what live jobs did",
        () -> {
          if (tables.find(ref).flatMap(t -> Ledger.mark(t, SnapshotRef.MAIN_BRANCH)).isPresent()) {
            guard.ensure(ref);
            Journal.recordLive(refs, ref, quiet);
          }
        });
  }

  @Override
  public void releaseLive(Dataset dataset) {
    Trouble.explain(
        dataset.table(),
        "releasing its open slices",
        () -> {
          if (tables.find(dataset.table()).isPresent()) {
            new Release(refs).run(dataset);
          }
        });
  }

  @Override
  public void chronicle(Dataset dataset, Set<Pin> pins) {
    Trouble.explain(dataset.table(), "noting its history", () -> expiry.remember(dataset, pins));
  }

  @Override
  public int expire(Dataset dataset, Instant olderThan, int keep, Set<Pin> pins) {
    return Trouble.explain(
        dataset.table(),
        "expiring its snapshots",
        () -> expiry.run(dataset, olderThan, keep, pins));
  }

  @Override
  public List<Fragmented> fragmented(Dataset dataset, int atLeast) {
    return Trouble.explain(
        dataset.table(), "reading its metadata", () -> expiry.fragmented(dataset, atLeast));
  }

  @Override
  public Outcome publish(Dataset dataset, long base, long candidate, SliceSet slices, Stamp stamp) {
    return exchange("publishing", part(new Publish(dataset, base, candidate, slices, stamp)));
  }

  @Override
  public Outcome revert(Dataset dataset, long publish, SliceSet slices, Stamp stamp) {
    return exchange("reverting a publish", part(new Revert(dataset, publish, slices, stamp)));
  }

  private Outcome exchange(String doing, JointReplacement.Part part) {
    return Trouble.explain(
        part.table(),
        doing,
        () -> {
          guard.ensure(part.table());
          Outcome outcome =
              replacement.run(
                  part.dataset(),
                  part.slices(),
                  part.stamp(),
                  part.analysis(),
                  (table, exchange) -> keepBefore(part.table(), part.stamp(), exchange.head()));
          if (outcome instanceof Done done) {
            keepAfter(part.table(), part.stamp(), done.snapshot());
          }
          return outcome;
        });
  }

  @Override
  public boolean switchesTogether() {
    return swap.available();
  }

  @Override
  public Joint switchTogether(List<Change> changes) {
    if (changes.isEmpty()) {
      return new AllDone(List.of());
    }
    List<JointReplacement.Part> parts = changes.stream().map(this::part).toList();
    return Trouble.explain(
        changes.get(0).dataset().table(),
        "switching it together with others",
        () -> {
          parts.stream().map(JointReplacement.Part::table).distinct().forEach(guard::ensure);
          Joint outcome =
              joint.run(
                  parts,
                  (part, exchange) -> keepBefore(part.table(), part.stamp(), exchange.head()));
          if (outcome instanceof AllDone all) {
            for (int i = 0; i < parts.size(); i++) {
              keepAfter(
                  parts.get(i).table(), parts.get(i).stamp(), all.changes().get(i).snapshot());
            }
          }
          return outcome;
        });
  }

  private JointReplacement.Part part(Change change) {
    Replacement.Analysis analysis =
        change instanceof Publish p
            ? new Publication(deltas, p.base(), p.candidate(), p.slices())
            : new Reversal(deltas, ((Revert) change).publish(), change.slices());
    return new JointReplacement.Part(change.dataset(), change.slices(), change.stamp(), analysis);
  }

  /** A tag that keeps the files that leave, for as long as a revert may need them. */
  private void keepBefore(TableRef ref, Stamp stamp, long snapshot) {
    if (snapshot != 0) {
      refs.tag(ref, name("before", stamp), snapshot, clock.instant().plus(revertWindow));
    }
  }

  /** Notes the commit where no expiry reaches it; a tag keeps what a revert has to know of it. */
  private void keepAfter(TableRef ref, Stamp stamp, long snapshot) {
    String name = name("after", stamp);
    Instant until = clock.instant().plus(revertWindow);
    Journal.record(
        refs,
        ref,
        snapshot,
        (table, transaction) -> {
          if (table.snapshot(snapshot) == null || table.refs().containsKey(name)) {
            return false;
          }
          ManageSnapshots change = transaction.manageSnapshots();
          refs.describeTag(ref, table, change, name, snapshot, until);
          change.commit();
          return true;
        });
    remember(ref);
  }

  private static String name(String when, Stamp stamp) {
    return "tidemark-"
        + when
        + "-"
        + (stamp.kind() == Stamp.Kind.PUBLISH && stamp.origin().run().isPresent()
            ? stamp.origin().run().get().value()
            : Fingerprint.of(stamp.key()).abbreviated());
  }

  @Override
  public Optional<Past> past(TableRef ref) {
    return Trouble.explain(ref, "reading its history", () -> tables.find(ref).map(History::past));
  }

  @Override
  public void rollback(TableRef ref, long to, long expectedHead, Reason reason) {
    Trouble.explain(ref, "rolling it back", () -> rollback.run(ref, to, expectedHead, reason));
  }

  @Override
  public Optional<String> readText(TableRef ref, String path) {
    return documents.read(ref, path);
  }

  @Override
  public void writeText(TableRef ref, String path, String text) {
    documents.write(ref, path, text);
  }

  @Override
  public void deleteText(TableRef ref, String path) {
    documents.delete(ref, path);
  }

  @Override
  public String documentPath(TableRef ref, String name) {
    return documents.path(ref, name);
  }

  @Override
  public void close() {
    if (tables.catalog() instanceof Closeable closeable) {
      try {
        closeable.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
